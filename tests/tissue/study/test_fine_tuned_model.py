"""A fine-tuned network is written into a model file, predicts from it what it predicts in memory, and shows where it looked."""

import json
from dataclasses import replace

import numpy as np
import pytest

from command_line import run
from pages.html_page import HtmlPage
from spectra_dl.errors import ModelFileError
from spectra_dl.loading import load_model, read_header
from spectra_dl.models.file import read_model_file, weights_sha256
from spectra_dl.models.trained import MODEL_FILE
from spectra_dl.storage.sealed import write_sealed
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import train_study
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("fine-tuned model file")


@pytest.fixture(scope="module")
def few(of_patients):
    """One image of each of six patients, two of each class."""
    rows = [np.flatnonzero(of_patients.label == name)[[0, -1]] for name in sorted(set(of_patients.label))]
    return of_patients[np.concatenate(rows)]


@pytest.fixture(scope="module")
def trained(few, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fine_tuned") / "model"
    settings = TissueStudySettings(
        network="fine-tuned", members=2, training=TrainingSettings(epochs=1, batch_size=8)
    )
    return train_study(few, settings, source="simulated images", folder=folder), folder / MODEL_FILE


def test_from_its_file_it_predicts_what_it_predicts_in_memory(trained, few):
    result, path = trained
    loaded = load_model(path)
    assert loaded.sha256 == result.sha256
    new, again = (predictor.predict(few[np.arange(3)]) for predictor in (result.predictor, loaded))
    np.testing.assert_array_equal(again.probability, new.probability)
    np.testing.assert_array_equal(again.ood_score, new.ood_score)
    seen = loaded.most_certain(few[np.arange(3)], again)
    assert set(seen.called) <= set(again.classes)
    assert seen.found.shape == (len(seen.row), 128, 128)
    alone = loaded.predict(few[np.array([2])]).probability[0]
    np.testing.assert_allclose(alone, new.probability[2], rtol=1e-12)


def test_images_unlike_those_of_the_training_are_not_drawn(trained, few):
    predictor, some = trained[0].predictor, few[np.arange(3)]
    rows = predictor.predict(some)
    assert len(predictor.most_certain(some, replace(rows, ood_score=np.array([2.0, 0.5, np.nan]))).row) == 1
    assert len(predictor.most_certain(some, replace(rows, ood_score=np.full(3, 2.0))).row) == 0


def test_its_card_says_what_it_looks_at(trained):
    header, _ = read_header(trained[1])
    text = "\n".join(header.input.model_lines())
    assert "fine-tuned EfficientNet-Lite0, 2 members" in text
    assert "images of 128 x 128 pixels" in text


def test_the_command_predicts_from_the_file_and_its_page_shows_where_the_model_looked(trained, few, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    for name in few.name[:2]:
        (new / name).write_bytes((few.folder / name).read_bytes())
    run("predict", new, "--model", trained[1], "--out", tmp_path / "out")
    results = json.loads((tmp_path / "out" / "report.json").read_text())["results"]
    expected = trained[0].predictor.predict(read_images(new, labelled=False)).probability
    drawn = {row["name"]: row["probability"] for row in results["overlays"]["rows"]}
    assert drawn == dict(zip(sorted(few.name[:2]), np.round(expected.max(axis=1), 4).tolist(), strict=True))
    page = HtmlPage((tmp_path / "out" / "report.html").read_text())
    assert "Where fine-tuned EfficientNet-Lite0 looked" in page.text
    assert "2 of 2 images are drawn" in page.text
    assert "2 of 2 images were used in training this model" in page.text


def sealed_again(path, to, *, tensors=None, network=None):
    """Write a model file with other tensors or another network, sealed as it should be."""
    file = read_model_file(path)
    arrays = {name: each for name, each in {**file.tensors, **(tensors or {})}.items() if each is not None}
    described = {**file.description, "weights_sha256": weights_sha256(arrays)}
    described["input"] = {
        **described["input"],
        "network": {**described["input"]["network"], **(network or {})},
    }
    write_sealed(to, "spectra_dl", json.dumps(described), arrays)
    return to


@pytest.mark.parametrize(
    "changed",
    [
        {"tensors": {"standard.mean": np.zeros(3, np.float32)}},
        {"tensors": {"standard.scale": np.zeros(47, np.float32)}},
        {"tensors": {"standard.scale": None}},
        {"tensors": {"out_of_distribution.mean": np.zeros(9, np.float32)}},
        {"tensors": {"member0.out.weight": np.zeros((3, 7), np.float32)}},
        {"tensors": {"member1.out.bias": None}},
        {"tensors": {"more": np.zeros(3, np.float32)}},
        {"network": {"n_features": 3 * 64**2}},
        {"network": {"name": "mlp"}},
        {"network": {"members": 3}},
        {"network": {"n_classes": 2}},
    ],
    ids=str,
)
def test_a_file_that_was_sealed_again_with_other_contents_is_refused(trained, tmp_path, changed):
    with pytest.raises(ModelFileError):
        load_model(sealed_again(trained[1], tmp_path / "m.safetensors", **changed))
