"""Subjects with samples of both classes: does the positive one score above the negative one of the same subject."""

from dataclasses import dataclass, replace

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.inference.chance import (
    Chance,
    RefitNull,
    against_chance,
    agreeing,
    refit_null,
)
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.classes.inference.within_folds import WithinFoldAuc
from spectra_dl.evaluation.intervals import Interval, wilson_interval
from spectra_dl.evaluation.patients import Patients

PAIRED_TEST = "classes exchanged within subjects, models refitted"
_CELLS = 2_000_000


@dataclass(frozen=True)
class PairedShare:
    """In how many subjects with both classes the positive sample scores above the negative one.

    Attributes
    ----------
    subjects
        How many have both.
    share
        Equal scores count half; averaged over repeats.
    chance
        Against refits in which the classes of a subject's samples are exchanged at random.
    """

    subjects: int
    share: Interval
    chance: Chance


@dataclass(frozen=True, eq=False)
class PairedJob:
    """Refits of the linear surrogate, scored by the share of subjects; to be run anywhere.

    Attributes
    ----------
    surrogate
        What is refitted.
    pairs
        ``(k, 2)`` from `pairs_of`.
    refits
        How many without a relation.
    seed
        Of the permutations.
    title
        What it is, for the log.
    """

    surrogate: LinearSurrogate
    pairs: IndexArray
    refits: int
    seed: int
    title: str = "chance: refits of a linear model, paired"
    record_types = (RefitNull,)

    def run(self) -> RefitNull:
        """Return what refits reach."""
        return refit_null(_PairedRefits(self.surrogate, self.pairs), self.refits, self.seed)


def pairs_of(patients: Patients, positive: int | None) -> IndexArray:
    """Return ``(k, 2)`` numbers of the positive and the negative patient of each subject that has both; none with more than two classes.

    Parameters
    ----------
    patients
        Whose each row is.
    positive
        Number of the positive class; None with more than two.
    """
    if positive is None or patients.cluster is None:
        return np.empty((0, 2), dtype=np.intp)
    of_subject = np.full((len(patients.subjects), 2), -1, dtype=np.intp)
    side = (patients.class_of_patient != positive).astype(np.intp)
    of_subject[patients.subject_of_patient, side] = np.arange(len(patients.names))
    return of_subject[(of_subject >= 0).all(axis=1)]


def share_above(score: FloatArray, pairs: IndexArray) -> WithinFoldAuc:
    """Return the share of pairs whose first scores above the second, equal ones half.

    Parameters
    ----------
    score
        ``(j, repeats, m)`` scores of the positive class.
    pairs
        ``(k, 2)``; k is 1 or more.

    Examples
    --------
    >>> share_above(np.array([[[0.9, 0.2, 0.5, 0.5]]]), np.array([[0, 1], [2, 3]])).value
    array([0.75])
    """
    above = np.sign(score[:, :, pairs[:, 0]] - score[:, :, pairs[:, 1]])
    won = (0.5 + above / 2).mean(axis=1)  # (j, k)
    value = won.mean(axis=1)
    error = np.sqrt(((won - value[:, None]) ** 2).sum(axis=1)) / len(pairs)
    return WithinFoldAuc(value, error, won)


def paired_share(score: FloatArray, pairs: IndexArray, null: RefitNull) -> PairedShare:
    """Return a model's share of subjects with its interval, which is as wide as refits vary, and the test against chance.

    Parameters
    ----------
    score
        ``(repeats, m)`` out-of-fold scores of the positive class.
    pairs
        ``(k, 2)`` from `pairs_of`.
    null
        From a `PairedJob`.

    References
    ----------
    Wilson 1927, doi 10.1080/01621459.1927.10502953; the interval is his, of as many subjects as would vary as much.
    """
    value = float(share_above(score[None], pairs).value[0])
    inflation = null.inflation_at(value)
    trials = len(pairs) / inflation**2
    interval = replace(wilson_interval(value * trials, trials), value=value, method="refit-corrected")
    chance = against_chance(value, null.auc, "linear model", inflation)
    return PairedShare(len(pairs), agreeing(interval, chance), chance)


@dataclass(frozen=True, eq=False)
class _PairedRefits:
    """A surrogate's refits, each with the share of subjects it reaches."""

    surrogate: LinearSurrogate
    pairs: IndexArray

    def refits(self, count: int, generator: np.random.Generator, *, shift: float = 0.0) -> WithinFoldAuc:
        surrogate, positive = self.surrogate, self.surrogate.positive
        step = max(1, _CELLS // max(1, surrogate.features.size))
        parts = [
            share_above(
                surrogate.scores(min(step, count - start), generator, shift)[..., positive], self.pairs
            )
            for start in range(0, count, step)
        ]
        return WithinFoldAuc(
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.standard_error for part in parts]),
            np.concatenate([part.of_comparison for part in parts]),
        )
