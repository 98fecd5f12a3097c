"""What a probability hangs on is found where it was planted, and adds nothing where a patient is like the mean."""

import numpy as np
import pytest

from spectra_dl import SpectraClassifier, TrainingSettings
from spectra_dl.spectra.patient_page import occlusion as of
from spectra_dl.spectra.patient_page.figures import numbered, window_ends
from spectra_dl.spectra.patient_page.occlusion import WINDOWS, affordable, occluded, window_starts

AXIS = np.linspace(600.0, 1600.0, 240)
PLANTED = 905.0


@pytest.fixture(scope="module")
def fitted():
    """Spectra of which one band alone says the class, their labels, and a logistic regression of them."""
    draw = np.random.default_rng(0)
    label = np.repeat(["ill", "well"], 60)
    height = np.where(label == "ill", 1.0, 0.4)[:, None] + draw.normal(size=(120, 1), scale=0.05)
    fixed = np.exp(-(((AXIS - 1400) / 12) ** 2))
    spectra = (
        5
        + 2 * fixed
        + height * np.exp(-(((AXIS - PLANTED) / 8) ** 2))
        + draw.normal(size=(120, 240), scale=0.02)
    )
    patients = np.repeat([f"p{number}" for number in range(40)], 3)
    model = SpectraClassifier(AXIS, network="logistic", members=2, positive="ill")
    return spectra, label, model.fit(spectra, label, groups=patients).predictor_


def means_of(spectra, predictor):
    from spectra_dl.spectra.table import SpectraTable

    table = SpectraTable(spectra, AXIS, [str(number) for number in range(len(spectra))])
    return [each.transform(table).matrix for each in predictor.preprocessing]


def test_the_planted_band_is_the_first_that_is_numbered_and_speaks_for_the_ill_and_against_the_well(fitted):
    spectra, label, predictor = fitted
    ill, well = spectra[label == "ill"][:5].mean(axis=0), spectra[label == "well"][:5].mean(axis=0)
    starts = window_starts(AXIS.size)
    for occlusion, sign in zip(
        occluded(predictor, means_of(np.stack([ill, well]), predictor)), (1, -1), strict=True
    ):
        window = numbered(occlusion.change)[0]
        low, high = window_ends(AXIS, starts, window)
        assert low - 8 <= PLANTED <= high + 8
        assert sign * occlusion.change[window] > 0
        assert occlusion.class_name == "ill"


def test_a_patient_like_the_mean_of_all_training_spectra_hangs_on_nothing(fitted):
    *_, predictor = fitted
    (occlusion,) = occluded(predictor, [predictor.reference.mean[None]] * len(predictor.preprocessing))
    assert np.abs(occlusion.change).max() < 1e-9
    assert numbered(np.zeros(5)) == []


def test_what_is_found_of_a_patient_does_not_depend_on_the_others(fitted):
    spectra, _, predictor = fitted
    rows = means_of(spectra[:70], predictor)
    alone = occluded(predictor, [matrix[3:4] for matrix in rows])[0]
    np.testing.assert_array_equal(occluded(predictor, rows)[3].change, alone.change)


@pytest.mark.parametrize("points", [2, 23, 24, 25, 700, 1000])
def test_windows_cover_the_axis_with_one_size(points):
    starts = window_starts(points)
    sizes = np.diff([*starts, points])
    assert starts[0] == 0
    assert len(starts) <= WINDOWS
    assert len(set(sizes[:-1])) <= 1
    assert sizes[-1] <= sizes[0]


@pytest.fixture(scope="module", params=["lenet5", "deepcnn"])
def deep(request, fitted):
    """A deep network after one pass over the spectra, and some of these."""
    spectra, label, _ = fitted
    patients = np.repeat([f"p{number}" for number in range(40)], 3)
    model = SpectraClassifier(
        AXIS, network=request.param, members=2, positive="ill", training=TrainingSettings(epochs=1)
    )
    return spectra[58:62], model.fit(spectra, label, groups=patients).predictor_


def test_a_deep_networks_log_odds_are_those_of_its_predictions_to_five_digits(deep):
    spectra, predictor = deep
    means = means_of(spectra[:1], predictor)
    (found,) = occluded(predictor, means)
    first = window_starts(AXIS.size)[1]
    pairs = [np.repeat(rows, 2, axis=0) for rows in means]
    for pair in pairs:
        pair[1, :first] = predictor.reference.mean[:first]
    logits = predictor.prepared_logits(pairs)
    odds = (logits[:, 0] - logits[:, 1]) / predictor.classification.calibration.temperature
    assert found.class_name == predictor.classification.classes[0] == "ill"
    assert found.change[0] == pytest.approx(odds[0] - odds[1], abs=1e-4 * max(1, np.abs(odds).max()))


def test_a_costly_network_is_asked_of_fewer_patients_and_a_folded_one_of_all(deep, fitted, monkeypatch):
    *_, predictor = deep
    assert affordable(fitted[2]) is None
    assert affordable(predictor) >= 6
    monkeypatch.setattr(of, "_OPERATIONS", 1.0)
    assert affordable(predictor) == 1
