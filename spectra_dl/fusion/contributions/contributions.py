"""What blocks add to a score of patients nobody was trained on: with and without each, and fairly shared, with intervals over patients.

Covert, Lundberg & Lee 2020, arXiv 2004.00668 (SAGE): Shapley values of a model's score. Here a block that is left out is left out of the
stacker, which is fitted again on the blocks that remain, not averaged over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.resampling import resampled_auc
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.fusion.contributions.shapley import block_subsets, shapley_values

ContributionScore = Literal["auc", "log_loss", "r2", "mae", "c_index"]
Subset = frozenset[str]


@dataclass(frozen=True, eq=False)
class BlockContribution:
    """What one block adds; every figure is in the score's unit, with its interval over patients.

    Attributes
    ----------
    block
        Its name.
    alone
        What the block alone is worth, above saying the same of everybody.
    added
        What all blocks are worth above all others without it.
    shapley
        Its mean gain over all orders of blocks.
    share
        The same over what all blocks are worth; NaN where the interval of that holds 0, since a part of nothing means nothing.
    """

    block: str
    alone: Interval
    added: Interval
    shapley: Interval
    share: Interval


@dataclass(frozen=True, eq=False)
class Contributions:
    """What all blocks are worth, and each of them.

    Attributes
    ----------
    score
        ``"auc"``: the AUC above one half; ``"log_loss"``: nats per patient below those of saying the prevalence of everybody; of a number ``"r2"``, and
        ``"mae"``: the mean absolute error below that of the training mean; ``"c_index"``: Harrell's C above one half.
    together
        What all blocks are worth.
    blocks
        In the order given.
    """

    score: ContributionScore
    together: Interval
    blocks: tuple[BlockContribution, ...]


def block_contributions(
    logits: Mapping[Subset, FloatArray],
    blocks: Sequence[str],
    is_positive: NDArray[np.bool_],
    multiplicity: FloatArray,
    *,
    score: ContributionScore = "auc",
    fold: IndexArray | None = None,
    inflation: float = 1.0,
) -> Contributions:
    """Return what each block adds, from out-of-fold logits of every subset of blocks.

    Parameters
    ----------
    logits
        ``(repeats, m)`` of the positive class, of every subset of blocks but the empty one.
    blocks
        One to six.
    is_positive
        ``(m,)`` of the patients.
    multiplicity
        ``(resamples, m)`` from `intervals.draw_patients`: the same draws for every subset, so what patients have in common cancels out.
    score
        ``"auc"``, of pairs tested by the same fold's model, or ``"log_loss"``.
    fold
        ``(repeats, m)`` which fold tested each patient; None: one model scored all.
    inflation
        By how much figures of refitted models vary more than those of fixed logits; intervals are so many times as wide about the figure.

    Raises
    ------
    UsageError
        More than six blocks.
    DataError
        A subset is missing, or logits are of another shape or not finite.
    """
    subsets = block_subsets(blocks)
    everybody = np.ones((1, len(is_positive)))
    counted = np.concatenate([everybody, multiplicity])
    worth = {}
    for subset in subsets:
        if subset not in logits:
            raise DataError(f"there are no logits of the blocks {', '.join(sorted(subset))}")
        worth[subset] = _worth(np.asarray(logits[subset]), is_positive, counted, score, fold)
    return contributions_of(worth, blocks, score=score, inflation=inflation)


def contributions_of(
    worth: Mapping[Subset, FloatArray],
    blocks: Sequence[str],
    *,
    score: ContributionScore,
    inflation: float = 1.0,
) -> Contributions:
    """Return what each block adds, from the worth of every subset of blocks.

    Parameters
    ----------
    worth
        ``(1 + resamples,)`` of every subset but the empty one, which is worth 0: of all patients, then of resampled ones, the same for each.
    blocks
        One to six.
    score
        What it is.
    inflation
        As of `block_contributions`.

    Raises
    ------
    UsageError
        More than six blocks.
    DataError
        A subset is missing.
    """
    fair, full = shapley_values(worth, blocks), worth[frozenset(blocks)]
    together = _interval(full, inflation)
    known = np.full(full.shape, together.low > 0)

    def of_block(block: str) -> BlockContribution:
        others = frozenset(blocks) - {block}
        without = worth[others] if others else np.zeros_like(full)
        # A resample in which everything is worth nothing has no share.
        share = np.divide(fair[block], full, out=np.full_like(full, np.nan), where=known & (full != 0))
        return BlockContribution(
            block,
            _interval(worth[frozenset({block})], inflation),
            _interval(full - without, inflation),
            _interval(fair[block], inflation),
            _interval(share, inflation),
        )

    return Contributions(score, together, tuple(map(of_block, blocks)))


def _worth(
    logits: FloatArray,
    is_positive: NDArray[np.bool_],
    counted: FloatArray,
    score: ContributionScore,
    fold: IndexArray | None,
) -> FloatArray:
    """Return ``(resamples,)`` by how much the score is better than that of saying the same of everybody, averaged over repeats."""
    patients = len(is_positive)
    if logits.ndim != 2 or logits.shape[1] != patients or not np.isfinite(logits).all():
        raise DataError(
            f"logits of shape {logits.shape} of {patients} patients; give finite (repeats, patients)"
        )
    if score == "log_loss":
        return _gain_in_log_loss(logits, is_positive, counted)
    folds = [None] * len(logits) if fold is None else list(fold)
    auc = [
        resampled_auc(is_positive, each, np.arange(patients), counted, of_fold)
        for each, of_fold in zip(logits, folds, strict=True)
    ]
    return np.asarray(np.mean(auc, axis=0) - 0.5)


def _gain_in_log_loss(logits: FloatArray, is_positive: NDArray[np.bool_], counted: FloatArray) -> FloatArray:
    from scipy.special import xlogy

    loss = np.logaddexp(0.0, np.where(is_positive, -logits, logits)).mean(axis=0)  # (m,)
    total = counted.sum(axis=1)
    prevalence = counted @ is_positive / total
    entropy = -xlogy(prevalence, prevalence) - xlogy(1.0 - prevalence, 1.0 - prevalence)
    return np.asarray(entropy - counted @ loss / total)


def _interval(worth: FloatArray, inflation: float) -> Interval:
    """Return the figure of all patients, which stands first, with the interval of the resamples."""
    return percentile_interval(float(worth[0]), worth[1:]).widened(inflation)
