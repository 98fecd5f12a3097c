"""What blocks add to predictions of a number, and to risks, of patients nobody was trained on."""

from collections.abc import Mapping, Sequence

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.outcomes.metrics import Predicted, explained_share, mean_absolute_error
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.fusion.contributions.contributions import (
    Contributions,
    ContributionScore,
    Subset,
    contributions_of,
)


def number_contributions(
    predicted: Mapping[Subset, FloatArray],
    blocks: Sequence[str],
    reference: Predicted,
    multiplicity: FloatArray,
    *,
    inflation: float = 1.0,
) -> dict[ContributionScore, Contributions]:
    """Return what each block adds to R2, and by how much it lowers the mean absolute error.

    Parameters
    ----------
    predicted
        ``(repeats, m)`` by models that had not seen the patient, of every subset of blocks but the empty one.
    blocks
        One to six.
    reference
        The numbers ``(m,)``, and ``(repeats, m)`` means of the patients that each one's model was trained on, as ``training_mean``; the rest is not looked at.
    multiplicity
        ``(resamples, m)``, the same draws for every subset.
    inflation
        By how much figures of refitted models vary more than those of fixed predictions.
    """
    counted = np.concatenate([np.ones((1, len(reference.truth))), multiplicity])
    r2, mae = {}, {}
    for subset, of_repeats in predicted.items():
        each = [
            Predicted(reference.truth, one, mean, reference.fold)
            for one, mean in zip(of_repeats, reference.training_mean, strict=True)
        ]
        means = [Predicted(one.truth, one.training_mean, one.training_mean, one.fold) for one in each]
        r2[subset] = np.mean([explained_share(one, counted) for one in each], axis=0)
        mae[subset] = np.mean(
            [
                mean_absolute_error(mean, counted) - mean_absolute_error(one, counted)
                for one, mean in zip(each, means, strict=True)
            ],
            axis=0,
        )
    return {
        "r2": contributions_of(r2, blocks, score="r2", inflation=inflation),
        "mae": contributions_of(mae, blocks, score="mae", inflation=inflation),
    }


def risk_contributions(
    risk: Mapping[Subset, FloatArray],
    blocks: Sequence[str],
    survival: Survival,
    multiplicity: FloatArray,
    *,
    fold: IndexArray,
    inflation: float = 1.0,
) -> dict[ContributionScore, Contributions]:
    """Return what each block adds to Harrell's C.

    Parameters
    ----------
    risk
        ``(repeats, m)`` by models that had not seen the patient, of every subset of blocks but the empty one.
    blocks
        One to six.
    survival
        What came of the patients.
    multiplicity
        ``(resamples, m)``, the same draws for every subset.
    fold
        ``(repeats, m)`` which fold tested each patient; risks of two models have no common scale.
    inflation
        As of `number_contributions`.
    """
    counted = np.concatenate([np.ones((1, len(survival.time))), multiplicity])
    nothing = np.empty((len(survival.time), 0))
    worth = {
        subset: np.mean(
            [
                concordance(
                    PredictedRisk(survival.time, survival.event, one, nothing, np.empty(0), number), counted
                )
                for one, number in zip(of_repeats, fold, strict=True)
            ],
            axis=0,
        )
        - 0.5
        for subset, of_repeats in risk.items()
    }
    return {"c_index": contributions_of(worth, blocks, score="c_index", inflation=inflation)}
