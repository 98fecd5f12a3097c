"""What the parts of a model were worth in the folds of an evaluation."""

import numpy as np
import pytest

from spectra_dl.classification.parts_observer import FoldParts, PartsObserver, parts_of
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.training.settings import TrainingSettings

FOLD = Fold(0, 0, np.arange(2), np.arange(2, 4))


def seen(*parts):
    """Return the observation of a fold with parts (name, weight, adds)."""
    names = tuple(name for name, _, _ in parts)
    adds = np.array([[value, value - 0.1, value + 0.1] for _, _, value in parts])
    return Observation("auto", FOLD, FoldParts(names, np.array([weight for _, weight, _ in parts]), adds))


def test_weights_and_gains_are_averaged_over_the_folds_that_have_a_part():
    found = parts_of([seen(("a", 0.25, 0.0), ("b", 0.75, 0.2)), seen(("a", 0.75, 0.1))])
    assert found.parts["a"] == pytest.approx((0.5, 0.25, 0.75, 0.05, -0.05, 0.15))
    assert found.parts["b"] == pytest.approx((0.75, 0.75, 0.75, 0.2, 0.1, 0.3))
    assert found.to_json()["parts"][0]["adds"] == 0.05


def test_an_evaluation_without_such_a_model_has_no_parts():
    assert parts_of([Observation("auto", FOLD, None)]) is None


def test_the_observer_sees_the_parts_of_the_model_it_is_asked_for():
    table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table
    training = TrainingSettings(epochs=1)
    model = SpectraClassifier(table.wavenumber, network="compact", members=2, training=training)
    model.fit(table.intensity, table.label, groups=table.patient)
    parts = PartsObserver("auto")("auto", FOLD, model)
    assert parts.names[-1] == "convolutional path"
    assert parts.weight.sum() == pytest.approx(1.0)
    assert PartsObserver("auto")("SVM", FOLD, model) is None
    assert PartsObserver("auto")("auto", FOLD, object()) is None
