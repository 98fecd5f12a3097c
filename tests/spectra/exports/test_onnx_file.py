"""The ONNX graph of a model gives what the model gives."""

import json

import numpy as np
import pytest
from scipy.special import softmax

import spectra_dl as sdl
from command_line import run
from spectra_dl.spectra.exports.onnx_file import export_onnx
from spectra_dl.spectra.preprocessing.pipeline import transformed_by_each
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

runtime = pytest.importorskip("onnxruntime", reason="pip install 'spectra-dl[onnx]'")
pytest.importorskip("onnx", reason="pip install 'spectra-dl[onnx]'")
TRAINING = sdl.TrainingSettings(epochs=2, least_steps=1)


@pytest.fixture(scope="module")
def tables():
    """Training spectra, and held-out ones."""
    settings = StudySettings(patients=16, spectra_per_patient=2, n_wavenumbers=100)
    table = simulate_study(settings).table
    training = np.isin(table.patient, np.unique(table.patient)[:12])
    return table.select(training), table.select(~training)


def trained(table, network, members=2):
    model = sdl.SpectraClassifier(table.wavenumber, network=network, members=members, training=TRAINING)
    return model.fit(table.intensity, table.label, groups=table.patient).predictor_


@pytest.mark.parametrize("network", ["compact", "lenet5", "deepcnn", "logistic", "pls-da"])
def test_logits_of_held_out_spectra_agree(tables, tmp_path, network):
    training, held_out = tables
    predictor, path = trained(training, network), tmp_path / "model.onnx"
    export_onnx(predictor, path)
    about = json.loads((tmp_path / "model.onnx.json").read_text())
    cleaned = [each.matrix for each in transformed_by_each(predictor.preprocessing, held_out)]
    session = runtime.InferenceSession(path.read_bytes())
    (logits,) = session.run([about["output"]], dict(zip(about["inputs"], cleaned, strict=True)))
    expected = predictor.mean_logits(held_out)
    assert np.abs(logits - expected).max() <= 1e-5 * np.abs(expected).max()
    probability = softmax(logits / about["temperature"], axis=1)
    np.testing.assert_allclose(probability, predictor.predict(held_out)[0].probability, atol=1e-4)
    assert about["classes"] == list(predictor.classification.classes)


def test_the_same_model_gives_the_same_bytes_without_places_of_this_machine(tables, tmp_path):
    predictor = trained(tables[0], "compact")
    for name in ("a.onnx", "b.onnx"):
        export_onnx(predictor, tmp_path / name)
    content = (tmp_path / "a.onnx").read_bytes()
    assert content == (tmp_path / "b.onnx").read_bytes()
    assert b".py" not in content
    assert b"/site-packages/" not in content


def test_a_model_with_minirocket_is_refused_before_anything_is_written(tables, tmp_path):
    predictor = trained(tables[0], "minirocket")
    with pytest.raises(sdl.UsageError, match="MiniRocket is compiled code and no graph"):
        export_onnx(predictor, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_both_files_and_no_file_over_another(tables, tmp_path):
    model, path = tmp_path / "model.safetensors", tmp_path / "model.onnx"
    trained(tables[0], "logistic").save(model)
    assert "Research use only" in run("model", "export", model, "--onnx", path).stdout
    assert {file.name for file in tmp_path.iterdir()} == {
        "model.safetensors",
        "model.onnx",
        "model.onnx.json",
    }
    assert "already there" in run("model", "export", model, "--onnx", path, code=2).stderr
    run("model", "export", model, "--onnx", path, "--overwrite")


def test_neither_file_takes_the_place_of_the_model(tables, tmp_path):
    model = tmp_path / "graph.json"
    trained(tables[0], "logistic").save(model)
    sealed = model.read_bytes()
    (tmp_path / "link").symlink_to(model)
    for path in (model, tmp_path / "graph", tmp_path / "link"):
        refused = run("model", "export", model, "--onnx", path, "--overwrite", code=2).stderr
        assert "would be written over the model itself" in refused
    assert model.read_bytes() == sealed
    assert {file.name for file in tmp_path.iterdir()} == {"graph.json", "link"}
    run("model", "export", "--onnx", tmp_path / "other.onnx", code=2)  # the shipped model is no graph


def test_a_folder_in_place_of_either_file_is_refused_before_anything_is_written(tables, tmp_path):
    predictor = trained(tables[0], "logistic")
    for name in ("model.onnx", "model.onnx.json"):
        (tmp_path / name).mkdir()
        with pytest.raises(sdl.UsageError, match=f"{name} is a folder; give the name of a file"):
            export_onnx(predictor, tmp_path / "model.onnx")
        assert [file.name for file in tmp_path.iterdir()] == [name]
        (tmp_path / name).rmdir()
