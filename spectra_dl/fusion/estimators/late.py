"""Late fusion: a model for each block, and a stack of what they say of patients they never saw."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.classification.predictions import softmax
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.fusion.estimators.blocks import BlockMemory, FittedBlock, fit_block
from spectra_dl.fusion.estimators.stacking import Stack, fit_stack
from spectra_dl.fusion.rows import FusionRows

_STACK_FOLDS = 5


class LateFusion(ClassifierMixin, BaseEstimator):
    """Classify patients by several blocks of data, of which a patient may lack some.

    Each block has a model of its own, fitted on the training patients who have it. What copies of these say of patients they never saw
    is weighed by `spectra_dl.fusion.estimators.stacking.fit_stack`. Nothing is imputed: for a block that a patient lacks, a learnt offset
    is added. A patient without any of the blocks gets what the offsets come to, about the classes' shares.

    Parameters
    ----------
    blocks
        Name and unfitted model of each block; the model takes the block's rows.
    seed
        Of the inner folds.
    memory
        Shared with others on the same blocks; changes nothing but the time. None fits each block anew.

    Attributes
    ----------
    classes_
        ``(c,)`` sorted.
    fitted_
        A `spectra_dl.fusion.estimators.blocks.FittedBlock` for each block.
    stack_
        How much each counts.
    out_of_fold_logits_, out_of_fold_probability_
        ``(m, c)`` of each training patient: models and stack never saw it.

    Examples
    --------
    >>> from spectra_dl.fusion.clinical import ClinicalColumn, ClinicalTable
    >>> from spectra_dl.fusion.estimators.clinical import ClinicalClassifier
    >>> from spectra_dl.fusion.rows import FusionBlock
    >>> values, names = np.arange(20) % 10 + 0.0, tuple(f"P{k}" for k in range(20))
    >>> table = ClinicalTable(names, (ClinicalColumn("age", "numeric", values),))
    >>> rows = FusionRows(names, (FusionBlock("clinical", table, np.arange(20)),))
    >>> model = LateFusion([("clinical", ClinicalClassifier())]).fit(rows, np.where(values > 4, "sick", "well"))
    >>> model.predict_proba(rows).shape
    (20, 2)
    """

    def __init__(
        self, blocks: Sequence[tuple[str, Any]], seed: int = 0, memory: BlockMemory[FittedBlock] | None = None
    ) -> None:
        self.blocks = blocks
        self.seed = seed
        self.memory = memory

    def fit(self, X: FusionRows, y: Any) -> Self:
        """Fit to patients with their classes.

        Parameters
        ----------
        X
            ``m`` patients.
        y
            ``(m,)`` classes.

        Raises
        ------
        DataError
            A class has fewer than two patients, or no block can be learnt from.
        """
        label, memory = np.asarray(y, dtype=np.str_), self.memory or BlockMemory(fit_block)
        self.classes_, truth = np.unique(label, return_inverse=True)
        self.fitted_ = [
            memory.fitted(model, X.block(name), text_array(X.patients), label, seed=self.seed)
            for name, model in self.blocks
        ]
        unseen = np.stack([fitted.unseen for fitted in self.fitted_])
        fewest = int(np.bincount(truth).min())
        if fewest < 2 or all(fitted.model is None for fitted in self.fitted_):
            raise DataError(
                "a class has fewer than two training patients, or none of the blocks has two of each class; bring more patients, or leave "
                "blocks out"
            )
        self.stack_: Stack = fit_stack(unseen, truth)
        folds = patient_folds(X.patients, label, folds=min(_STACK_FOLDS, fewest), seed=self.seed)
        self.out_of_fold_logits_ = np.empty((len(label), len(self.classes_)))
        for fold in folds:
            stack = fit_stack(unseen[:, fold.train], truth[fold.train])
            self.out_of_fold_logits_[fold.test] = stack.logits(unseen[:, fold.test])
        self.out_of_fold_probability_ = softmax(self.out_of_fold_logits_)
        return self

    def block_logits(self, X: FusionRows) -> FloatArray:
        """Return ``(b, m, c)`` what each block's model says of patients; NaN where a patient lacks the block."""
        each = zip(self.blocks, self.fitted_, strict=True)
        return np.stack([fitted.logits(X.block(name), len(X)) for (name, _), fitted in each])

    def says(self, X: FusionRows) -> FloatArray:
        """Return ``(b, m, c)`` what each block adds to patients' logits."""
        return self.stack_.says(self.block_logits(X))

    def predict_proba(self, X: FusionRows) -> FloatArray:
        """Return ``(m, c)`` probabilities of patients."""
        return softmax(self.stack_.logits(self.block_logits(X)))

    def predict(self, X: FusionRows) -> NDArray[np.str_]:
        """Return the likeliest class of each patient."""
        likeliest: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return likeliest
