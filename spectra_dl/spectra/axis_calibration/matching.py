"""Which band of a spectrum is which line of the standard, where the axis may be off by many widths of a band."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.axis_calibration.peaks import Peaks

_TOLERANCE = 3.0  # cm⁻¹ between a line and its band, once the correction is made
_MOST_PAIRS = 60
_BLOCK = 4_096
# A correction that is small or simple is taken before one that explains a fraction of a line more.
_PRICE_OF_SIZE, _PRICE_OF_DEGREE = 0.3, 0.4


def matched(peaks: Peaks, lines: FloatArray, largest: float) -> list[tuple[int, int]]:
    """Return the pairs of a band and a line, by their numbers, under the correction that explains most lines.

    Offsets, straight lines and parabolas through one, two and three pairs are all tried (an exhaustive form of RANSAC, Fischler
    and Bolles 1981, doi 10.1145/358669.358692); each line and each band belongs to one pair at most.

    Parameters
    ----------
    peaks
        Of the measured standard.
    lines
        ``(m,)`` cm⁻¹, ascending.
    largest
        How far an axis may be off, cm⁻¹.
    """
    pairs = _possible_pairs(peaks, lines, largest)
    if not len(pairs):
        return []
    weight = np.sqrt(peaks.prominence / peaks.prominence.max()).clip(0.2, 1.0)
    centre, span = float(np.mean(lines)), max(float(np.ptp(lines)), 1.0)
    best: tuple[float, FloatArray] = (-np.inf, np.zeros(1))
    for degree in range(min(3, len(lines))):
        for block in _hypotheses(pairs, degree):
            best = max(
                best,
                _best_of(block, peaks, lines, (weight, centre, span, largest)),
                key=lambda found: found[0],
            )
    return _pairs_under(best[1], peaks, lines, centre, span)


def _possible_pairs(peaks: Peaks, lines: FloatArray, largest: float) -> NDArray[np.intp]:
    """Return (band, line) pairs no farther apart than ``largest``: those of the most prominent bands, if they are too many."""
    near = np.abs(peaks.position[:, None] - lines[None, :]) <= largest
    pairs = np.argwhere(near)
    order = np.argsort(-peaks.prominence[pairs[:, 0]], kind="stable")[:_MOST_PAIRS]
    return pairs[np.sort(order)]


def _hypotheses(pairs: NDArray[np.intp], degree: int) -> "list[NDArray[np.intp]]":
    """Return blocks of sets of pairs, each set of different bands and lines in the same order."""
    sets = np.array(list(combinations(range(len(pairs)), degree + 1)), dtype=np.intp).reshape(-1, degree + 1)
    chosen = pairs[sets]
    if degree:
        chosen = chosen[(np.diff(chosen, axis=1) > 0).all(axis=(1, 2))]
    return [chosen[start : start + _BLOCK] for start in range(0, len(chosen), _BLOCK)]


def _best_of(
    block: NDArray[np.intp], peaks: Peaks, lines: FloatArray, setting: tuple[FloatArray, float, float, float]
) -> tuple[float, FloatArray]:
    """Return the score and the coefficients (of the correction over the scaled true shift) of the best hypothesis."""
    weight, centre, span, largest = setting
    at = (lines[block[:, :, 1]] - centre) / span
    correction = lines[block[:, :, 1]] - peaks.position[block[:, :, 0]]
    powers = np.arange(block.shape[1])
    coefficients = np.linalg.solve(at[:, :, None] ** powers, correction[:, :, None])[:, :, 0]
    corrections = coefficients @ (((lines - centre) / span)[:, None] ** powers).T
    size = np.abs(corrections).max(axis=1)
    expected = lines - corrections
    right = np.searchsorted(peaks.position, expected).clip(1, max(1, len(peaks) - 1))
    left = right - 1
    right = np.minimum(right, len(peaks) - 1)
    off_left, off_right = np.abs(peaks.position[left] - expected), np.abs(peaks.position[right] - expected)
    nearest = np.where(off_left <= off_right, left, right)
    off = np.minimum(off_left, off_right)
    gain = (weight[nearest] * (1 - (off / _TOLERANCE) ** 2)).clip(0)
    score = gain.sum(axis=1) - _PRICE_OF_SIZE * size / largest - _PRICE_OF_DEGREE * (len(powers) - 1)
    score[size > 1.25 * largest] = -np.inf
    first = int(np.argmax(score))
    return float(score[first]), coefficients[first]


def _pairs_under(
    coefficients: FloatArray, peaks: Peaks, lines: FloatArray, centre: float, span: float
) -> list[tuple[int, int]]:
    """Return each line's nearest band under a correction, the closest pairs first where two want the same."""
    powers = np.arange(len(coefficients))
    expected = lines - (((lines - centre) / span)[:, None] ** powers) @ coefficients
    off = np.abs(peaks.position[:, None] - expected[None, :])
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(off, axis=None, kind="stable"):
        band, line = np.unravel_index(place, off.shape)
        if off[band, line] > _TOLERANCE:
            break
        if all(band != other and line != its for other, its in pairs):
            pairs.append((int(band), int(line)))
    return sorted(pairs, key=lambda pair: pair[1])
