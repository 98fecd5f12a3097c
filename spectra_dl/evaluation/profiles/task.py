"""What every model of an evaluation of profiles shares: sections, folds, and what each fold predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.job import FoldOutcome
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.profiles.metrics import is_constant
from spectra_dl.evaluation.profiles.results import ChosenTargets, ProfileSettings
from spectra_dl.evaluation.rows import RowSubset


@dataclass(frozen=True, eq=False)
class HeldOutSection:
    """A section in a fold that tests it.

    Attributes
    ----------
    section, patient
        Whose it is.
    fold
        The fold's place among the evaluation's folds.
    rows
        ``(k,)`` row numbers, ascending.
    measured, ceiling
        ``(k, t)`` and ``(t,)`` of the fold's targets; a target that is the same in every row has no ceiling, NaN.
    """

    section: str
    patient: str
    fold: int
    rows: IndexArray
    measured: FloatArray
    ceiling: FloatArray


@dataclass(frozen=True, eq=False)
class TargetTask:
    """Profiles that each fold chooses from its training rows, as the fold engine asks for them.

    Attributes
    ----------
    folds, targets
        The split, and what each fold predicts.
    """

    folds: tuple[Fold, ...]
    targets: tuple[ChosenTargets, ...]
    record_types = ()

    @cached_property
    def _place(self) -> Mapping[tuple[int, int], int]:
        return {(fold.repeat, fold.number): at for at, fold in enumerate(self.folds)}

    def targets_of(self, fold: Fold) -> ChosenTargets:
        """Return what a fold predicts."""
        return self.targets[self._place[fold.repeat, fold.number]]

    def target(self, fold: Fold) -> FloatArray:
        """Return the training rows' measured profiles."""
        return self.targets_of(fold).values(fold.train)

    def predict(self, name: str, fitted: Any, rows: Any, fold: Fold) -> FloatArray:
        """Return ``(k, t)`` predicted profiles of the test rows.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's test rows.
        fold
            The fold.

        Raises
        ------
        DataError
            They have another shape or are not finite.
        """
        shape = (len(fold.test), len(self.targets_of(fold).names))
        predicted = np.asarray(fitted.predict(rows), dtype=np.float64)
        if predicted.shape != shape or not np.all(np.isfinite(predicted)):
            raise DataError(
                f"{name}: predictions must be finite, one row per test row and one column per target; mend the model"
            )
        return predicted

    def learn(self, name: str, fitted: Any, rows: RowSubset, fold: Fold) -> None:
        """Learn nothing besides the model.

        Parameters
        ----------
        name, fitted, rows, fold
            As in `predict`, with the training rows.
        """


@dataclass(frozen=True, eq=False)
class ProfileTask(TargetTask):
    """The sections of the rows, and how models of their profiles are evaluated.

    Attributes
    ----------
    folds, targets
        The split, and what each fold predicts.
    section, patient
        ``(n,)`` text.
    order
        ``(n,)`` row numbers by section and place: draws follow it, so that the order in which rows came is of no account.
    held_out
        The sections that are tested, in the order of folds and names.
    settings
        How models are evaluated.
    """

    section: TextArray
    patient: TextArray
    order: IndexArray
    held_out: tuple[HeldOutSection, ...]
    settings: ProfileSettings

    def groups(self, rows: IndexArray) -> Texts:
        """Return the rows' sections."""
        return self.section[rows]

    def by_section(self, outcomes: Sequence[FoldOutcome[None]]) -> list[FloatArray]:
        """Return the predictions of each held-out section.

        Parameters
        ----------
        outcomes
            Of one model, in the order of the folds.
        """
        return [
            # Test rows ascend, so a section's places among them are found by bisection.
            outcomes[tested.fold].predicted[np.searchsorted(self.folds[tested.fold].test, tested.rows)]
            for tested in self.held_out
        ]


def held_out_sections(
    section: TextArray, patient: TextArray, folds: Sequence[Fold], targets: Sequence[ChosenTargets]
) -> tuple[HeldOutSection, ...]:
    """Return each section with what was measured in it, in the order of folds and names.

    Parameters
    ----------
    section, patient
        ``(n,)`` text.
    folds, targets
        The split, and what each fold predicts.
    """
    sections = []
    for at, (fold, chosen) in enumerate(zip(folds, targets, strict=True)):
        for name in sorted(set(section[fold.test])):
            rows = fold.test[section[fold.test] == name]
            measured = np.asarray(chosen.values(rows), dtype=np.float64)
            owner = str(patient[rows[0]])
            # Where nothing varies no correlation is scored, so that its ceiling is none of what the scores are held against.
            ceiling = np.where(is_constant(measured), np.nan, chosen.ceiling(rows))
            sections.append(HeldOutSection(name, owner, at, rows, measured, ceiling))
    return tuple(sections)
