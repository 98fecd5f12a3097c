"""What HEST-Benchmark's protocol would say of a cohort, so that its published figures can be set beside ours."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.expression.cohort import ExpressionCohort
from spectra_dl.expression.hest_protocol import hest_scores

HEST_GENES = 50
HEST_CLAIM = (
    f"HEST-Benchmark's protocol ({HEST_GENES} genes of highest variance chosen on all sections, counts not divided by a spot's total, "
    "correlation over all test spots at once, ridge on 256 components)"
)


def hest_comparison(cohort: ExpressionCohort, folds: Sequence[Fold]) -> float:
    """Return the mean correlation over genes and folds as HEST's trainer gives it (Jaume et al. 2024, doi 10.48550/arXiv.2406.16192).

    Features are the cohort's, as they come from the encoder. Targets are log(1 + counts) of the 50 genes with the highest variance of these
    over all sections, test sections included: so it is a claim, no result.
    """
    values = _most_variable(cohort)
    features = cohort.spots.features.astype(np.float64)
    scores = [
        np.nanmean(hest_scores(features[one.train], values[one.train], features[one.test], values[one.test]))
        for one in folds
    ]
    return float(np.mean(scores))


def _most_variable(cohort: ExpressionCohort) -> FloatArray:
    logged = cohort.counts.astype(np.float64).log1p()
    mean = np.asarray(logged.mean(axis=0)).ravel()
    variance = np.asarray(logged.multiply(logged).mean(axis=0)).ravel() - mean**2
    columns = np.sort(np.argsort(-variance, kind="stable")[:HEST_GENES])
    return np.asarray(logged[:, columns].toarray(), dtype=np.float64)
