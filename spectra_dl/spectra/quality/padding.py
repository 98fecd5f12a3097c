"""Points without a measurement that hold a number all the same: marks such as -9999, padding with zeros or with one value, dead pixels.

What is padding and what a measurement:

- A **mark** is a number of nothing but nines (-999, -9999, 99999, ...) twice as far from zero as all other values, on the
  negative side ten times as far as any of them.
- **Zeros with an edge**: a run of exact zeros, of any length (at an end 2 or more), that the signal does not fade into. Next to it the spectrum stands
  at once more than 8 times its noise, and more than 4 times its own next steps, away from zero; on both sides, at an end of
  the spectrum on the one there is. Clipped negatives and dark counts have no such edge: the signal falls to zero in steps as
  large as the last.
- **Zeros below a cliff**: 6 or more of them, next to which the spectrum stands at once above a quarter of its largest value, also
  where it is steep there.
- **One value with an edge**: the same with any other number, from 5 points on. A plateau at the maximum is a full detector, no padding.
- **One value without an edge**: 10 or more equal points in a spectrum whose noise is more than 3 times its smallest change, as
  where an end was filled with its last value. Not where the value is the minimum 0, which clipping gives.

Measured: of 3,475 real spectra (serum, saliva, cartilage, mice, fish oil and single ones of instruments), none has such points,
raw, or with the negatives of its baseline-corrected copy clipped.
"""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.quality.noise import BoolArray, noise_scale, stretches

_MARKS = np.array([float("9" * digits) for digits in range(3, 10)])
_SHORTEST_VALUE = 5
_SHORTEST_PLATEAU = 3
_SHORTEST_WITHOUT_EDGE = 10
_TIMES_NOISE, _TIMES_STEPS, _NEXT_STEPS = 8.0, 4.0, 2
_NOISE_QUANTA = 3.0
_SHORTEST_BELOW_CLIFF, _CLIFF = 6, 0.25  # of the largest value
# Of fewer points the noise can't be estimated.
_FEWEST_MEASURED = 10


@dataclass(frozen=True)
class Padding:
    """Points of a spectrum that hold no measurement.

    Attributes
    ----------
    mask
        ``(p,)`` where.
    value
        What stands there, the first if several do.
    """

    mask: BoolArray
    value: float


def find_padding(intensity: FloatArray) -> dict[int, Padding]:
    """Return the padding of those spectra that have some, by row.

    Parameters
    ----------
    intensity
        ``(n, p)``, possibly with missing or absurd values.

    Examples
    --------
    >>> spectrum = 500 + np.random.default_rng(0).standard_normal(100)
    >>> spectrum[:7] = 0
    >>> padding = find_padding(spectrum[np.newaxis])[0]
    >>> padding.value, int(padding.mask.sum())
    (0.0, 7)
    """
    with np.errstate(invalid="ignore"):
        equal: BoolArray = intensity[:, 1:] == intensity[:, :-1]
        doubtful = (intensity == 0).any(axis=1)
    # Marks stand outside all other values.
    doubtful |= np.isin(np.fmax.reduce(intensity, axis=1), _MARKS)
    doubtful |= np.isin(np.fmin.reduce(intensity, axis=1), -_MARKS)
    if intensity.shape[1] > _SHORTEST_VALUE:
        runs = equal[:, : -(_SHORTEST_VALUE - 2)].copy()
        for offset in range(1, _SHORTEST_VALUE - 1):
            runs &= equal[:, offset : offset + runs.shape[1]]
        doubtful |= runs.any(axis=1)
    found = {}
    for row in np.flatnonzero(doubtful):
        padding = _of_spectrum(intensity[row])
        if padding is not None:
            found[int(row)] = padding
    return found


def _of_spectrum(spectrum: FloatArray) -> Padding | None:
    if not np.isfinite(spectrum[~np.isnan(spectrum)]).all():
        return None
    mask = _marks(spectrum)
    known = ~np.isnan(spectrum) & ~mask
    if np.count_nonzero(known) < _FEWEST_MEASURED or np.ptp(spectrum[known]) == 0:
        return None
    for first, end in _runs(spectrum, known):
        mask[first:end] |= _is_padding(spectrum, first, end)
    if not mask.any():
        return None
    return Padding(mask, float(spectrum[np.argmax(mask)]))


def _marks(spectrum: FloatArray) -> BoolArray:
    """Return where numbers of nothing but nines stand far outside the others."""
    marks = np.isin(np.abs(spectrum), _MARKS)
    rest = spectrum[~marks & ~np.isnan(spectrum)]
    if not marks.any() or not rest.size:
        return np.zeros(spectrum.size, dtype=np.bool_)
    low, high = float(rest.min()), float(np.abs(rest).max())
    outside = np.where(spectrum < 0, low > spectrum / 10, high < spectrum / 2)
    return marks & outside


def _runs(spectrum: FloatArray, known: BoolArray) -> list[tuple[int, int]]:
    """Return the runs of one value that may be padding: zeros, and longer ones of other values."""
    same = (spectrum[1:] == spectrum[:-1]) & known[1:] & known[:-1]
    highest = spectrum[known].max()
    runs = [(first, end + 1) for first, end in stretches(same)]
    starts = np.concatenate(([True], ~same)) & np.concatenate((~same, [True])) & known & (spectrum == 0)
    runs += [(int(k), int(k) + 1) for k in np.flatnonzero(starts)]
    return [
        (first, end)
        for first, end in runs
        # Single zeros at an end are what a baseline that starts there leaves.
        if (
            (spectrum[first] == 0 and (end - first > 1 or 0 < first < spectrum.size - 1))
            or end - first >= _SHORTEST_VALUE
        )
        and not (spectrum[first] == highest and end - first >= _SHORTEST_PLATEAU)
    ]


def _is_padding(spectrum: FloatArray, first: int, end: int) -> bool:
    value = float(spectrum[first])
    # Other points of the value are left out: more runs of padding would hide the noise of what was measured.
    noise, quantum = _noise_and_quantum(spectrum[spectrum != value])
    least = _TIMES_NOISE * max(noise, quantum)
    # One or two points at an end say nothing of an edge.
    sides = [side for side in (spectrum[:first][::-1], spectrum[end:]) if side.size > _NEXT_STEPS]
    if sides and all(_has_edge(side[: 1 + _NEXT_STEPS], value, least) for side in sides):
        return True
    long = end - first >= _SHORTEST_WITHOUT_EDGE
    highest = float(np.nanmax(np.abs(spectrum)))
    if (
        end - first >= _SHORTEST_BELOW_CLIFF
        and value == 0
        and sides
        and all(abs(side[0]) > _CLIFF * highest for side in sides)
    ):
        return True
    if not long or (value == 0 and value == np.nanmin(spectrum)):
        return False
    noise, quantum = _noise_and_quantum(np.concatenate((spectrum[:first], spectrum[end:])))
    return bool(np.isfinite(noise)) and noise > _NOISE_QUANTA * quantum


def _noise_and_quantum(values: FloatArray) -> tuple[float, float]:
    """Return the noise and the smallest change; infinite where too few points were measured."""
    values = values[~np.isnan(values)]
    if values.size < _FEWEST_MEASURED:
        return np.inf, np.inf
    changes = np.abs(np.diff(values))
    return float(noise_scale(np.diff(values, n=2))), float(changes[changes > 0].min(initial=np.inf))


def _has_edge(outward: FloatArray, value: float, least: float) -> bool:
    """Say whether the points next to a run stand off it at once; a plateau there, as of a full detector, says nothing."""
    if np.isnan(outward).any() or np.ptp(outward) == 0:
        return False
    return abs(float(outward[0]) - value) > max(least, _TIMES_STEPS * float(np.abs(np.diff(outward)).max()))
