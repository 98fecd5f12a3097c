"""Files of format 1 still open, predict what they predicted, and are the same model when saved in the present format."""

import json
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import ModelFileError
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.loading import load_model, read_header
from spectra_dl.models.card import card_text
from spectra_dl.models.file import read_model_file, weights_sha256
from spectra_dl.models.format_1 import upgraded
from spectra_dl.models.members import member_tensors
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.storage.sealed import read_sealed, write_sealed

DATA = Path(__file__).with_name("data")
SPECTRA, EXPRESSION = DATA / "format_1_spectra.safetensors", DATA / "format_1_expression.safetensors"


@pytest.fixture(scope="module")
def before():
    """What the version that wrote the files predicted with them."""
    return np.load(DATA / "format_1_predictions.npz")


@pytest.fixture(scope="module")
def table(repository):
    return read_spectra(repository / "datasets/demo/spectra.csv")


@pytest.fixture(scope="module")
def section(repository):
    return read_section(SectionSource(repository / "datasets/demo/tissue/SIM5-1.tsv.gz"))


def description(path: Path) -> dict[str, object]:
    return json.loads(read_sealed(path, "spectra_dl").text)


@pytest.mark.parametrize("path", [SPECTRA, EXPRESSION])
def test_the_files_are_of_format_1(path):
    assert description(path)["format_version"] == 1
    assert read_model_file(path).format_version == 1


def test_a_model_of_spectra_predicts_what_it_predicted(before, table):
    predictions, _ = SpectraPredictor.load(SPECTRA).predict(table)
    np.testing.assert_allclose(predictions.logits, before["logits"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(predictions.ood_score, before["ood_score"], rtol=1e-9)


def test_a_model_of_expression_predicts_what_it_predicted(before, section):
    values = ExpressionPredictor.load(EXPRESSION).predict(section)
    np.testing.assert_allclose(values, before["expression"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("path", [SPECTRA, EXPRESSION])
def test_a_file_that_is_saved_again_is_of_format_2_with_the_same_tensors_and_weights_digest(path, tmp_path):
    load_model(path).save(tmp_path / "model.safetensors")
    old, new = read_model_file(path), read_model_file(tmp_path / "model.safetensors")
    assert new.format_version == 2
    assert new.description["weights_sha256"] == description(path)["weights_sha256"]
    assert {name: array.tobytes() for name, array in new.tensors.items()} == {
        name: array.tobytes() for name, array in old.tensors.items()
    }
    assert read_header(path)[0] == read_header(tmp_path / "model.safetensors")[0]


def test_a_model_of_spectra_predicts_the_same_bits_from_both_formats(table, tmp_path):
    old = SpectraPredictor.load(SPECTRA)
    old.save(tmp_path / "model.safetensors")
    new = SpectraPredictor.load(tmp_path / "model.safetensors")
    assert old.predict(table)[0].logits.tobytes() == new.predict(table)[0].logits.tobytes()
    assert new.seen_in_training(table) == len(table)


def test_a_model_of_expression_predicts_the_same_bits_from_both_formats(section, tmp_path):
    old = ExpressionPredictor.load(EXPRESSION)
    old.save(tmp_path / "model.safetensors")
    new = ExpressionPredictor.load(tmp_path / "model.safetensors")
    assert old.predict(section).tobytes() == new.predict(section).tobytes()


@pytest.mark.parametrize("path", [SPECTRA, EXPRESSION])
def test_nothing_the_old_description_said_is_lost(path):
    def leaves(value: object) -> list[str]:
        if isinstance(value, dict):
            return [leaf for name, part in value.items() for leaf in (name, *leaves(part))]
        return [json.dumps(value)]

    old = description(path)
    header, _ = read_header(path)
    new = leaves(header.model_dump(mode="json"))
    for name, value in old.items():
        if name not in ("format_version", "modality"):
            assert set(leaves(value)) <= set(new), name
    assert header.input.kind == old["modality"]


def test_the_cards_name_patients_classes_and_genes():
    spectra, expression = (card_text(*read_header(path)) for path in (SPECTRA, EXPRESSION))
    assert "SIMULATED spectra.csv: 6 bone metastasis, 6 no metastasis patients, 36 spectra" in spectra
    assert "4 patients, 4 sections" in expression
    assert "Genes          24, of which" in expression


def test_the_old_name_of_the_mlp_head_is_read_as_the_present_one(tmp_path, section):
    old = description(EXPRESSION)
    head = {**old["head"], "name": "perceptron"}
    network = build_head(
        "mlp", n_regions=head["shown"], n_features=head["n_features"], n_outputs=head["n_outputs"]
    )
    tensors = member_tensors([network])
    text = json.dumps({**old, "head": head, "weights_sha256": weights_sha256(tensors)})
    write_sealed(tmp_path / "model.safetensors", "spectra_dl", text, tensors)
    predictor = ExpressionPredictor.load(tmp_path / "model.safetensors")
    assert predictor.header.input.head.name == "mlp"
    assert np.isfinite(predictor.predict(section)).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"_target_": "os.system"}, "input._target_"),
        ({"modality": "slides"}, r"'slides'; this program knows spectra and spectra outcome and expression"),
        ({"modality": None}, "this program knows spectra and spectra outcome and expression"),
        ({"classes": ["one"]}, "classification.classes"),
        ({"training": 7}, "training"),
        ({"training": {"patients": 7}}, "training.source"),
        ({"network": "compact"}, "input.network"),
        ({"weights_sha256": "0" * 64}, "weights"),
        ({"input": {}}, "input.input"),
        ({"kind": "expression"}, "format_1:kind"),
        ({"version": 1}, "format_1:version"),
    ],
)
def test_an_old_description_that_is_not_valid_is_refused(changes, words, tmp_path):
    tensors = read_model_file(SPECTRA).tensors
    text = json.dumps({**description(SPECTRA), **changes})
    write_sealed(tmp_path / "model.safetensors", "spectra_dl", text, tensors)
    with pytest.raises(ModelFileError, match=words):
        load_model(tmp_path / "model.safetensors")


@pytest.mark.parametrize("values", [{}, {"head": 7}, {"head": {"name": []}}, {"training": []}])
def test_an_upgrade_of_nonsense_leaves_it_to_the_check(values):
    assert upgraded({"modality": "spectra", **values})["input"]["kind"] == "spectra"
