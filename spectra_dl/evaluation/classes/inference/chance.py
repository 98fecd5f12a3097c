"""Is it better than chance, and how sure is the AUC: both from refits, since fixed scores know nothing of the training that made them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.audit.surrogate import binned_shape, patient_means
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.classes.inference.within_folds import (
    Comparison,
    WithinFoldAuc,
    within_fold_auc,
)
from spectra_dl.evaluation.intervals import Interval, wilson_interval
from spectra_dl.evaluation.patients import Patients

ChanceVerdict = Literal["better", "worse", "not distinguishable"]
Refitted = Literal["linear model", "the model itself"]

_SHIFTS = (0.4, 0.8, 1.3, 2.0, 3.0)
_REFITS_PER_SHIFT = 99
_HIGHEST = 0.97  # beyond, refits of so few patients no longer differ
_TAIL = 0.025
_METHOD = "refit-corrected"
_NOISE_FEATURES, _SHORTEST_CURVE = 100, 20


@dataclass(frozen=True, eq=False)
class RefitNull:
    """What refits reach where classes and features have nothing to do with one another, and how scores vary where they have.

    Attributes
    ----------
    auc
        ``(refits,)`` AUC within folds, without a relation.
    levels
        ``(k,)`` mean AUC of refits with ever larger differences between classes, ascending from chance.
    inflation
        ``(k,)`` by how much refits vary more than fixed scores say, at each level.
    """

    auc: FloatArray
    levels: FloatArray
    inflation: FloatArray

    def inflation_at(self, auc: float) -> float:
        """Return by how much an AUC of this height varies more than its standard error of fixed scores.

        Parameters
        ----------
        auc
            From 0 to 1; below chance counts as far above it.
        """
        return float(np.interp(max(auc, 1.0 - auc), self.levels, self.inflation))


@dataclass(frozen=True)
class Chance:
    """A model's AUC against what chance reaches.

    Attributes
    ----------
    p
        How often refits without a relation have a higher AUC, counting the AUC itself and equal ones half (mid-p): with few patients many are equal.
    verdict
        ``"better"`` where p is at most .025, ``"worse"`` where it is at least .975.
    refits
        How many there were.
    refitted
        What was refitted.
    null_mean, null_sd
        Of the refits' AUC.
    inflation
        By how much the interval is wider than that of fixed scores.
    """

    p: float
    verdict: ChanceVerdict
    refits: int
    refitted: Refitted
    null_mean: float
    null_sd: float
    inflation: float


@dataclass(frozen=True, eq=False)
class NullJob:
    """Refits of the linear surrogate, to be run anywhere.

    Attributes
    ----------
    surrogate
        What is refitted.
    refits
        How many without a relation.
    seed
        Of the permutations.
    title
        What it is, for the log.
    """

    surrogate: LinearSurrogate
    refits: int
    seed: int
    title: str = "chance: refits of a linear model"
    record_types = (RefitNull,)

    def run(self) -> RefitNull:
        """Return what refits reach."""
        return refit_null(self.surrogate, self.refits, self.seed)


class Refittable(Protocol):
    """What can be refitted many times with and without a relation."""

    def refits(self, count: int, generator: np.random.Generator, *, shift: float = 0.0) -> WithinFoldAuc:
        """Return what so many refits reach.

        Parameters
        ----------
        count, generator, shift
            As in `surrogate.LinearSurrogate.refits`.
        """


def refit_null(surrogate: Refittable, refits: int, seed: int) -> RefitNull:
    """Refit a linear model without a relation between features and classes, then with ever larger ones.

    Parameters
    ----------
    surrogate
        On the folds of the evaluation.
    refits
        How many without a relation.
    seed
        Of the permutations.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> truth, fold = np.arange(40) % 2, (np.arange(40) // 2 % 5)[None]
    >>> null = refit_null(LinearSurrogate(generator.normal(size=(40, 8)), truth, fold, 2, 1), 199, 0)
    >>> bool(abs(null.auc.mean() - 0.5) < 0.05), bool(null.inflation[0] > 1.1)
    (True, True)
    """
    generator = np.random.default_rng((seed, refits))
    unrelated = surrogate.refits(refits, generator)
    levels, inflation = [0.5], [_inflation(unrelated)]
    for shift in _SHIFTS:
        related = surrogate.refits(_REFITS_PER_SHIFT, generator, shift=shift)
        level = float(related.value.mean())
        if not level <= _HIGHEST:
            break
        if level > levels[-1]:
            levels.append(level)
            inflation.append(_inflation(related))
    return RefitNull(unrelated.value, np.array(levels), np.array(inflation))


def auc_and_chance(
    pooled: FloatArray,
    comparisons: Sequence[Comparison],
    null: RefitNull,
    truth: IndexArray,
    *,
    between: bool = False,
    own_null: FloatArray | None = None,
    cluster: IndexArray | None = None,
) -> tuple[Interval, Chance]:
    """Return the AUC within folds with its interval, and the test against chance.

    Parameters
    ----------
    pooled
        ``(repeats, m, c)`` out-of-fold probabilities of patients.
    comparisons
        Of the folds.
    null
        Refits of the surrogate.
    truth
        ``(m,)`` class numbers.
    between
        As in `corrected_interval`.
    own_null
        ``(refits,)`` what refits of the model itself reach; the surrogate's stand for them if None.
    cluster
        As in `within_folds.within_fold_auc`.
    """
    auc = within_fold_auc(pooled[None], comparisons, cluster)
    value = float(auc.value[0])
    inflation = null.inflation_at(value)
    interval = corrected_interval(auc, comparisons, inflation, truth, between=between)
    if own_null is None:
        chance = against_chance(value, null.auc, "linear model", inflation)
    else:
        chance = against_chance(value, own_null, "the model itself", inflation)
    return agreeing(interval, chance), chance


def against_chance(value: float, null: FloatArray, refitted: Refitted, inflation: float) -> Chance:
    """Set an AUC against refits without a relation.

    Parameters
    ----------
    value
        The AUC within folds.
    null
        ``(refits,)`` of the refits.
    refitted
        What was refitted.
    inflation
        Of the interval, for the record.

    References
    ----------
    Mid-p: Lancaster 1961, doi 10.1080/01621459.1961.10482105.
    """
    reached = null[np.isfinite(null)]
    # A hair's breadth of tolerance: equal AUCs may differ in the last bit.
    higher, equal = np.count_nonzero(reached > value + 1e-12), np.count_nonzero(abs(reached - value) <= 1e-12)
    p = float((higher + (1 + equal) / 2) / (1 + reached.size))
    verdict: ChanceVerdict = "better" if p <= _TAIL else "worse" if p >= 1 - _TAIL else "not distinguishable"
    if np.isnan(value) or not reached.size:
        p, verdict = float("nan"), "not distinguishable"
    mean, deviation = (float(reached.mean()), float(reached.std())) if reached.size else (float("nan"),) * 2
    return Chance(p, verdict, reached.size, refitted, mean, deviation, inflation)


def corrected_interval(
    auc: WithinFoldAuc,
    comparisons: Sequence[Comparison],
    inflation: float,
    truth: IndexArray,
    *,
    between: bool,
) -> Interval:
    """Return the 95 % interval of one AUC within folds: Wilson's, of as many independent trials as would vary as much.

    Parameters
    ----------
    auc
        Of one set of scores.
    comparisons
        Of its folds.
    inflation
        By how much it varies more than fixed scores say.
    truth
        ``(m,)`` class numbers.
    between
        Whether folds are batches that differ: then their differences beyond chance widen the interval too.

    References
    ----------
    Wilson 1927, doi 10.1080/01621459.1927.10502953; where all pairs are right, placements have no spread and the trials are those of normal scores near
    an AUC of 1, from Hanley & McNeil 1982, doi 10.1148/radiology.143.1.7063747; between batches DerSimonian & Laird 1986, doi
    10.1016/0197-2456(86)90046-2.
    """
    value = min(float(auc.value[0]), 1.0)  # a mean over classes is above by rounding
    if np.isnan(value):
        return Interval(value, value, value, _METHOD)
    smallest = int(min(np.bincount(truth)[np.unique(truth)]))
    error = inflation * float(auc.standard_error[0])
    if 0.0 < value < 1.0 and error <= 0:  # all scores alike: one half, whoever comes
        return Interval(value, value, value, _METHOD)
    if not 0.0 < value < 1.0:
        trials = smallest**2 / (1.0 + (smallest - 1) / 2.0) / inflation**2
    else:
        variance = error**2 + (_between(auc, comparisons, error) if between else 0.0)
        trials = value * (1.0 - value) / variance
    return replace(wilson_interval(value * trials, trials), value=value, method=_METHOD)


def agreeing(interval: Interval, chance: Chance) -> Interval:
    """Return the interval with its end put at one half where it contradicted the test against chance.

    Parameters
    ----------
    interval
        Of the AUC.
    chance
        The test.
    """
    low, high = interval.low, interval.high
    if chance.verdict == "better":
        low = max(low, min(0.5, interval.value))
    elif chance.verdict == "worse":
        high = min(high, max(0.5, interval.value))
    else:
        low, high = min(low, 0.5), max(high, 0.5)
    return Interval(interval.value, low, high, interval.method, interval.undefined_share)


def patient_features(features: FloatArray | None, patients: Patients) -> FloatArray:
    """Return ``(m, k)`` what the surrogate is fitted on: curves as binned shapes, short rows as they are, a mean per patient.

    Parameters
    ----------
    features
        ``(n, k)`` per row, or None.
    patients
        Whose each row is.
    """
    if features is None:
        people = len(patients.names)
        return np.random.default_rng(0).normal(size=(people, min(people, _NOISE_FEATURES)))
    curves = features.shape[1] >= _SHORTEST_CURVE
    return patient_means(binned_shape(features) if curves else features, patients)


def _inflation(auc: WithinFoldAuc) -> float:
    """Return by how much refits vary more than their fixed scores say; at least 1."""
    defined = np.isfinite(auc.value)
    error = float(auc.standard_error[defined].mean()) if defined.any() else 0.0
    return max(1.0, float(auc.value[defined].std()) / error) if error > 0 else 1.0


def _between(auc: WithinFoldAuc, comparisons: Sequence[Comparison], error: float) -> float:
    """Return the variance that differences between folds beyond those of patients add to their mean."""
    numbers = np.array([one.number for one in comparisons])
    folds, of_comparison = np.unique(numbers, return_inverse=True)
    weight = np.bincount(of_comparison, [one.weight for one in comparisons])
    weight = weight / weight.sum()
    if len(folds) < 2 or error <= 0:
        return 0.0
    weighted = [one.weight * value for one, value in zip(comparisons, auc.of_comparison[0], strict=True)]
    value = np.bincount(of_comparison, weighted) / np.bincount(
        of_comparison, [one.weight for one in comparisons]
    )
    precision = weight / error**2  # as if pairs were alike in all folds
    spread = float((precision * (value - (weight * value).sum()) ** 2).sum())
    scale = precision.sum() - (precision**2).sum() / precision.sum()
    variance = max(0.0, (spread - (len(folds) - 1)) / scale)
    return float(variance * (weight**2).sum())
