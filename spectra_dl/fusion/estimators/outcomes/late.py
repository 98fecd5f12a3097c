"""Late fusion of a number or of the time to an event: a model for each block, and a stack of what they predict of patients they never saw."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.outcomes.survival.cox import CoxFit
from spectra_dl.fusion.estimators.blocks import BlockMemory
from spectra_dl.fusion.estimators.outcomes.blocks import FittedOutcome, fit_outcome_block
from spectra_dl.fusion.estimators.outcomes.stacking import OutcomeStack, fit_number_stack, fit_risk_stack
from spectra_dl.fusion.rows import FusionRows


class _LateOutcome(BaseEstimator):
    """What both kinds of late fusion share.

    Parameters
    ----------
    blocks
        Name and unfitted model of each block; the model takes the block's rows.
    seed
        Of the inner folds.
    memory
        Of `fit_outcome_block`, shared with others on the same blocks; changes nothing but the time. None fits each block anew.

    Attributes
    ----------
    fitted_
        A `FittedOutcome` for each block.
    stack_
        How much each counts.
    """

    fitted_: list[FittedOutcome]
    stack_: OutcomeStack

    def __init__(
        self,
        blocks: Sequence[tuple[str, Any]],
        seed: int = 0,
        memory: BlockMemory[FittedOutcome] | None = None,
    ) -> None:
        self.blocks = blocks
        self.seed = seed
        self.memory = memory

    def _unseen(self, rows: FusionRows, target: FloatArray) -> FloatArray:
        """Fit each block's model and return ``(b, m)`` what copies predict of patients they never saw."""
        memory = self.memory or BlockMemory(fit_outcome_block)
        self.fitted_ = [
            memory.fitted(model, rows.block(name), text_array(rows.patients), target, seed=self.seed)
            for name, model in self.blocks
        ]
        if all(fitted.model is None for fitted in self.fitted_):
            raise DataError(
                "none of the blocks has enough training patients to learn from; bring more patients, or leave blocks out"
            )
        return np.stack([fitted.unseen for fitted in self.fitted_])

    def block_predictions(self, X: FusionRows) -> FloatArray:
        """Return ``(b, m)`` what each block's model predicts of patients; NaN where a patient lacks the block."""
        each = zip(self.blocks, self.fitted_, strict=True)
        return np.stack([fitted.predict(X.block(name), len(X)) for (name, _), fitted in each])

    def predict(self, X: FusionRows) -> FloatArray:
        """Return ``(m,)`` numbers, or log risks, of patients."""
        return self.stack_.predict(self.block_predictions(X))


class LateNumber(RegressorMixin, _LateOutcome):
    """Predict a number of patients from several blocks of data, of which a patient may lack some; parameters as of `_LateOutcome`.

    Each block has a model of its own, fitted on the training patients who have it. What copies of these predict of patients they never saw is weighed
    by `spectra_dl.fusion.estimators.outcomes.stacking.fit_number_stack`; nothing is imputed.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from spectra_dl.fusion.rows import FusionBlock
    >>> values = np.arange(20.0)
    >>> rows = FusionRows(tuple(f"P{k:02d}" for k in range(20)), (FusionBlock("a", values[:, None], np.arange(20)),))
    >>> LateNumber([("a", Ridge(1.0))]).fit(rows, 3 * values).predict(rows).round()[1:4].tolist()
    [3.0, 6.0, 9.0]
    """

    def fit(self, X: FusionRows, y: Any) -> Self:
        """Fit to patients with their numbers.

        Parameters
        ----------
        X
            ``m`` patients.
        y
            ``(m,)`` numbers.

        Raises
        ------
        DataError
            No block can be learnt from.
        """
        value = np.asarray(y, dtype=np.float64)
        self.stack_ = fit_number_stack(self._unseen(X, value), value)
        return self


class LateRisk(_LateOutcome):
    """Predict the log risk of patients from several blocks of data, of which a patient may lack some; parameters as of `_LateOutcome`.

    As `LateNumber`, with `spectra_dl.fusion.estimators.outcomes.stacking.fit_risk_stack`.

    Attributes
    ----------
    scale_
        What makes probabilities of log risks.
    """

    scale_: CoxFit

    def fit(self, X: FusionRows, y: Any) -> Self:
        """Fit to patients with times and events.

        Parameters
        ----------
        X
            ``m`` patients.
        y
            ``(m, 2)`` time, and 1 where the event came then.

        Raises
        ------
        DataError
            No block can be learnt from.
        """
        target = np.asarray(y, dtype=np.float64)
        unseen = self._unseen(X, target)
        self.stack_, self.scale_ = fit_risk_stack(unseen, target[:, 0], target[:, 1] > 0)
        return self

    def predict_survival(self, X: FusionRows, times: FloatArray) -> FloatArray:
        """Return ``(m, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``m`` patients.
        times
            ``(g,)``.
        """
        return self.scale_.survival(self.scale_.risk(self.predict(X)[:, None]), times)
