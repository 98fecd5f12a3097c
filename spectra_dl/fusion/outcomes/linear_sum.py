"""What a block's model says as one weighted sum: ridge, partial least squares and Cox regression with all that stands before them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.regressions import PartialLeastSquares
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.evaluation.outcomes.tuning import TunedNumber
from spectra_dl.fusion.clinical.powers import ColumnPowers
from spectra_dl.fusion.estimators.clinical import LinearColumns
from spectra_dl.fusion.estimators.outcomes.clinical import ClinicalFeatures
from spectra_dl.tissue.estimators.outcomes.patient_means import PatientMeans


@dataclass(frozen=True, eq=False)
class LinearSum:
    """A weighted sum of features.

    Attributes
    ----------
    centre
        ``(q,)`` float64 from which features are measured, so that large ones lose no digits.
    weight
        ``(q,)`` float64.
    bias
        ``(1,)`` float64.
    """

    centre: NDArray[np.float64]
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def of(self, features: FloatArray) -> FloatArray:
        """Return ``(n,)`` sums of features ``(n, q)``."""
        return np.asarray((features - self.centre) @ self.weight + self.bias)


def fitted_steps(model: Any) -> list[Any]:
    """Return the fitted steps that a model's rows go through, the last of which predicts.

    Parameters
    ----------
    model
        Fitted; of `spectra_dl.fusion.study.outcome_models.outcome_block_model`.
    """
    if isinstance(model, TunedNumber):
        return fitted_steps(model.best_)
    if isinstance(model, PatientMeans):
        return fitted_steps(model.fitted_)
    if isinstance(model, Pipeline):
        return [each for _, step in model.steps for each in fitted_steps(step)]
    if isinstance(model, PooledCox):
        return [*([] if model.features_ is None else fitted_steps(model.features_)), model]
    return [model]


def linear_sum(steps: list[Any]) -> LinearSum:
    """Return fitted steps that take ``(n, q)`` features as one weighted sum.

    Parameters
    ----------
    steps
        Scaling and principal components in any order, and a regression.

    Raises
    ------
    TypeError
        A step is not linear.

    Examples
    --------
    >>> rows = np.array([[1.0, 5.0], [2.0, 3.0], [4.0, 4.0]])
    >>> model = Pipeline([("scale", StandardScaler()), ("ridge", Ridge(1.0))]).fit(rows, [1.0, 2.0, 4.0])
    >>> bool(np.allclose(linear_sum(fitted_steps(model)).of(rows), model.predict(rows)))
    True
    """
    said = _regression(steps[-1])
    for step in reversed(steps[:-1]):
        if isinstance(step, StandardScaler):
            said = LinearSum(step.mean_ + said.centre * step.scale_, said.weight / step.scale_, said.bias)
        elif isinstance(step, PCA):
            axes = step.components_
            said = LinearSum(step.mean_, axes.T @ said.weight, said.bias - said.centre @ said.weight)
        else:
            raise TypeError(f"{type(step).__name__} is no step of a weighted sum")
    return said


def _regression(model: Any) -> LinearSum:
    if isinstance(model, PooledCox):
        known = np.isfinite(model.spread_)
        spread = np.where(known, model.spread_, 1.0)
        weight = np.where(known, model.fit_.coefficient / spread, 0.0)
        return LinearSum(model.fit_.centre * spread, weight, np.zeros(1))
    if isinstance(model, Ridge):
        weight = np.asarray(model.coef_, dtype=np.float64).reshape(-1)
        return LinearSum(np.zeros(len(weight)), weight, np.array([float(model.intercept_)]))
    if isinstance(model, PartialLeastSquares):
        weight = np.asarray(model.pls_.coef_, dtype=np.float64).reshape(-1)
        return LinearSum(np.zeros(len(weight)), weight, model.predict(np.zeros((1, len(weight)))))
    raise TypeError(f"{type(model).__name__} is no weighted sum")


def linear_columns(model: Any, width: int) -> LinearColumns:
    """Return a model of clinical columns as one weighted sum, in float64.

    Parameters
    ----------
    model
        Fitted on clinical columns.
    width
        ``q`` of `spectra_dl.fusion.estimators.clinical.design_matrix`.
    """
    features, *rest = fitted_steps(model)
    if not isinstance(features, ClinicalFeatures):
        raise TypeError(f"{type(features).__name__} makes no features of clinical columns")
    said, known = linear_sum([features.scaler_, *rest]), features.known_
    lacked, values = known[features.lacked_], len(known)
    centre, weight = said.centre, said.weight
    filled = features.imputer_.statistics_
    median, powers = np.zeros(width), ColumnPowers.none(width)
    each, missing = np.zeros((2, 1, width))
    median[known], each[0, known], missing[0, lacked] = filled, weight[:values], weight[values:]
    powers.scale[known], powers.exponent[known] = features.powers_.scale, features.powers_.exponent
    distance = np.concatenate([filled, np.zeros(len(lacked))]) - centre
    return LinearColumns(median, each, missing, said.bias + distance @ weight, powers)
