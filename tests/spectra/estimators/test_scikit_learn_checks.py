"""Every estimator and transformer passes scikit-learn's checks, and the page lists those that it is not to pass, with reasons.

The checks call ``fit(X, y)`` with a few columns of noise. The subclasses here add what only the caller knows, the patients and the
axis, and repeat each column, since a spectrum has more points than the checks give; all else is the estimators' own code.
"""

import re

import numpy as np
import pytest
import sklearn
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from spectra_dl.spectra.estimators.classical import (
    PartialLeastSquaresScores,
    PatientCalibrated,
    PrincipalComponents,
)
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.estimators.step_transformers import (
    SpectraBaselineCorrector,
    SpectraCropper,
    SpectraDespiker,
    SpectraNormaliser,
    SpectraResampler,
    SpectraScatterCorrector,
    SpectraSmoother,
)
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Normalise
from spectra_dl.training.settings import TrainingSettings

pytestmark = [
    pytest.mark.xdist_group("scikit-learn checks"),
    # The checks feed column vectors, singular matrices and single rows on purpose.
    pytest.mark.filterwarnings("default"),
]
POINTS_PER_COLUMN = 16
FIRST, STEP = 400.0, 2.0  # cm⁻¹
SHORT = TrainingSettings(epochs=1, batch_size=32, device="cpu")


class Repeated:
    """Rows of which each column stands several times, behind all checks of X."""

    def _matrix(self, X, **kwargs):
        return np.repeat(super()._matrix(X, **kwargs), POINTS_PER_COLUMN, axis=1)


class OnAnAxis(Repeated):
    """Spectra on an even axis, as long as the rows are."""

    def _axis_of(self, matrix):
        return FIRST + STEP * np.arange(matrix.shape[1])


class RowsArePatients:
    """A classifier that is given each row as a patient."""

    def fit(self, X, y=None):
        rows = X.shape[0] if hasattr(X, "toarray") else len(np.atleast_1d(np.asarray(X, dtype=object)))
        return super().fit(X, y, groups=[f"row {row + 1}" for row in range(rows)])


class WrappedClassifier(RowsArePatients, OnAnAxis, SpectraClassifier):
    """The neural classifier of two members and one epoch, which scores poorly."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class WrappedCalibrated(RowsArePatients, PatientCalibrated):
    """Distances with probabilities learnt from left-out patients."""


class WrappedRidge(RowsArePatients, PatientRidge):
    """The ridge regression on features."""


class WrappedMiniRocket(Repeated, MiniRocket):
    """Few features of rows that are long enough."""


class WrappedPreprocessor(OnAnAxis, SpectraPreprocessor):
    """The default preprocessing."""


class WrappedCropper(OnAnAxis, SpectraCropper):
    """A range inside the axis."""


class WrappedResampler(OnAnAxis, SpectraResampler):
    """A coarser axis."""


class WrappedDespiker(OnAnAxis, SpectraDespiker):
    """Without cosmic rays."""


class WrappedBaselineCorrector(OnAnAxis, SpectraBaselineCorrector):
    """Without baseline."""


class WrappedSmoother(OnAnAxis, SpectraSmoother):
    """Smoothed."""


class WrappedNormaliser(OnAnAxis, SpectraNormaliser):
    """On one scale."""


class WrappedScatterCorrector(OnAnAxis, SpectraScatterCorrector):
    """Without scatter."""


def wrapped_estimators():
    """Return every estimator and transformer, unfitted."""
    return [
        WrappedClassifier(members=2, training=SHORT, preprocessing=Preprocessing((Normalise(),))),
        WrappedCalibrated(SVC()),
        WrappedRidge(StandardScaler()),
        WrappedMiniRocket(n_features=168),
        PrincipalComponents(),
        PartialLeastSquaresScores(),
        WrappedPreprocessor(),
        WrappedCropper(low=402, high=430),
        WrappedResampler(low=400, high=430, step=3),
        WrappedDespiker(),
        WrappedBaselineCorrector(),
        WrappedSmoother(),
        WrappedNormaliser(),
        WrappedScatterCorrector(),
    ]


NUMBERED = "columns 0, 1, 2, ... of a data frame are numbers and not the axis, so they are refused"
EXPECTED = {WrappedClassifier: {"check_classifier_data_not_an_array": NUMBERED}}
MOST_EXPECTED = 5


def expected_failures(estimator):
    return EXPECTED.get(type(estimator), {})


def public_name(estimator):
    """The name of the class that is wrapped."""
    return next(kind.__name__ for kind in type(estimator).__mro__ if kind.__module__.startswith("spectra_dl"))


@parametrize_with_checks(wrapped_estimators(), expected_failed_checks=expected_failures)
def test_scikit_learns_check_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", wrapped_estimators(), ids=public_name)
def test_few_failures_are_expected_and_each_happens(estimator):
    expected = expected_failures(estimator)
    assert len(expected) <= MOST_EXPECTED
    for fresh, check in estimator_checks_generator(estimator):
        if check.func.__name__ in expected:
            with pytest.raises(Exception, match="no wavenumbers"):
                check(fresh)


def test_the_page_lists_the_checks_and_the_expected_failures(repository):
    page = (repository / "docs" / "scikit_learn.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+ \| .*) \|$", page, flags=re.MULTILINE))
    version = re.search(r"scikit-learn (\d+\.\d+)", page).group(1)
    expected = {}
    for estimator in wrapped_estimators():
        failures = "; ".join(f"`{name}`: {why}" for name, why in expected_failures(estimator).items())
        checks = sum(1 for _ in estimator_checks_generator(estimator))
        expected[public_name(estimator)] = f"{checks} | {failures or 'none'}"
    if sklearn.__version__.startswith(f"{version}."):
        assert rows == expected
    else:  # another version has more or fewer checks
        assert {name: row.split(" | ", 1)[1] for name, row in rows.items()} == {
            name: row.split(" | ", 1)[1] for name, row in expected.items()
        }
