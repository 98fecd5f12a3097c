"""The template keeps the contracts, and what it brings is read, trained, evaluated and predicted with."""

import json
import subprocess
import sys

import numpy as np
import pytest

import spectra_dl as sdl
from command_line import run
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.loading import read_header
from spectra_dl.spectra.preprocessing.scaling import Normalise
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

TRAINING = sdl.TrainingSettings(epochs=2, least_steps=1)


def test_its_own_tests_pass(template, environment, repository):
    tests = repository / "docs" / "plugin_template" / "tests"
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n0",
        "--rootdir",
        tests,
        "-c",
        "/dev/null",
        tests,
    ]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert "5 passed" in done.stdout, done.stdout + done.stderr


@pytest.fixture(scope="module")
def table():
    return simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=100)).table


def test_a_model_of_its_network_and_step_comes_back_to_whoever_names_them(with_template, table, tmp_path):
    from lab_plugins.step import Clip

    path = tmp_path / "model.safetensors"
    steps = sdl.Preprocessing((Clip(4.0), Normalise()))
    model = sdl.SpectraClassifier(
        table.wavenumber, steps, network="plugin:lab-net", members=2, training=TRAINING
    ).fit(table.intensity, table.label, groups=table.patient)
    model.predictor_.save(path)
    with pytest.raises(sdl.UsageError, match="the model needs plugin:lab-net of lab-plugins"):
        sdl.load_model(path)
    with pytest.raises(sdl.UsageError, match="the model needs plugin:lab-clip of lab-plugins"):
        sdl.load_model(path, plugins=["plugin:lab-net"])
    described = read_header(path)[0].input
    damaged = described.model_dump()
    damaged["preprocessing"][0]["steps"][0]["package"] = "lab-plugins\nWrote results"
    assert type(described).model_validate(described.model_dump()) == described
    with pytest.raises(ValueError, match="the package of a cleaning step is not a name with a version"):
        type(described).model_validate(damaged)
    loaded = sdl.load_model(path, plugins=["plugin:lab-net", "plugin:lab-clip"])
    assert loaded.preprocessing[0].steps == (Clip(4.0), Normalise())
    expected = model.predictor_.predict(table)[0].probability
    np.testing.assert_array_equal(loaded.predict(table)[0].probability, expected)


def test_a_model_that_was_let_in_is_copied_to_a_process_that_has_not_imported_its_plugins(
    with_template, table
):
    from lab_plugins.step import Clip

    steps = sdl.Preprocessing((Clip(), Normalise()))
    model = sdl.SpectraClassifier(
        table.wavenumber, steps, network="plugin:lab-net", members=2, training=TRAINING
    ).fit(table.intensity, table.label, groups=table.patient)
    rebuild, arguments = model.predictor_.__reduce__()
    for name in [name for name in sys.modules if name.startswith("lab_plugins")]:
        del sys.modules[name]
    expected = model.predictor_.predict(table)[0].probability
    np.testing.assert_array_equal(rebuild(*arguments).predict(table)[0].probability, expected)


def test_what_a_model_needs_is_shown_without_importing_it(with_template, table, tmp_path):
    path = tmp_path / "model.safetensors"
    model = sdl.SpectraClassifier(table.wavenumber, network="plugin:lab-net", members=2, training=TRAINING)
    model.fit(table.intensity, table.label, groups=table.patient).predictor_.save(path)
    for name in [name for name in sys.modules if name.startswith("lab_plugins")]:
        del sys.modules[name]
    header, _ = read_header(path)
    assert [(needed.name, needed.package) for needed in header.input.plugins()] == [
        ("plugin:lab-net", "lab-plugins 0.1.0")
    ]
    assert "plugin:lab-net of lab-plugins 0.1.0" in "\n".join(header.input.model_lines())
    assert header.input.needs()["points"] == 100
    assert not any(name.startswith("lab_plugins") for name in sys.modules)


def test_its_encoder_is_built_by_name(with_template):
    encoder = build_encoder("plugin:lab-colours")
    assert encoder.name == "plugin:lab-colours"
    assert encoder.width == 6


def test_its_reader_reads_files_that_are_named_to_it(with_template, tmp_path):
    path = tmp_path / "serum.lab"
    path.write_text("LAB\n" + "\n".join(f"{shift};{shift % 7 + 100}" for shift in range(400, 1800, 2)))
    read = sdl.read_spectra(path, sdl.ReadOptions(reader="plugin:lab-text"))
    assert read.intensity.shape == (1, 700)
    path.write_text("LAB\n400;5;6\n")
    with pytest.raises(sdl.DataError, match="not a file of our spectrometer"):
        sdl.read_spectra(path, sdl.ReadOptions(reader="plugin:lab-text"))
    with pytest.raises(sdl.UsageError, match="reader 'wdf': give an installed plugin"):
        sdl.ReadOptions(reader="wdf")


def test_the_command_line_lists_evaluates_trains_and_predicts(template, repository, tmp_path):
    data = repository / "datasets" / "demo" / "spectra.csv"

    def spectra_dl(*words, code=0):
        done = run(*words, code=code, folder=tmp_path, PYTHONPATH=str(template))
        return done.stdout + done.stderr

    assert "networks" in spectra_dl("plugins")
    models = "plugin:lab-net,plugin:lab-ridge,logistic"
    options = ("--label", "label", "--members", "2", "--epochs", "2", "--step", "plugin:lab-clip")
    spectra_dl(
        "evaluate",
        "spectra",
        data,
        *options,
        "--models",
        models,
        "--folds",
        "2",
        "--no-leaky",
        "--out",
        "run",
    )
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert list(report["results"]["models"]) == [
        "plugin:lab-net",
        "plugin:lab-ridge",
        "logistic regression",
        "majority class",
    ]
    assert {name: report["versions"].get(name) for name in ("plugin:lab-net", "plugin:lab-clip")} == {
        "plugin:lab-net": "lab-plugins 0.1.0",
        "plugin:lab-clip": "lab-plugins 0.1.0",
    }
    spectra_dl(
        "train",
        "spectra",
        data,
        *options,
        "--model",
        "plugin:lab-net",
        "--out",
        "model",
    )
    predict = ("predict", data, "--model", "model/model.safetensors")
    refused = spectra_dl(*predict, code=2)
    assert "say --plugin plugin:lab-net" in refused
    refused = spectra_dl("serve", "--model", "model/model.safetensors", code=2)
    assert "needs plugin:lab-net of lab-plugins 0.1.0, and the page imports no plugins" in refused
    named = ("--plugin", "plugin:lab-net", "--plugin", "plugin:lab-clip", "--out", "results")
    spectra_dl(*predict, *named)
    assert (tmp_path / "results" / "patients.csv").is_file()
