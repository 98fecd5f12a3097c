"""The verdict on every spectrum of a table, and the filling of short gaps."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.cosmic_rays import FoundRays
from spectra_dl.spectra.preprocessing.step import Step
from spectra_dl.spectra.preprocessing.steps import Crop
from spectra_dl.spectra.quality.noise import BoolArray, longest_run, stretches
from spectra_dl.spectra.quality.padding import Padding, find_padding
from spectra_dl.spectra.quality.shapes import SHORTEST_SHAPE, shape_verdicts
from spectra_dl.spectra.quality.verdict import Verdict
from spectra_dl.spectra.table import QUALITY, SpectraTable

LONGEST_GAP = 3  # points that a straight line may bridge; a Raman band spans more
MOST_FILLED = 0.1  # share of a spectrum's points
ABSURD = 1e12  # no detector counts this far
_FLAT = 1e-9  # of the largest value: a spectrum that varies less is one value


def inspect(
    table: SpectraTable,
    kept: BoolArray | None = None,
    *,
    within: tuple[float, float] | None = None,
    rays: FoundRays | None = None,
) -> tuple[SpectraTable, list[Verdict]]:
    """Check the quality of every spectrum by itself, and fill its short gaps.

    Refused are spectra that are empty, have more than 3 missing points in a row or 10 % missing, hold
    infinite values or values beyond 1e12, don't vary, or whose neighbouring points are unrelated (noise or
    shuffled points). Padding and marks such as -9999 (`find_padding`) count as missing. Warned are spectra with filled
    points, a plateau of 3 or more points at the maximum (a saturated detector), bands that point down, more than one cosmic ray
    for each hundred points, or a step in level (`find_joints`), also where windows of the axis overlapped. What a transfer found before it
    changed the spectra counts as well.

    Parameters
    ----------
    table
        Spectra as read; not changed.
    kept
        ``(p,)`` points where bands recur that are as narrow as cosmic rays; none if None.
    within
        The range in cm⁻¹ that will be used. Of a spectrum with gaps outside it only the range is looked at, and the rest filled.
    rays
        Where the cosmic rays that are found are remembered; nowhere if None.

    Returns
    -------
    tuple
        The table, gaps of up to 3 points filled along straight lines (at an end, with the nearest value),
        and one verdict per spectrum. Refused spectra stay in the table as they are.

    Examples
    --------
    >>> import numpy as np
    >>> empty = SpectraTable(np.full((1, 30), np.nan), np.arange(400.0, 430.0), ["a"])
    >>> inspect(empty)[1]
    [Verdict(status='refused', reasons=('empty spectrum: every value is missing',))]
    """
    checked, verdicts = _inspected_within(table, kept, within, rays)
    earlier = table.metadata.get(QUALITY)
    if earlier is None:
        return checked, verdicts
    return checked, [_with_earlier(*each) for each in zip(verdicts, earlier, strict=True)]


def _with_earlier(now: Verdict, earlier: str) -> Verdict:
    """Return a verdict together with that on the spectrum as it was measured, in the words of `Verdict.text`."""
    status, _, reasons = earlier.partition(": ")
    if status == "refused":
        return Verdict("refused", (reasons,))
    if status != "warned" or now.status == "refused":
        return now
    return Verdict("warned", (reasons, *(each for each in now.reasons if each not in reasons)))


def _inspected_within(
    table: SpectraTable, kept: BoolArray | None, within: tuple[float, float] | None, rays: FoundRays | None
) -> tuple[SpectraTable, list[Verdict]]:
    if within is None:
        return _inspected(table, kept, rays)
    outside: BoolArray = (table.wavenumber < within[0]) | (table.wavenumber > within[1])
    spoilt: BoolArray = np.asarray(_spoilt(table.intensity)[:, outside].any(axis=1))
    if not spoilt.any() or outside.all():
        return _inspected(table, kept, rays)
    # The whole of a spectrum says more of its shape, where there is a whole.
    whole, verdicts_of_whole = _inspected(table.select(~spoilt), kept)
    part = table.points(~outside)
    inside, verdicts_of_part = _inspected(part.select(spoilt), None if kept is None else kept[~outside])
    intensity = table.intensity.copy()
    intensity[~spoilt] = whole.intensity
    # What is cropped must only be there: every spectrum that is used is complete.
    at = np.flatnonzero(~outside)
    nearest = np.searchsorted(at, np.clip(np.arange(outside.size), at[0], at[-1]))
    intensity[spoilt] = np.where(outside, inside.intensity[:, nearest], intensity[spoilt])
    intensity[np.ix_(spoilt, ~outside)] = inside.intensity
    of_whole, of_part = iter(verdicts_of_whole), iter(verdicts_of_part)
    return replace(table, intensity=intensity), [next(of_part if each else of_whole) for each in spoilt]


def _spoilt(intensity: FloatArray) -> BoolArray:
    """Return where values are missing, infinite, absurd or padding."""
    spoilt: BoolArray = ~(np.abs(intensity) <= ABSURD)
    for row, padding in find_padding(intensity).items():
        spoilt[row] |= padding.mask
    return spoilt


def used_range(steps: Sequence[Step]) -> tuple[float, float] | None:
    """Return the range in cm⁻¹ that steps crop spectra to, None where they don't."""
    return next(((step.low, step.high) for step in steps if isinstance(step, Crop)), None)


def _inspected(
    table: SpectraTable, kept: BoolArray | None, rays: FoundRays | None = None
) -> tuple[SpectraTable, list[Verdict]]:
    padding = find_padding(table.intensity)
    intensity, filled = _filled(table.intensity, padding)
    complete = _complete(intensity)
    reasons = [
        _value_fault(spectrum, table.wavenumber, None if row in filled else padding.get(row))
        if row in padding or not complete[row]
        else None
        for row, spectrum in enumerate(intensity)
    ]
    sound = np.array([reason is None for reason in reasons], dtype=np.bool_)
    found = shape_verdicts(intensity[sound], table.wavenumber, table.overlaps, kept, rays)
    shapes = dict(zip(np.flatnonzero(sound).tolist(), found, strict=True))
    verdicts = []
    for row, reason in enumerate(reasons):
        if reason is not None:
            verdicts.append(Verdict("refused", (reason,)))
        elif row in filled:
            verdicts.append(_with_filled(shapes[row], filled[row], padding.get(row), table.wavenumber))
        else:
            verdicts.append(shapes[row])
    return (replace(table, intensity=intensity) if filled else table), verdicts


def _filled(intensity: FloatArray, padding: dict[int, Padding]) -> tuple[FloatArray, dict[int, BoolArray]]:
    """Return spectra with their short gaps filled, and where each of those that had some was filled."""
    missing = np.isnan(intensity)
    for row, padded in padding.items():
        missing[row] |= padded.mask
    filled: dict[int, BoolArray] = {}
    if not missing.any():
        return intensity, filled
    intensity = intensity.copy()
    points = np.arange(intensity.shape[1])
    for row in map(int, np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1))):
        absent = missing[row]
        if longest_run(absent) <= LONGEST_GAP and np.isfinite(intensity[row, ~absent]).all():
            intensity[row, absent] = np.interp(points[absent], points[~absent], intensity[row, ~absent])
            filled[row] = absent
    return intensity, filled


def _complete(intensity: FloatArray) -> BoolArray:
    """Return of which spectra every value is there and believable, and not all are one: nearly all, so that few are looked at one by one."""
    low, high = intensity.min(axis=1), intensity.max(axis=1)  # NaN where one is missing
    size = np.maximum(np.abs(low), np.abs(high))
    with np.errstate(invalid="ignore"):  # infinite ones
        complete: BoolArray = (size <= ABSURD) & (high - low > _FLAT * size)
    return complete


def _value_fault(spectrum: FloatArray, wavenumber: FloatArray, padding: Padding | None) -> str | None:
    """Return why the values of a spectrum can't be used, or None."""
    missing = np.isnan(spectrum)
    if missing.all():
        return "empty spectrum: every value is missing"
    absurd = np.abs(spectrum) > ABSURD
    if absurd.any():
        first = int(np.argmax(absurd))
        return f"{absurd.sum()} infinite or absurd values, the first {spectrum[first]:g} at {wavenumber[first]:g} cm⁻¹"
    if padding is not None:
        return _padding_fault(padding, missing | padding.mask, wavenumber)
    if missing.any():
        first = int(np.argmax(missing))
        return (
            f"{missing.sum()} missing values in gaps of up to {longest_run(missing)} points, the first at "
            f"{wavenumber[first]:g} cm⁻¹; up to {LONGEST_GAP} in a row can be filled"
        )
    return _constant_fault(spectrum)


def _padding_fault(padding: Padding, absent: BoolArray, wavenumber: FloatArray) -> str:
    first, end = max(stretches(~absent), key=lambda stretch: stretch[1] - stretch[0])
    return (
        f"{_values(padding)} at {_places(padding.mask, wavenumber)}: padding, no measurement; use {wavenumber[first]:g} to "
        f"{wavenumber[end - 1]:g} cm⁻¹ only (crop), or delete these points"
    )


def _values(padding: Padding) -> str:
    count = int(np.count_nonzero(padding.mask))
    if padding.value == 0:
        return f"{count} zeros" if count > 1 else "a zero"
    return f"{count} values of {padding.value:g}" if count > 1 else f"a value of {padding.value:g}"


def _places(mask: BoolArray, wavenumber: FloatArray) -> str:
    """Return where the longest stretch of a mask lies, and how many more there are."""
    parts = stretches(mask)
    first, end = max(parts, key=lambda stretch: stretch[1] - stretch[0])
    low, high = wavenumber[first], wavenumber[end - 1]
    place = f"{low:g} to {high:g} cm⁻¹" if end - first > 1 else f"{low:g} cm⁻¹"
    return place + (f" and {len(parts) - 1} more places" if len(parts) > 1 else "")


def _constant_fault(spectrum: FloatArray) -> str | None:
    """Return which constant a complete spectrum is, or None where it varies or is too short to say."""
    if spectrum.size < SHORTEST_SHAPE:
        return None
    if not spectrum.any():
        return "all values are zero"
    if np.ptp(spectrum) <= _FLAT * np.abs(spectrum).max():
        return f"flat: every value is {spectrum[0]:g}"
    return None


def _with_filled(
    verdict: Verdict, absent: BoolArray, padding: Padding | None, wavenumber: FloatArray
) -> Verdict:
    """Add to a verdict what filling the ``absent`` points means."""
    filled = int(np.count_nonzero(absent))
    if verdict.status == "refused":
        return verdict
    if filled > MOST_FILLED * absent.size:
        return Verdict("refused", (f"{filled} of {absent.size} values are missing",))
    reasons = []
    if padding is not None:
        filled -= int(np.count_nonzero(padding.mask))
        reasons.append(
            f"{_values(padding)} at {_places(padding.mask, wavenumber)}: no measurement, filled from the neighbours"
        )
    if filled:
        reasons.append(f"{filled} missing values filled from their neighbours")
    return Verdict("warned", (*reasons, *verdict.reasons))
