"""The demonstration sections and their model are what their script makes."""

import importlib.util
import json

import numpy as np
import pytest

from command_line import run
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.readers import read_sections


@pytest.fixture(scope="module")
def script(repository):
    """The script that made the demonstration."""
    found = importlib.util.spec_from_file_location(
        "make_demo_tissue", repository / "datasets/demo/make_demo_tissue.py"
    )
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_sections_are_those_the_script_draws(script):
    _, drawn = script.demo_sections()
    for one, held in zip(drawn, read_sections(script.FOLDER / "sections.csv"), strict=True):
        assert held.name == one.name
        np.testing.assert_array_equal(held.counts.toarray(), one.counts.toarray())
        pixels = held.image.decoded().astype(float)
        assert abs(pixels - one.image.pixels).mean() < 6


def test_the_model_is_the_one_the_script_trains(script):
    training, _ = script.demo_sections()
    held, made = ExpressionPredictor.load(script.FOLDER / "model.safetensors"), script.demo_model(training)
    assert [gene.name for gene in held.header.input.genes] == [gene.name for gene in made.header.input.genes]
    weights = [next(iter(one.networks)).state_dict()["out.weight"].numpy() for one in (held, made)]
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-4)


def test_the_demonstration_predicts_patients_it_never_saw(repository, tmp_path):
    folder = repository / "datasets/demo/tissue"
    section = folder / "SIM5-1.tsv.gz"
    run("predict", section, "--model", folder / "model.safetensors", "--out", tmp_path / "out")
    found = json.loads((tmp_path / "out/report.json").read_text())
    assert found["results"]["mean_measured_pearson"] > 0.5
    assert {"SIM5-1.tsv.gz", "SIM5-1_selection.tsv", "SIM5-1.jpg"} == {
        one["path"].rsplit("/", 1)[1] for one in found["inputs"]
    }
    assert (tmp_path / "out/overlay_SIM5-1.png").stat().st_size > 10_000
