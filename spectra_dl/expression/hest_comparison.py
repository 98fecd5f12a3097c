"""The score of HEST-Benchmark's protocol on a cohort, comparable with its published figures."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.expression.cohort import ExpressionCohort
from spectra_dl.expression.hest_protocol import hest_scores

HEST_GENES = 50
HEST_ESTIMATE = (
    f"HEST-Benchmark's protocol ({HEST_GENES} genes of highest variance chosen on all sections, counts not divided by a spot's total, "
    "correlation over all test spots at once, ridge on 256 components)"
)


def hest_comparison(cohort: ExpressionCohort, folds: Sequence[Fold]) -> float:
    """Return the mean Pearson correlation over genes and folds as HEST-Benchmark's trainer computes it.

    Targets are log(1 + counts) of the 50 genes with the highest variance of these over all sections, test sections included: so it is a leaky
    estimate, no result.

    Parameters
    ----------
    cohort
        Spots, whose features are taken as they come from the encoder, and their counts.
    folds
        Rows of training and test spots.

    References
    ----------
    Jaume et al. 2024, doi 10.48550/arXiv.2406.16192.
    """
    values = _most_variable(cohort)
    features = cohort.spots.features.astype(np.float64)
    scores = [
        np.nanmean(
            hest_scores(features[fold.train], values[fold.train], features[fold.test], values[fold.test])
        )
        for fold in folds
    ]
    return float(np.mean(scores))


def _most_variable(cohort: ExpressionCohort) -> FloatArray:
    logged = cohort.counts.astype(np.float64).log1p()
    mean = np.asarray(logged.mean(axis=0)).ravel()
    variance = np.asarray(logged.multiply(logged).mean(axis=0)).ravel() - mean**2
    columns = np.sort(np.argsort(-variance, kind="stable")[:HEST_GENES])
    return np.asarray(logged[:, columns].toarray(), dtype=np.float64)
