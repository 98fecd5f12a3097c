"""Sets of classes that hold a patient's true class as often as promised: split-conformal prediction, class by class."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError, UsageError


@dataclass(frozen=True)
class ConformalSets:
    """How far from certain a class may be and still stand in a patient's set.

    Attributes
    ----------
    coverage
        The share of each class's patients whose set shall hold their class.
    quantile
        One per class: a class is in the set where 1 - its probability is at most this. Infinite where all classes together
        have too few patients: every class is then in every set.
    pooled
        Numbers of the classes with fewer patients than `patients_needed`, whose limit is that of all patients together.
    """

    coverage: float
    quantile: tuple[float, ...]
    pooled: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_coverage(self.coverage)
        if any(math.isnan(each) for each in self.quantile):
            raise DataError("a conformal quantile is not a number; fit the sets anew")

    def sets(self, probability: FloatArray) -> NDArray[np.bool_]:
        """Return which classes are in each patient's set.

        A set of exactly one class is an answer; with several, or none, the model abstains.

        Parameters
        ----------
        probability
            ``(n, c)``, one row per patient.

        Returns
        -------
        sets
            ``(n, c)`` bool.

        Raises
        ------
        DataError
            There are not as many columns as classes.
        """
        if probability.ndim != 2 or probability.shape[1] != len(self.quantile):
            raise DataError(
                f"probabilities of shape {probability.shape} for {len(self.quantile)} classes; give (patients, classes)"
            )
        in_set: NDArray[np.bool_] = 1.0 - probability <= np.array(self.quantile)
        return in_set


def fit_conformal(probability: FloatArray, truth: IndexArray, coverage: float = 0.9) -> ConformalSets:
    """Learn the sets from patients the model never saw, each class on its own where it has enough of them.

    A new patient of such a class, exchangeable with those given of it, is covered with at least this probability. A class of m
    patients, too few for that, is covered with at least m / (m + 1), its highest score; its limit is also no lower than
    that of all patients together, and nor are the other classes' then: a new patient of any class, exchangeable with
    all that are given, is covered with at least the probability asked for.

    Parameters
    ----------
    probability
        ``(m, c)`` out-of-fold probabilities, one row per patient: rows must be patients, since spectra of one patient
        are not exchangeable.
    truth
        ``(m,)`` class numbers.
    coverage
        Between 0 and 1.

    Raises
    ------
    DataError
        Shapes disagree, a probability is not finite, or a class number has no column.
    UsageError
        ``coverage`` is not between 0 and 1.

    Notes
    -----
    The score is 1 - the true class's probability and the quantile its ceil((m_k + 1) coverage)-th smallest value among
    the m_k patients of class k. Class-conditional ("Mondrian") sets: Vovk 2012, doi 10.1007/s10994-013-5355-6; split
    conformal: Angelopoulos and Bates 2023, arXiv:2107.07511. The guarantee is for one model and patients it never saw;
    scores collected over folds are of several models, for which it holds approximately.

    Examples
    --------
    >>> sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    >>> sets = fit_conformal(sure, np.array([0, 0, 1, 1]), coverage=0.6)
    >>> [round(each, 3) for each in sets.quantile]
    [0.2, 0.4]
    >>> sets.sets(np.array([[0.85, 0.15], [0.5, 0.5]])).tolist()
    [[True, False], [False, False]]
    """
    check_coverage(coverage)
    if probability.ndim != 2 or probability.shape[0] != len(truth):
        raise DataError(
            f"probabilities of shape {probability.shape} for {len(truth)} patients; give (patients, classes)"
        )
    if not np.all(np.isfinite(probability)):
        raise DataError("a probability is not finite; the model diverged, train it anew")
    n_classes = probability.shape[1]
    if len(truth) and not 0 <= truth.min() <= truth.max() < n_classes:
        raise DataError(f"class numbers must be from 0 to {n_classes - 1}, one for each column")
    score = 1.0 - probability[np.arange(len(truth)), truth]
    by_class = [score[truth == code] for code in range(n_classes)]
    needed = patients_needed(coverage)
    pooled = tuple(code for code, own in enumerate(by_class) if own.size < needed)
    together = -math.inf if not pooled else _limit(score, coverage) if score.size >= needed else math.inf
    return ConformalSets(coverage, tuple(max(together, _limit(own, coverage)) for own in by_class), pooled)


def patients_needed(coverage: float) -> int:
    """Return how many patients a class must have for a limit of its own.

    Examples
    --------
    >>> patients_needed(0.8), patients_needed(0.9), patients_needed(0.95)
    (4, 9, 19)
    """
    return math.ceil(coverage / (1.0 - coverage) - 1e-9)


def check_coverage(coverage: float) -> None:
    """Refuse a coverage that is not between 0 and 1."""
    if not 0.0 < coverage < 1.0:
        raise UsageError(f"coverage {coverage}: give a share between 0 and 1, such as 0.9")


def _limit(score: FloatArray, coverage: float) -> float:
    """Return the conformal quantile of some patients' scores, and of too few the highest."""
    rank = math.ceil((score.size + 1) * coverage - 1e-9)  # 10 * 0.9 is 9, whatever its last bit
    return float(np.sort(score)[min(rank, score.size) - 1]) if score.size else -math.inf
