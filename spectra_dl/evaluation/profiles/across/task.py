"""What every model of one profile per patient shares, and the same with patients' profiles in another order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts
from spectra_dl.evaluation.folds.job import FoldOutcome
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.profiles.task import TargetTask


@dataclass(frozen=True, eq=False)
class AcrossTask(TargetTask):
    """Patients of whom each is a row.

    Attributes
    ----------
    folds, targets
        The split, and what each fold predicts.
    patient
        ``(m,)`` text.
    names
        Of the targets that every fold predicts, and that are scored.
    """

    patient: TextArray
    names: tuple[str, ...]

    def groups(self, rows: IndexArray) -> Texts:
        """Return the rows' patients."""
        return self.patient[rows]

    @property
    def repeats(self) -> int:
        """How many times the patients were split."""
        return 1 + max(fold.repeat for fold in self.folds)

    def scored(self, fold: Fold) -> IndexArray:
        """Return the columns of `names` among a fold's targets."""
        column = {name: at for at, name in enumerate(self.targets_of(fold).names)}
        return np.array([column[name] for name in self.names], dtype=np.intp)

    def measured(self, fold: Fold, rows: IndexArray) -> FloatArray:
        """Return ``(k, t)`` measured values of the targets that are scored.

        Parameters
        ----------
        fold
            One of the folds.
        rows
            ``(k,)`` of any patients.
        """
        return self.targets_of(fold).values(rows)[:, self.scored(fold)]

    def ratios(self, outcomes: Sequence[FoldOutcome[None]] | None) -> tuple[FloatArray, FloatArray]:
        """Return ``(r, m, t)`` predicted and measured values of each repeat, less the mean of the training patients of each one's fold.

        Levels themselves would not do: the mean of all others is the lower the higher a patient is, so that whoever says the training mean
        would correlate by -1.

        Parameters
        ----------
        outcomes
            Of one model, in the order of the folds; None predicts the training mean.
        """
        shape = (self.repeats, len(self.patient), len(self.names))
        predicted, measured = np.zeros(shape), np.zeros(shape)
        for at, fold in enumerate(self.folds):
            mean = self.measured(fold, fold.train).mean(axis=0)
            measured[fold.repeat, fold.test] = self.measured(fold, fold.test) - mean
            if outcomes is not None:
                predicted[fold.repeat, fold.test] = outcomes[at].predicted[:, self.scored(fold)] - mean
        return predicted, measured

    def levels(self, outcomes: Sequence[FoldOutcome[None]] | None) -> FloatArray:
        """Return ``(m, t)`` predicted values of each held-out patient, the mean over repeats; see `ratios`."""
        levels = np.zeros((len(self.patient), len(self.names)))
        for at, fold in enumerate(self.folds):
            mean = self.measured(fold, fold.train).mean(axis=0)
            levels[fold.test] += mean if outcomes is None else outcomes[at].predicted[:, self.scored(fold)]
        return levels / self.repeats


@dataclass(frozen=True, eq=False)
class PermutedTask(AcrossTask):
    """The same, but that models are trained on profiles of other training patients.

    Attributes
    ----------
    seed, shuffle
        Of the order.
    """

    seed: int
    shuffle: int

    def target(self, fold: Fold) -> FloatArray:
        """Return the training rows' profiles in another order."""
        generator = np.random.default_rng((self.seed, fold.repeat, fold.number, self.shuffle))
        return self.targets_of(fold).values(generator.permutation(fold.train))
