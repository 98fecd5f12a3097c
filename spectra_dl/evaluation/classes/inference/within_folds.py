"""The AUC of pairs of patients that one model scored: both in the same test fold.

Scores of different folds come from different models. Comparing them across folds reads a fold's own level as if it were the patient's: with folds
whose class shares differ, pure noise then has an AUC far from one half.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.metrics import ranked_classes


@dataclass(frozen=True, eq=False)
class Comparison:
    """Patients of a class and those of all others in one test fold.

    Attributes
    ----------
    repeat, number, column
        Of the repeat, the fold, and the class among the scores.
    positive, negative
        ``(p,)``, ``(q,)`` patient numbers.
    weight
        The share of the pairs of its repeat and class, divided by repeats and classes: weights sum to one.
    """

    repeat: int
    number: int
    column: int
    positive: IndexArray
    negative: IndexArray
    weight: float


@dataclass(frozen=True, eq=False)
class WithinFoldAuc:
    """The AUC within folds of many sets of scores at once.

    Attributes
    ----------
    value
        ``(j,)`` the AUC: pairs are averaged over folds, then over repeats and classes.
    standard_error
        ``(j,)`` from placements of fixed scores; it knows nothing of refitting.
    of_comparison
        ``(j, comparisons)`` the AUC of each comparison.
    """

    value: FloatArray
    standard_error: FloatArray
    of_comparison: FloatArray


def comparisons_of(
    fold: IndexArray, truth: IndexArray, n_classes: int, positive: int | None
) -> list[Comparison]:
    """Return every comparison that folds allow; a fold without both sides allows none.

    Parameters
    ----------
    fold
        ``(repeats, m)`` test fold of each patient.
    truth
        ``(m,)`` class numbers.
    n_classes
        How many classes there are.
    positive
        Number of the positive class; None compares each class with the rest.
    """
    codes = ranked_classes(n_classes, positive)
    found = []
    for repeat, numbers in enumerate(fold):
        for code in codes:
            sides = [
                (
                    np.flatnonzero((numbers == number) & (truth == code)),
                    np.flatnonzero((numbers == number) & (truth != code)),
                )
                for number in range(int(numbers.max()) + 1)
            ]
            total = sum(len(one) * len(other) for one, other in sides)
            found += [
                Comparison(
                    repeat, number, code, one, other, len(one) * len(other) / total / len(codes) / len(fold)
                )
                for number, (one, other) in enumerate(sides)
                if len(one) and len(other)
            ]
    return found


def within_fold_auc(
    score: FloatArray, comparisons: Sequence[Comparison], cluster: IndexArray | None = None
) -> WithinFoldAuc:
    """Return the AUC within folds of each set of scores, with the standard error of fixed scores.

    Parameters
    ----------
    score
        ``(j, repeats, m, c)`` scores of patients by class.
    comparisons
        From `comparisons_of`; without any all is NaN.
    cluster
        ``(m,)`` number of each patient's subject, where several are one subject's: their placements are added up before they are squared.

    References
    ----------
    Obuchowski 1997, doi 10.2307/2533958, for subjects with several patients. DeLong, DeLong & Clarke-Pearson 1988, doi 10.2307/2531595; placements from ranks as in Sun & Xu 2014, doi 10.1109/LSP.2014.2337313.

    Examples
    --------
    >>> fold, truth = np.array([[0, 0, 1, 1]]), np.array([0, 1, 0, 1])
    >>> score = np.array([0.1, 0.2, 0.8, 0.9])  # the second fold's level is another
    >>> pairs = comparisons_of(fold, truth, 2, 1)
    >>> within_fold_auc(np.stack([1 - score, score], axis=1)[None, None], pairs).value
    array([1.])
    """
    from scipy.stats import rankdata

    sets, _, patients, _ = score.shape
    if not comparisons:
        undefined = np.full(sets, np.nan)
        return WithinFoldAuc(undefined, undefined, np.full((sets, 0), np.nan))
    influence = np.zeros((sets, patients))
    each = np.empty((sets, len(comparisons)))
    placements = []
    for at, one in enumerate(comparisons):
        above, below = (score[:, one.repeat, side, one.column] for side in (one.positive, one.negative))
        together = rankdata(np.concatenate([above, below], axis=1), axis=1)
        split = above.shape[1]
        beaten = (together[:, :split] - rankdata(above, axis=1)) / below.shape[1]
        beating = 1.0 - (together[:, split:] - rankdata(below, axis=1)) / split
        each[:, at] = beaten.mean(axis=1)
        placements.append((one, beaten, beating))
    weights = np.array([one.weight for one in comparisons])
    value = each @ weights / weights.sum()
    for one, beaten, beating in placements:
        influence[:, one.positive] += one.weight * (beaten - value[:, None]) / beaten.shape[1]
        influence[:, one.negative] += one.weight * (beating - value[:, None]) / beating.shape[1]
    if cluster is not None:
        influence = influence @ (cluster[:, None] == np.unique(cluster)).astype(np.float64)
    error: FloatArray = np.sqrt((influence**2).sum(axis=1)) / weights.sum()
    return WithinFoldAuc(value, error, each)
