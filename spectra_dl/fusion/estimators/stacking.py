"""How much each block counts in a patient's verdict, and what is said for a block that a patient lacks."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.calibration import logit_surprise

# A block whose copies do badly by chance does better than average when it is fitted to all, so what some tens of patients say of how
# much to believe it, or of how much more than another, is hardly news: docs/decisions/fusion.md has the studies.
_TOWARDS_EQUAL = 20.0
_TOWARDS_ONE = 0.5
_TOWARDS_NOTHING = 20.0  # of the offsets of what is missing
_CALIBRATED = 0.5  # standard deviation of the logarithm of what a block's logits are multiplied by
_LEAST, _MOST = -8.0, 4.0
_HARDLY = 1e-3  # keeps the intercept from wandering where classes are separated


@dataclass(frozen=True, eq=False)
class Stack:
    """Weights of blocks' logits, and what stands for a block that a patient lacks.

    Attributes
    ----------
    weight
        ``(b,)``, none below 0.
    offset
        ``(b, c)`` added for a patient without the block.
    bias
        ``(c,)`` added for everybody.
    """

    weight: FloatArray
    offset: FloatArray
    bias: FloatArray

    def says(self, logits: FloatArray) -> FloatArray:
        """Return what each block adds ``(b, m, c)`` to patients' logits, of the blocks' logits ``(b, m, c)``, NaN where missing."""
        said: FloatArray = np.where(
            np.isnan(logits), self.offset[:, None], self.weight[:, None, None] * logits
        )
        return said

    def logits(self, logits: FloatArray) -> FloatArray:
        """Return patients' logits ``(m, c)`` of the blocks' logits ``(b, m, c)``, NaN where missing."""
        added: FloatArray = self.says(logits).sum(axis=0) + self.bias
        return added


def fit_stack(logits: FloatArray, truth: IndexArray) -> Stack:
    """Fit weights and offsets to what blocks say of patients they never saw.

    Each block's logits are made comparable by a temperature of their own, which is near 1 unless many patients say otherwise, so that a
    block that is no use says little, and start as equals whose evidence is added. How far weights differ is learnt with a penalty, since
    some tens of patients can't say which block is best; the offset of a missing block is learnt with a penalty too, and is the same for
    everybody who lacks it.

    Parameters
    ----------
    logits
        ``(b, m, c)`` of each block and out-of-fold patient; NaN where the patient lacks the block.
    truth
        ``(m,)`` class numbers; every class has a patient.

    Notes
    -----
    Stacked generalisation with weights that are not negative (Wolpert 1992, doi 10.1016/S0893-6080(05)80023-1; Breiman 1996, doi
    10.1007/BF00117832) of logits made comparable by temperature scaling (Guo et al. 2017, arXiv:1706.04599).

    Examples
    --------
    >>> truth = np.tile([0, 0, 0, 0, 1, 1, 1, 1], 20)
    >>> useful = np.tile([3.0, 2.0, 1.0, -1.0, -2.0, 1.0, -3.0, np.nan], 20)
    >>> useless = np.tile([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 20)
    >>> odds = np.stack([useful, useless])
    >>> stack = fit_stack(np.stack([odds, -odds], axis=2) / 2, truth)
    >>> bool(stack.weight[0] > 2 * stack.weight[1])
    True
    """
    from scipy.optimize import minimize

    blocks, _, classes = logits.shape
    present = ~np.isnan(logits[:, :, 0])
    known = np.nan_to_num(logits)
    scale = np.array([_comparable(known[b, present[b]], truth[present[b]]) for b in range(blocks)])
    evidence, absent = known * scale[:, None, None], (~present).astype(np.float64)
    membership = _smoothed(truth, classes)

    def objective(parameters: FloatArray) -> tuple[float, FloatArray]:
        weight, offset, bias = _parts(parameters, blocks, classes)
        fused = np.tensordot(weight, evidence, axes=1) + absent.T @ offset + bias
        top = fused.max(axis=1, keepdims=True)
        exponential = np.exp(fused - top)
        total = exponential.sum(axis=1, keepdims=True)
        loss = float((np.log(total) + top - (fused * membership).sum(axis=1, keepdims=True)).sum())
        residual = exponential / total - membership  # (m, c)
        mean = weight.mean()
        loss += _TOWARDS_EQUAL * float(((weight - mean) ** 2).sum()) + _TOWARDS_ONE * float((mean - 1.0) ** 2)
        loss += _TOWARDS_NOTHING * float((offset**2).sum()) + _HARDLY * float((bias**2).sum())
        of_weight = (evidence * residual).sum(axis=(1, 2)) + 2 * _TOWARDS_EQUAL * (weight - mean)
        of_weight += 2 * _TOWARDS_ONE * (mean - 1.0) / blocks
        of_offset = absent @ residual + 2 * _TOWARDS_NOTHING * offset
        of_bias = residual.sum(axis=0) + 2 * _HARDLY * bias
        return loss, np.concatenate([of_weight, of_offset.ravel(), of_bias])

    start = np.concatenate([np.ones(blocks), np.zeros(blocks * classes + classes)])
    bounds = [(0.0, None)] * blocks + [(None, None)] * (blocks * classes + classes)
    best = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-12})
    weight, offset, bias = _parts(best.x, blocks, classes)
    return Stack(weight * scale, offset, bias)


def _parts(parameters: FloatArray, blocks: int, classes: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    weight, rest = parameters[:blocks], parameters[blocks:]
    return weight, rest[: blocks * classes].reshape(blocks, classes), rest[blocks * classes :]


def _smoothed(truth: IndexArray, classes: int) -> FloatArray:
    """Return ``(m, c)`` shares of classes that stop short of 0 and 1, as if one more patient of each class were another's (Platt 1999)."""
    missed = (1.0 / (np.bincount(truth, minlength=classes) + 2.0))[truth]
    membership = np.repeat((missed / (classes - 1))[:, None], classes, axis=1)
    membership[np.arange(len(truth)), truth] = 1.0 - missed
    return membership


def _comparable(logits: FloatArray, truth: IndexArray) -> float:
    """Return what a block's logits ``(k, c)`` are multiplied by so that they are calibrated; 0 where they are all alike.

    One more patient of each class is counted who looks as the others do and is of another: without, a block that is right of everybody
    would be believed without end.
    """
    from scipy.optimize import minimize_scalar

    if not logits.any():
        return 0.0
    present = np.unique(truth)
    typical = np.stack([logits[truth == code].mean(axis=0) for code in present])
    counted = np.concatenate([logits, typical])
    true = np.concatenate([truth, np.roll(present, 1)])

    def loss(log_scale: float) -> float:
        missed = logit_surprise(np.exp(log_scale) * counted, true).sum()
        return float(missed + 0.5 * (log_scale / _CALIBRATED) ** 2)

    return float(np.exp(minimize_scalar(loss, bounds=(_LEAST, _MOST), method="bounded").x))
