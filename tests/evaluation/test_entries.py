"""Models of an evaluation each have a name of their own."""

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.entries import ModelEntry, model_entries


def test_models_of_a_mapping_are_classical_and_keep_their_order():
    models = {"b": LogisticRegression(), "a": DummyClassifier()}
    entries = model_entries(models)
    assert [(entry.name, entry.kind, entry.words) for entry in entries] == [
        ("b", "classical", ""),
        ("a", "classical", ""),
    ]
    assert [entry.estimator for entry in entries] == list(models.values())


def test_entries_stay_as_they_are():
    entries = [
        ModelEntry("net", DummyClassifier(), "network", "a small network"),
        ModelEntry("chance", DummyClassifier(), "control"),
    ]
    assert list(model_entries(entries)) == entries


@pytest.mark.parametrize("models", [{}, [], ()])
def test_no_models_are_refused(models):
    with pytest.raises(UsageError, match="no models to evaluate; name at least one"):
        model_entries(models)


def test_models_of_one_name_are_refused_by_that_name():
    entries = [ModelEntry(name, DummyClassifier()) for name in ("svm", "lda", "svm", "pls")]
    with pytest.raises(UsageError, match="two models are called svm; give each a name"):
        model_entries(entries)
