"""Linear models of spectra that are fitted to convergence: the linear path of the default network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, group_means

_PLS_COMPONENTS = 5
_LEAST_VARIANCE = 1e-10  # of the first component's; below are directions that rounding makes
_Weights = tuple[FloatArray, FloatArray]  # (c or 1, k) and (c or 1,)


@dataclass(frozen=True, eq=False)
class LinearSolutions:
    """Linear classifiers of the same spectra.

    Attributes
    ----------
    names
        What each is called.
    weight
        ``(s, c, q)`` of each model, class and point.
    bias
        ``(s, c)``.
    """

    names: tuple[str, ...]
    weight: FloatArray
    bias: FloatArray

    def logits(self, spectra: NDArray[Any]) -> FloatArray:
        """Return the logits ``(s, n, c)`` of spectra ``(n, q)``."""
        logits: FloatArray = spectra.astype(np.float64) @ self.weight.transpose(0, 2, 1) + self.bias[:, None]
        return logits


def linear_solutions(
    spectra: NDArray[np.float32],
    target: IndexArray,
    patient: TextArray,
    *,
    means: bool = True,
) -> LinearSolutions:
    """Fit linear classifiers to cleaned spectra: logistic regression, PLS-DA, and logistic regression of patients' mean spectra.

    Which of them serves best depends on the study, so that none is chosen here: `spectra_dl.classification.shares` weighs them by
    patients they never saw.

    Parameters
    ----------
    spectra
        ``(n, q)`` cleaned training spectra.
    target
        ``(n,)`` class numbers; every class has a row, and there are at least two.
    patient
        ``(n,)`` whose each row is.
    means
        Fit the third to the mean spectrum of each patient too, as is worth while where patients have several, which say one thing
        together.

    Notes
    -----
    Intensities are centred and not scaled: dividing each point by its standard deviation, as before most logistic regressions,
    makes noise between the bands as large as the bands. Where spectra are fewer than points, all are fitted to the scores of
    all principal components, which changes no result and takes as many unknowns as there are spectra at most. The ridge penalty is half
    the squared weights (C = 1).
    PLS-DA is linear discriminant analysis of partial least squares scores (Barker and Rayens 2003, doi 10.1002/cem.785).
    """
    space = _Components.of(spectra.astype(np.float64))
    fitted = {
        "logistic regression": _logistic(space.scores, target),
        "PLS-DA": _partial_least_squares(space.scores, target),
    }
    if means:
        fitted["logistic regression of patients' means"] = _logistic(
            *_patient_means(space.scores, target, patient)
        )
    weights, biases = zip(*(space.back(*map(each_class, model)) for model in fitted.values()), strict=True)
    return LinearSolutions(tuple(fitted), np.stack(weights), np.stack(biases))


@dataclass(frozen=True, eq=False)
class _Components:
    """Centred spectra, or the scores of all their principal components, which stand for them without loss."""

    mean: FloatArray
    axes: FloatArray | None  # (k, q); None where the scores are the centred spectra themselves
    scores: FloatArray  # (n, k)

    @classmethod
    def of(cls, spectra: FloatArray) -> "_Components":
        mean = spectra.mean(axis=0)
        centred = spectra - mean
        if len(centred) >= centred.shape[1]:
            return cls(mean, None, centred)
        variance, left = np.linalg.eigh(centred @ centred.T)
        kept = variance > _LEAST_VARIANCE * variance[-1]
        kept[-1] = True  # the scores of spectra that are all alike are one column of zeros
        scale = np.sqrt(np.maximum(variance[kept], 0.0))
        axes = (left[:, kept] / np.where(scale > 0, scale, 1.0)).T @ centred
        return cls(mean, axes, left[:, kept] * scale)

    def back(self, weight: FloatArray, bias: FloatArray) -> _Weights:
        """Return weights ``(c, q)`` and biases for spectra, of weights ``(c, k)`` and biases for their scores."""
        weight = weight if self.axes is None else weight @ self.axes
        return weight, bias - weight @ self.mean


def _patient_means(
    scores: FloatArray, target: IndexArray, patient: TextArray
) -> tuple[FloatArray, IndexArray]:
    """Return the mean scores of each patient, and its class."""
    _, first, of_row = np.unique(patient, return_index=True, return_inverse=True)
    return group_means(scores, of_row), target[first]


def each_class(scores: FloatArray) -> FloatArray:
    """Return a row for each class of weights, biases or scores, also where two classes have one ``(1, ...)`` between them."""
    return np.concatenate([-scores / 2, scores / 2]) if len(scores) == 1 else scores


def _logistic(scores: FloatArray, target: IndexArray) -> _Weights:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-6, max_iter=5000).fit(scores, target)
    return model.coef_, model.intercept_


def _partial_least_squares(scores: FloatArray, target: IndexArray) -> _Weights:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    from spectra_dl.spectra.estimators.classical import PartialLeastSquaresScores

    if not scores.any():  # all spectra are alike
        classes = len(np.unique(target))
        return np.zeros((classes, scores.shape[1])), np.zeros(classes)
    squares = PartialLeastSquaresScores(_PLS_COMPONENTS).fit(scores, target)
    discriminant = LinearDiscriminantAnalysis().fit(squares.transform(scores), target)
    weight = discriminant.coef_ @ squares.pls_.x_rotations_.T
    return weight, discriminant.intercept_ - weight @ scores.mean(axis=0)
