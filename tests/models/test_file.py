"""A model file gives back what was saved, or refuses."""

import json
import pickle
from typing import Literal

import numpy as np
import pytest

from example_models import model_description
from spectra_dl.errors import ModelFileError, UnsafeError
from spectra_dl.loading import load_model, read_header
from spectra_dl.models.card import card_text
from spectra_dl.models.file import read_model_file, save_model, weights_sha256
from spectra_dl.models.header import InputPart, ModelHeader
from spectra_dl.spectra.input_part import SpectraInput
from spectra_dl.storage.sealed import read_sealed, write_sealed

TENSORS = {
    "member0.w": np.linspace(-1, 1, 8, dtype=np.float32),
    "member1.w": np.ones((2, 4), dtype=np.float32),
}


def description(**changes):
    """A complete description as JSON-ready values."""
    return model_description(TENSORS, **changes)


def header(**changes):
    return ModelHeader[SpectraInput].model_validate_json(json.dumps(description(**changes)))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, header(), TENSORS)
    return path


def test_header_and_weights_come_back_bit_for_bit(saved):
    file = read_model_file(saved)
    assert file.header(SpectraInput) == header()
    assert file.sha256 == read_sealed(saved, "spectra_dl").sha256
    for name, array in TENSORS.items():
        np.testing.assert_array_equal(file.tensors[name], array)


def test_a_description_alone_comes_back_with_the_digest_that_seals_the_file(saved):
    assert read_header(saved) == (header(), read_sealed(saved, "spectra_dl").sha256)


def test_saving_twice_gives_the_same_bytes(saved, tmp_path):
    save_model(tmp_path / "again.safetensors", header(), TENSORS)
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_saving_over_a_file_that_was_just_loaded_keeps_the_weights(saved):
    file = read_model_file(saved)
    save_model(saved, file.header(SpectraInput), file.tensors)
    np.testing.assert_array_equal(read_model_file(saved).tensors["member0.w"], TENSORS["member0.w"])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_when_saving_and_when_loading(tmp_path, bad):
    tensors = {"w": np.array([1.0, bad], dtype=np.float32)}
    with pytest.raises(ModelFileError, match='non-finite weights in "w"'):
        save_model(tmp_path / "a.safetensors", header(), tensors)
    text = json.dumps(description(weights_sha256=weights_sha256(tensors)))
    write_sealed(tmp_path / "b.safetensors", "spectra_dl", text, tensors)
    with pytest.raises(ModelFileError, match='non-finite weights in "w"'):
        load_model(tmp_path / "b.safetensors")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": 3}, "format 3, this program reads formats 1 and 2"),
        ({"format_version": "2"}, "format 2"),
        ({"format_version": True}, "format True"),
        ({"_target_": "os.system"}, "_target_"),
        ({"input": {"_target_": "os.system"}}, "input._target_"),
        ({"classification": {"_target_": "os.system"}}, "classification._target_"),
        ({"classification": {"classes": ["healthy"]}}, "classes"),
        ({"classification": {"classes": ["healthy", "healthy"]}}, "class names"),
        ({"classification": {"positive_class": "other"}}, "positive class"),
        ({"classification": None}, "class names do not match"),
        (
            {"classification": {"classes": ["a", "b", "sick"], "conformal": {"limit": [0.7, 0.7, 0.7]}}},
            "class names do not match the network's",
        ),
        (
            {"input": {"network": {"name": "os.system"}}},
            "input.network.name: no network is called 'os.system'",
        ),
        ({"input": {"network": {"n_wavenumbers": 10**9}}}, "n_wavenumbers"),
        ({"input": {"preprocessing_of_member": [0]}}, "each network must have one of the preprocessings"),
        ({"input": {"preprocessing_of_member": [0, 1]}}, "each network must have one of the preprocessings"),
        ({"classification": {"calibration": {"temperature": 0.0}}}, "temperature"),
        ({"classification": {"calibration": {"temperature": "1"}}}, "temperature"),
        (
            {"classification": {"conformal": {"limit": [0.7, 0.7, 0.7]}}},
            "one conformal limit for each class",
        ),
        ({"classification": {"conformal": {"coverage": 1.0}}}, "coverage"),
        ({"audit": [{"name": "axis", "severity": "grave", "sentence": ""}]}, "severity"),
        ({"weights_sha256": "0" * 64}, "weights"),
    ],
)
def test_a_description_that_is_not_valid_is_refused(tmp_path, changes, words):
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", json.dumps(description(**changes)), TENSORS)
    with pytest.raises(ModelFileError, match=words):
        load_model(path)


def test_a_model_of_an_unknown_modality_is_refused_by_its_name(tmp_path):
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", json.dumps(description(input={"kind": "slides"})), TENSORS)
    with pytest.raises(ModelFileError, match=r"slides.*spectra and spectra outcome and expression"):
        load_model(path)


@pytest.mark.parametrize("part", [None, [], "spectra", {}, {"kind": None}, {"kind": ["spectra"]}])
def test_an_input_part_without_a_name_is_refused(tmp_path, part):
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", json.dumps({**description(), "input": part}), TENSORS)
    with pytest.raises(ModelFileError, match="this program knows spectra and spectra outcome and expression"):
        load_model(path)


@pytest.mark.parametrize("version", [3, 0, "1", None])
def test_an_input_part_of_an_unknown_version_is_refused_by_name_and_version(tmp_path, version):
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", json.dumps(description(input={"version": version})), TENSORS)
    with pytest.raises(
        ModelFileError, match=f"part 'spectra' is written in version {version}, .* version 1 and 2"
    ):
        load_model(path)


def test_a_modality_of_its_own_reads_its_part_without_a_change_to_the_shared_one(tmp_path):
    class TileInput(InputPart):
        kind: Literal["tiles"] = "tiles"
        version: Literal[7] = 7
        pixels: int

    part = {"kind": "tiles", "version": 7, "pixels": 64}
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", json.dumps({**description(), "input": part}), TENSORS)
    assert read_model_file(path).header(TileInput).input == TileInput(pixels=64)
    with pytest.raises(ModelFileError, match="a model of tiles, not of spectra; name another model"):
        read_model_file(path).header(SpectraInput)


def test_all_problems_are_listed_at_once(tmp_path):
    path = tmp_path / "model.safetensors"
    text = json.dumps(description(classification={"decision_threshold": -1.0}, intended_use=7, extra=1))
    write_sealed(path, "spectra_dl", text, TENSORS)
    with pytest.raises(ModelFileError, match=r"(?s)intended_use.*decision_threshold.*extra"):
        load_model(path)


@pytest.mark.parametrize("text", ["[]", "null", "7", "{", '{"format_version": NaN}', "[" * 100_000])
def test_a_description_that_is_not_an_object_is_refused(tmp_path, text):
    path = tmp_path / "model.safetensors"
    write_sealed(path, "spectra_dl", text, TENSORS)
    with pytest.raises(ModelFileError):
        load_model(path)


@pytest.mark.parametrize("depth", range(980, 1000))
def test_a_description_nested_just_less_deep_than_its_reader_goes_is_refused(tmp_path, depth):
    path = tmp_path / "model.safetensors"
    nested = f'{{"format_version": 1, "modality": "spectra", "x": {"[" * depth}{"]" * depth}}}'
    write_sealed(path, "spectra_dl", nested, TENSORS)
    with pytest.raises(ModelFileError):
        load_model(path)


def test_a_checkpoint_is_not_taken_for_a_model(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    write_sealed(path, "spectra_dl_checkpoint", "{}", TENSORS)
    with pytest.raises(ModelFileError, match="spectra_dl"):
        load_model(path)


def test_a_pickle_is_refused_as_unsafe(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(UnsafeError, match="never loaded"):
        load_model(path)


def test_the_card_shows_the_threshold_s_spread_and_which_coverages_there_are():
    known = {
        "threshold_spread": {"low": 0.41, "high": 0.62},
        "conformal": {"limit_at": {"50": [0.2, 0.3], "99": [1.0, 1.0]}},
    }
    read = ModelHeader[SpectraInput].model_validate_json(json.dumps(description(classification=known)))
    text = card_text(read, "f" * 64)
    assert "p >= 0.500 (nine in ten resamples: 0.410 to 0.620), chosen by Youden's index" in text
    assert "predict --coverage takes any from 50 to 99 %" in text


@pytest.mark.parametrize(
    "limit_at", [{"49": [0.5, 0.5]}, {"0.9": [0.5, 0.5]}, {"90": [0.5]}, {"90": [0.5, 1.5]}]
)
def test_limits_of_no_whole_percent_or_of_other_classes_are_refused(limit_at):
    text = json.dumps(description(classification={"conformal": {"limit_at": limit_at}}))
    with pytest.raises(ValueError, match=r"conformal|each class"):
        ModelHeader[SpectraInput].model_validate_json(text)


def test_the_card_says_what_a_user_must_know():
    text = card_text(header(), "f" * 64)
    for words in (
        "Research use only, not for diagnosis",
        "SIMULATED a study",
        "10 healthy, 12 sick",
        "400 to 1800",
        "p >= 0.500, chosen by Youden's index",
        "90% prediction set",
        "stop  The axis tells the classes apart.",
        "crop -> normalise",
        "0.900  [0.800, undefined]",
        "a note",
    ):
        assert words in text
