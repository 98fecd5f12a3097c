"""The demonstration sections and their model are what their script writes."""

import importlib.util
import json

import numpy as np
import pytest

from command_line import run
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.readers import read_sections


@pytest.fixture(scope="module")
def script(repository):
    """The script that wrote the demonstration."""
    spec = importlib.util.spec_from_file_location(
        "make_demo_tissue", repository / "datasets/demo/make_demo_tissue.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sections_are_those_the_script_draws(script):
    _, drawn = script.demo_sections()
    for simulated, stored in zip(drawn, read_sections(script.FOLDER / "sections.csv"), strict=True):
        assert stored.name == simulated.name
        np.testing.assert_array_equal(stored.counts.toarray(), simulated.counts.toarray())
        pixels = stored.image.decoded().astype(float)
        assert abs(pixels - simulated.image.pixels).mean() < 6


def test_the_model_is_the_one_the_script_trains(script):
    training, _ = script.demo_sections()
    stored, trained = (
        ExpressionPredictor.load(script.FOLDER / "model.safetensors"),
        script.demo_model(training),
    )
    assert [gene.name for gene in stored.header.genes] == [gene.name for gene in trained.header.genes]
    weights = [next(iter(model.networks)).state_dict()["out.weight"].numpy() for model in (stored, trained)]
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-4)


def test_the_demonstration_predicts_patients_it_never_saw(repository, tmp_path):
    folder = repository / "datasets/demo/tissue"
    section = folder / "SIM5-1.tsv.gz"
    run("predict", section, "--model", folder / "model.safetensors", "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["results"]["mean_measured_pearson"] > 0.5
    assert {"SIM5-1.tsv.gz", "SIM5-1_selection.tsv", "SIM5-1.jpg"} == {
        source["path"].rsplit("/", 1)[1] for source in report["inputs"]
    }
    assert (tmp_path / "out/overlay_SIM5-1.png").stat().st_size > 10_000
