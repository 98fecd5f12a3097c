"""What a model file keeps of its training spectra: a mean and a spread of each class, of nobody in particular, and checked when it is read."""

import numpy as np
import pytest

from example_models import shipped_of_before, shipped_with
from spectra_dl.errors import ModelFileError
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.loading import load_model
from spectra_dl.models.card import card_text
from spectra_dl.spectra.class_spectra import ClassSpectra, joined
from spectra_dl_datasets.shipped import SHIPPED_MODEL


def kept_of(patients, n_wavenumbers=900, seed=0):
    """Two spectra of each patient, whose classes are given, and what is kept of them."""
    matrix = np.random.default_rng(seed).normal(size=(2 * len(patients), n_wavenumbers)).astype(np.float32)
    names = np.repeat([f"p{number:02d}" for number in range(len(patients))], 2)
    return matrix, ClassSpectra.fit(matrix, read_patients(list(names), list(np.repeat(patients, 2))))


def test_mean_and_spread_are_those_of_patients_means_to_three_digits():
    matrix, kept = kept_of(["a"] * 6 + ["b"] * 7)
    of_patient = joined(matrix, 3).reshape(13, 2, 300).mean(axis=1)
    assert kept.classes == ("a", "b")
    np.testing.assert_allclose(kept.mean[1], of_patient[6:].mean(axis=0), atol=6e-4)
    np.testing.assert_allclose(kept.spread[0], of_patient[:6].std(axis=0, ddof=1), atol=6e-4)
    assert np.abs(kept.mean * 1e4 - np.round(kept.mean * 1e4)).max() < 1e-2


def test_nothing_is_kept_of_a_class_of_fewer_than_five_patients():
    _, kept = kept_of(["a"] * 4 + ["b"] * 5)
    assert kept.classes == ("b",)
    assert kept.mean.shape == kept.spread.shape == (1, 300)
    assert kept_of(["a"] * 4 + ["b"] * 4)[1] is None


MEAN, SPREAD = "class_spectra.mean", "class_spectra.spread"
SHAPE = (2, 334)
BOTH = ["bone metastasis", "no metastasis"]


@pytest.mark.parametrize(
    ("description", "tensors", "words"),
    [
        ({}, {MEAN: np.zeros((2, 3), dtype=np.float32)}, "class_spectra.mean is float32 of shape"),
        ({}, {SPREAD: np.zeros(SHAPE)}, "class_spectra.spread is float64"),
        ({}, {SPREAD: np.full(SHAPE, -1, dtype=np.float32)}, "no spectra's"),
        ({}, {MEAN: np.full(SHAPE, 1e30, dtype=np.float32)}, "no spectra's"),
        ({}, {MEAN: np.full(SHAPE, np.nan, dtype=np.float32)}, "non-finite"),
        ({}, {MEAN: None}, "missing"),
        ({"class_spectra": None}, {}, "no part of the model uses"),
        ({"class_spectra": {"classes": ["other"], "points_together": 3}}, {}, "one of the model's classes"),
        (
            {"class_spectra": {"classes": BOTH[:1] * 2, "points_together": 3}},
            {},
            "one of the model's classes",
        ),
        ({"class_spectra": {"classes": BOTH, "points_together": 0}}, {}, "points_together"),
        ({"class_spectra": {"classes": BOTH, "points_together": 10**9}}, {}, "points_together"),
    ],
)
def test_what_is_not_so_is_refused_when_the_file_is_read(tmp_path, description, tensors, words):
    with pytest.raises(ModelFileError, match=words):
        load_model(shipped_with(tmp_path / "model.safetensors", {"input": description}, **tensors))


def test_a_file_of_before_is_read_without_and_saved_without(tmp_path):
    model = load_model(shipped_of_before(tmp_path / "a"))
    assert model.class_spectra is None
    model.save(tmp_path / "b")
    assert load_model(tmp_path / "b").tensors().keys() == model.tensors().keys()
    assert "Class means" not in card_text(model.header, model.sha256)


def test_they_come_back_from_the_file_and_the_card_names_the_classes(tmp_path):
    model = load_model(SHIPPED_MODEL)
    model.save(tmp_path / "again")
    again = load_model(tmp_path / "again")
    np.testing.assert_array_equal(again.class_spectra.mean, model.class_spectra.mean)
    assert model.class_spectra.mean.shape == SHAPE
    assert f"Class means    mean and SD over the training patients of {', '.join(BOTH)}" in card_text(
        model.header, ""
    )
