"""Paired differences of models of classes, and what chance would reach."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.metrics import mid_ranks, ranked_classes
from spectra_dl.evaluation.classes.scores import Scores, resampled_figures
from spectra_dl.evaluation.comparison import Difference, verdict_of
from spectra_dl.evaluation.intervals import percentile_interval

_BLOCK_CELLS = 4_000_000


def paired_differences(
    model: tuple[str, Scores],
    reference: tuple[str, Scores],
    multiplicity: FloatArray,
    *,
    inflation: float = 1.0,
) -> dict[str, Difference]:
    """Return the difference in every metric of two models that predicted the same rows.

    Parameters
    ----------
    model, reference
        Name and scores of each.
    multiplicity
        ``(resamples, m)`` from `intervals.draw_patients`: the same draws for both, so what patients have in common
        cancels out.
    inflation
        By how much figures of refitted models vary more than those of fixed scores; intervals are so many times as wide about the difference.
    """
    (name, scores), (reference_name, reference_scores) = model, reference
    values, reference_values = scores.figures(), reference_scores.figures()
    resampled, reference_resampled = (
        resampled_figures(scores, multiplicity),
        resampled_figures(reference_scores, multiplicity),
    )
    result = {}
    for metric in METRICS.values():
        interval = percentile_interval(
            values[metric.name] - reference_values[metric.name],
            resampled[metric.name] - reference_resampled[metric.name],
        ).widened(inflation)
        result[metric.name] = Difference(
            name, reference_name, metric.name, interval, verdict_of(interval, metric)
        )
    return result


def permutation_null(
    score: FloatArray,
    patient: IndexArray,
    class_of_patient: IndexArray,
    *,
    permutations: int = 2000,
    seed: int = 0,
) -> FloatArray:
    """Return the AUCs the same scores reach when classes are assigned to the patients at random.

    Whole patients are permuted, so their spectra stay together. Ranks don't depend on classes: they are taken once, and
    each AUC is a sum of them. The models are not fitted anew.

    Parameters
    ----------
    score
        ``(n, c)`` probabilities. With two columns the AUC of the second class is returned, which is that of the first too;
        otherwise the mean over classes.
    patient
        ``(n,)`` patient numbers.
    class_of_patient
        ``(m,)`` class numbers.

    Returns
    -------
    null
        ``(permutations,)``; NaN where a class has no rows.
    """
    generator = np.random.default_rng(seed)
    n_patients, n_rows = len(class_of_patient), len(patient)
    codes = ranked_classes(score.shape[1], 1 if score.shape[1] == 2 else None)
    rows = np.bincount(patient, minlength=n_patients).astype(np.float64)
    ranks: list[FloatArray] = [
        np.bincount(patient, weights=mid_ranks(score[:, code]), minlength=n_patients).astype(np.float64)
        for code in codes
    ]
    step = max(1, _BLOCK_CELLS // max(1, n_patients))
    null = []
    for start in range(0, permutations, step):
        count = min(step, permutations - start)
        permuted: IndexArray = generator.permuted(
            np.broadcast_to(class_of_patient, (count, n_patients)), axis=1
        )
        each = [
            _auc_from_ranks(permuted == code, rank, rows, n_rows)
            for code, rank in zip(codes, ranks, strict=True)
        ]
        null.append(np.mean(each, axis=0))
    return np.concatenate(null)


def permutation_p(value: float, null: FloatArray) -> float:
    """Return how often chance does as well: the share of the null at or above ``value``, counting ``value`` itself.

    Parameters
    ----------
    value
        What was reached; NaN gives NaN.
    null
        ``(permutations,)`` what permuted classes reach, as from `permutation_null`.
    """
    if np.isnan(value):
        return float("nan")
    # A hair's breadth of tolerance: equal AUCs may differ in the last bit.
    return float((1 + np.count_nonzero(null >= value - 1e-12)) / (1 + null.size))


def _auc_from_ranks(
    is_positive: NDArray[np.bool_], rank: FloatArray, rows: FloatArray, n_rows: int
) -> FloatArray:
    weight = is_positive.astype(np.float64)
    n_positive = weight @ rows
    pairs = n_positive * (n_rows - n_positive)
    wins = weight @ rank - n_positive * (n_positive + 1) / 2
    return np.divide(wins, pairs, out=np.full_like(wins, np.nan), where=pairs > 0)
