"""What simulated blocks say of the class, and the best AUC that any method can reach from them.

A block has normal scores of unit variance within a class, whose means differ between classes, and discrete parts with known shares of each level.
The likelihood ratio of a patient is then normal within a class and a combination of levels, so the AUC of the best score follows in closed form
(Neyman & Pearson 1933, doi 10.1098/rsta.1933.0009: nothing ranks better than the likelihood ratio), whatever blocks patients lack at random.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray

_HIGHEST_SCALE, _HALVINGS = 8.0, 50

Levels = tuple[FloatArray, FloatArray]
Subset = frozenset[str]


@dataclass(frozen=True, eq=False)
class BlockInformation:
    """What a block says of the class.

    Attributes
    ----------
    shift
        ``(g,)`` differences of the class means of its normal scores, whose variance within a class is 1.
    levels
        Of each discrete part the shares ``(k,)`` of its levels in the positive and in the negative class, none of them 0.
    """

    shift: FloatArray
    levels: tuple[Levels, ...] = ()


@dataclass(frozen=True, eq=False)
class Information:
    """What blocks say together; discrete parts are independent of all else given the class.

    Attributes
    ----------
    blocks
        By name; their scores stand one block after the other.
    correlation
        ``(g, g)`` of all scores within a class.
    """

    blocks: Mapping[str, BlockInformation]
    correlation: FloatArray

    def evidence(
        self, subset: Subset, scores: Mapping[str, FloatArray], levels: Mapping[str, Sequence[IndexArray]]
    ) -> FloatArray:
        """Return ``(m,)`` the log-likelihood ratios of patients who have these blocks, positive class over negative.

        Parameters
        ----------
        subset
            Names of blocks.
        scores
            ``(m, g)`` of each block, from the middle between the class means.
        levels
            ``(m,)`` of each discrete part of each block.
        """
        weight = self._weight(subset)
        present = [name for name in self.blocks if name in subset]
        ratio = np.concatenate([scores[name] for name in present], axis=1) @ weight
        for name in present:
            for (positive, negative), drawn in zip(self.blocks[name].levels, levels[name], strict=True):
                ratio = ratio + np.log(positive / negative)[drawn]
        return np.asarray(ratio)

    def best_auc(self, pattern: Mapping[Subset, float]) -> float:
        """Return the highest AUC that any score of patients can reach.

        Parameters
        ----------
        pattern
            The share of patients who have exactly these blocks, of each class alike.

        Examples
        --------
        >>> information = Information({"a": BlockInformation(np.array([1.8]))}, np.eye(1))
        >>> round(information.best_auc({frozenset("a"): 1.0}), 3)
        0.898
        """
        from scipy.special import ndtr

        each = [self._outcomes(subset, share) for subset, share in pattern.items()]
        positive, negative, offset, square = (np.concatenate(parts) for parts in zip(*each, strict=True))
        # The ratio is normal: mean offset + D^2/2 in the positive class, offset - D^2/2 in the negative one, variance D^2.
        apart = (offset + square / 2)[:, None] - (offset - square / 2)
        spread = np.sqrt(square[:, None] + square)
        with np.errstate(divide="ignore", invalid="ignore"):
            wins = np.where(spread > 0, ndtr(apart / spread), (1.0 + np.sign(apart.round(12))) / 2)
        return float(positive @ wins @ negative)

    def _outcomes(self, subset: Subset, share: float) -> tuple[FloatArray, ...]:
        """Return of each combination of levels its share in the positive and in the negative class, its evidence, and D²."""
        parts = [part for name in self.blocks if name in subset for part in self.blocks[name].levels]
        combined = [np.array(each) for each in product(*(list(zip(*part, strict=True)) for part in parts))]
        both = np.array([each.prod(axis=0) if each.size else np.ones(2) for each in combined])  # (k, 2)
        square = float(self._shift(subset) @ self._weight(subset))
        return (
            share * both[:, 0],
            share * both[:, 1],
            np.log(both[:, 0] / both[:, 1]),
            np.full(len(both), square),
        )

    def _shift(self, subset: Subset) -> FloatArray:
        return np.concatenate(
            [np.empty(0), *(self.blocks[name].shift for name in self.blocks if name in subset)]
        )

    def _weight(self, subset: Subset) -> FloatArray:
        """Return the weights of the scores in the log-likelihood ratio."""
        kept = np.concatenate(
            [np.full(len(block.shift), name in subset) for name, block in self.blocks.items()]
        )
        return np.asarray(np.linalg.solve(self.correlation[np.ix_(kept, kept)], self._shift(subset)))


def probit_levels(shift: float, cuts: FloatArray) -> Levels:
    """Return the shares of the levels into which a normal score is cut, in the positive and in the negative class.

    Parameters
    ----------
    shift
        Difference of the class means of the score.
    cuts
        ``(k - 1,)`` ascending.
    """
    from scipy.special import ndtr

    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    positive, negative = (np.diff(ndtr(ends - mean)) for mean in (shift / 2, -shift / 2))
    return positive, negative


def of_auc(auc: float, block_of: Callable[[float], BlockInformation]) -> BlockInformation:
    """Return the information of a block whose best score alone has a given AUC.

    Parameters
    ----------
    auc
        From 0.5, where it says nothing, to below 1.
    block_of
        What the block says at a scale from 0, and the more the larger it is; its scores are independent within a class.
    """
    low, high = 0.0, _HIGHEST_SCALE if auc > 0.5 else 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        block = block_of(middle)
        reached = Information({"": block}, np.eye(len(block.shift))).best_auc({frozenset({""}): 1.0})
        low, high = (middle, high) if reached < auc else (low, middle)
    return block_of(high)


def presence_patterns(blocks: Sequence[str], missing: float, never_missing: str) -> dict[Subset, float]:
    """Return how many patients have exactly which blocks, where each is missing at random.

    Parameters
    ----------
    blocks
        Their names.
    missing
        The share of patients who lack a block, of each block alike.
    never_missing
        The block that a patient keeps who would have none.
    """
    patterns: dict[Subset, float] = {}
    for kept in product([True, False], repeat=len(blocks)):
        names = frozenset(name for name, have in zip(blocks, kept, strict=True) if have)
        share = (1 - missing) ** len(names) * missing ** (len(blocks) - len(names))
        names = names or frozenset({never_missing})
        patterns[names] = patterns.get(names, 0.0) + share
    return {names: share for names, share in patterns.items() if share > 0}
