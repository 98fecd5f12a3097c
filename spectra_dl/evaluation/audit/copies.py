"""Data that belong to two patients at once: identical rows, and copies that were scaled, shifted or given a little noise."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.audit.finding import Finding, Severity
from spectra_dl.evaluation.context import Words
from spectra_dl.evaluation.wording import first_few

_STOP_SHARE = 0.1  # of the patients: so many copies move every figure
_BLOCK_ROWS = 512
_FEWEST_COLUMNS = 16  # in fewer, noise can't be separated from shape
_ORDER = 4  # of the differences that leave noise and no band
_HALF_NORMAL = 0.6745  # median of |x|, x standard normal
# Two independent measurements differ by the noise of both: ratio 1. Lowest ratio of different rows .80 in
# simulated spectra of 300 points, 1.9 in saliva, 3.2 in serum; a copy with a tenth of the noise added has .005.
_LARGEST_RATIO = 0.1
# With few columns bands look like noise. A copy is also far nearer than rows are to one another.
_LARGEST_SHARE = 0.02
_ROUNDING = 1e-11
_ALIKE = 1e-3
_ENOUGH_PAIRS = 100_000  # to be named; more would only fill the memory


def check_identical_rows(rows: NDArray[np.float64], patient: Texts, words: Words | None = None) -> Finding:
    """Look for rows that are equal in every value and belong to different patients.

    Parameters
    ----------
    rows
        ``(n, p)``.
    patient
        ``(n,)`` text.
    words
        What rows are called.
    """
    words = words or Words()
    name = f"identical {words.rows}"
    content = np.ascontiguousarray(np.asarray(rows, dtype=np.float64) + 0.0)  # -0.0 becomes 0.0
    same: dict[bytes, list[int]] = defaultdict(list)
    for number, row in enumerate(content):
        same[hashlib.blake2b(row.tobytes(), digest_size=16).digest()].append(number)
    shared = [group for group in same.values() if len({patient[number] for number in group}) > 1]
    if not shared:
        return Finding(name, "fine", f"No {words.row} occurs under two patients.")
    sentence = (
        f"Identical {words.rows} belong to different patients (a leak), in rows {_listed(shared)}; "
        "find out whose they are and keep one of each."
    )
    return Finding(name, _severity(shared, patient), sentence)


def check_near_copies(rows: NDArray[np.float64], patient: Texts, words: Words | None = None) -> Finding:
    """Look for rows of different patients that agree more closely than two measurements can.

    From each row its offset and slope along the columns are removed and its scale is set to one. What is then left between
    two rows is compared with the noise of both, estimated from fourth differences of neighbouring columns. Two
    measurements, also of one sample, differ by at least that noise; copies don't. Smoothed rows show little noise, so that only exact
    copies of them are found, and no false ones. Rows computed without any noise may be taken for copies.

    Parameters
    ----------
    rows
        ``(n, p)`` finite; identical rows are `check_identical_rows`' business.
    patient
        ``(n,)`` text.
    words
        What rows are called.
    """
    words = words or Words()
    name = "near copies"
    pairs = _near_pairs(np.asarray(rows, dtype=np.float64), np.unique(patient, return_inverse=True)[1])
    if not pairs:
        sentence = f"No two {words.rows} of different patients are copies but for scale, offset, slope or a little noise."
        return Finding(name, "fine", sentence)
    sentence = (
        f"{words.rows.capitalize()} of different patients agree more closely than two measurements can, in rows {_listed(pairs)}: copies but for "
        "scale, offset, slope or a little noise (a leak). Find out whose they are and keep one of each."
    )
    return Finding(name, _severity(pairs, patient), sentence)


def _near_pairs(rows: FloatArray, patient: IndexArray) -> list[tuple[int, int]]:
    if rows.shape[1] < _FEWEST_COLUMNS:
        return []
    shape, noise = _shape_and_noise(rows)
    whole = np.flatnonzero(np.isfinite(noise))
    shape, noise, owner = shape[whole], noise[whole], patient[whole]
    largest = _largest_rest(shape, owner)
    # Single precision finds in half the time which pairs are worth a look, unless all rows are nearly alike.
    look: NDArray[np.floating[Any]] = shape.astype(np.float32) if largest > _ALIKE else shape
    margin = _ALIKE / 20 if largest > _ALIKE else _ROUNDING
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(whole), _BLOCK_ROWS):
        if len(pairs) > _ENOUGH_PAIRS:
            break
        block = slice(start, start + _BLOCK_ROWS)
        product = look[block] @ look[start:].T  # (b, n - start)
        np.square(product, out=product)
        limit = _limit(noise[block].max(), noise[start:], largest)
        worth = np.argwhere(product > (1.0 - limit - margin).astype(look.dtype)) + start
        first, second = worth[(worth[:, 0] < worth[:, 1]) & (owner[worth[:, 0]] != owner[worth[:, 1]])].T
        for some in range(0, len(first), _BLOCK_ROWS):
            one, other = first[some : some + _BLOCK_ROWS], second[some : some + _BLOCK_ROWS]
            rest = 1.0 - np.vecdot(shape[one], shape[other]) ** 2  # what the best scale leaves
            near = rest < _limit(noise[one], noise[other], largest)
            pairs += zip(whole[one[near]].tolist(), whole[other[near]].tolist(), strict=True)
    return [(first, second) for first, second in pairs if not np.array_equal(rows[first], rows[second])]


def _largest_rest(shape: FloatArray, owner: IndexArray) -> float:
    """Return a small share of what lies between rows of different patients; infinite where there are none."""
    between = owner[:_BLOCK_ROWS, None] != owner[None, :]
    if not between.any():
        return np.inf
    rest = (shape[:_BLOCK_ROWS] @ shape.T)[between]
    np.square(rest, out=rest)
    return _LARGEST_SHARE * float(np.median(np.subtract(1.0, rest, out=rest), overwrite_input=True))


def _limit(noise: FloatArray, other: FloatArray, largest: float) -> FloatArray:
    return np.maximum(np.minimum(_LARGEST_RATIO * (noise + other), largest), _ROUNDING)


def _shape_and_noise(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each row without offset and slope at length 1, and its squared noise on that scale; NaN if it is a line."""
    n_columns = rows.shape[1]
    lines = np.linalg.qr(np.stack([np.ones(n_columns), np.linspace(-1.0, 1.0, n_columns)], axis=1))[0]
    bent = rows - (rows @ lines) @ lines.T
    length = np.linalg.norm(bent, axis=1)
    straight = length <= 1e-9 * np.linalg.norm(rows, axis=1)
    length = np.where(straight, np.nan, length)
    power = sum(
        math.comb(_ORDER, k) ** 2 for k in range(_ORDER + 1)
    )  # variance of a difference of unit noise
    middle = np.median(np.abs(np.diff(rows, _ORDER, axis=1)), axis=1)
    return bent / length[:, None], n_columns / power * (middle / _HALF_NORMAL / length) ** 2


def _severity(groups: Iterable[Iterable[int]], patient: Texts) -> Severity:
    """Return ``"stop"`` where a tenth of the patients are concerned."""
    concerned = {patient[number] for group in groups for number in group}
    return "stop" if len(concerned) > _STOP_SHARE * len(set(patient)) else "warn"


def _listed(groups: Iterable[Iterable[int]]) -> str:
    return first_few(" and ".join(str(number + 1) for number in list(group)[:3]) for group in groups)
