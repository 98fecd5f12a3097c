"""Quality control: a verdict on every spectrum before anything is fitted or predicted."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.cosmic_rays import runs, without_rays
from spectra_dl.spectra.table import SpectraTable

BoolArray = NDArray[np.bool_]

LONGEST_GAP = 3  # points that a straight line may bridge; a Raman band spans more
MOST_FILLED = 0.1  # share of a spectrum's points
ABSURD = 1e12  # no detector counts this far
MOST_SPIKES = 0.01  # rays for each point; a few are usual and are removed
PLATEAU = 3  # equal points at the maximum: noise repeats a value once, not twice

# Correlation of neighbouring points. Lowest among 2,985 real spectra of four public sets .972, and of
# simulated ones .958; highest among their shuffled copies .154.
LEAST_CORRELATION = 0.5
# Skewness of what a moving average leaves over. Lowest 1 % of the noisiest real set (saliva) .17.
LEAST_SKEWNESS = -0.5
# Noise and shape can't be distinguished in fewer points; the axis contract covers such spectra.
SHORTEST_SHAPE = 20

RAYS = "cosmic rays"

Status = Literal["ok", "warned", "refused"]


@dataclass(frozen=True)
class Verdict:
    """Whether a spectrum can be used, and why not or with what care: sentences a person can act on."""

    status: Status
    reasons: tuple[str, ...] = ()


def inspect(table: SpectraTable, kept: BoolArray | None = None) -> tuple[SpectraTable, list[Verdict]]:
    """Check the quality of every spectrum by itself, and fill its short gaps.

    Refused are spectra that are empty, have more than 3 missing points in a row or 10 % missing, hold
    infinite values or values beyond 1e12, don't vary, or whose neighbouring points are unrelated (noise or
    shuffled points). Warned are spectra with filled points, a plateau of 3 or more points at the maximum
    (a saturated detector), bands that point down, or more than one cosmic ray for each hundred points.

    Parameters
    ----------
    table
        Spectra as read; not changed.
    kept
        ``(p,)`` points where bands recur that are as narrow as cosmic rays; none if None.

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
    intensity, filled = _filled(table.intensity)
    reasons = [_value_fault(spectrum, table.wavenumber) for spectrum in intensity]
    sound = np.array([reason is None for reason in reasons], dtype=np.bool_)
    shapes = dict(zip(np.flatnonzero(sound).tolist(), _shapes(intensity[sound], kept), strict=True))
    verdicts = []
    for row, reason in enumerate(reasons):
        if reason is not None:
            verdicts.append(Verdict("refused", (reason,)))
        else:
            verdicts.append(_with_filled(shapes[row], int(filled[row]), table.wavenumber.size))
    return (replace(table, intensity=intensity) if filled.any() else table), verdicts


def _filled(intensity: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return spectra with their short gaps filled, and the number of points filled in each."""
    missing = np.isnan(intensity)
    counts = np.zeros(len(intensity), dtype=np.int64)
    if not missing.any():
        return intensity, counts
    intensity = intensity.copy()
    points = np.arange(intensity.shape[1])
    for row in np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1)):
        absent = missing[row]
        if _longest_run(absent) <= LONGEST_GAP and np.isfinite(intensity[row, ~absent]).all():
            intensity[row, absent] = np.interp(points[absent], points[~absent], intensity[row, ~absent])
            counts[row] = np.count_nonzero(absent)
    return intensity, counts


def _value_fault(spectrum: FloatArray, wavenumber: FloatArray) -> str | None:
    """Return why the values of a spectrum can't be used, or None."""
    missing = np.isnan(spectrum)
    if missing.all():
        return "empty spectrum: every value is missing"
    absurd = np.abs(spectrum) > ABSURD
    if absurd.any():
        first = int(np.argmax(absurd))
        return f"{absurd.sum()} infinite or absurd values, the first {spectrum[first]:g} at {wavenumber[first]:g} cm⁻¹"
    if missing.any():
        first = int(np.argmax(missing))
        return (
            f"{missing.sum()} missing values in gaps of up to {_longest_run(missing)} points, the first at "
            f"{wavenumber[first]:g} cm⁻¹; up to {LONGEST_GAP} in a row can be filled"
        )
    return _constant_fault(spectrum)


def _constant_fault(spectrum: FloatArray) -> str | None:
    """Return which constant a complete spectrum is, or None where it varies or is too short to say."""
    if spectrum.size < SHORTEST_SHAPE:
        return None
    if not spectrum.any():
        return "all values are zero"
    if np.ptp(spectrum) <= 1e-9 * np.abs(spectrum).max():
        return f"flat: every value is {spectrum[0]:g}"
    return None


def _shapes(intensity: FloatArray, kept: BoolArray | None) -> list[Verdict]:
    """Check the shapes of complete spectra ``(n, p)`` that vary."""
    n_points = intensity.shape[1]
    if n_points < SHORTEST_SHAPE:
        return [Verdict("ok")] * len(intensity)
    cleaned, replaced = without_rays(intensity, kept=kept)
    spikes, rays = replaced.sum(axis=1), runs(replaced)
    highest = intensity.max(axis=1)
    correlation = _neighbour_correlation(cleaned)
    down = (_skewness(cleaned) < LEAST_SKEWNESS) | ((cleaned < 0).mean(axis=1) > 0.95)
    verdicts = []
    for row, spectrum in enumerate(intensity):
        if correlation[row] < LEAST_CORRELATION:
            verdicts.append(
                Verdict("refused", ("neighbouring points are unrelated: noise, or points out of order",))
            )
            continue
        reasons = []
        top = spectrum == highest[row]
        if np.count_nonzero(top) >= PLATEAU and _longest_run(top) >= PLATEAU:
            reasons.append(f"saturated: {top.sum()} points at the maximum of {highest[row]:g}")
        elif down[row]:  # a clipped spectrum has nothing but dips
            reasons.append("bands point down: negated, or a background larger than the signal was subtracted")
        if rays[row] > MOST_SPIKES * n_points:
            reasons.append(f"{RAYS} on {spikes[row]} points")
        verdicts.append(Verdict("warned" if reasons else "ok", tuple(reasons)))
    return verdicts


def _with_filled(verdict: Verdict, filled: int, n_points: int) -> Verdict:
    """Add to a verdict what filling ``filled`` missing points means."""
    if not filled or verdict.status == "refused":
        return verdict
    if filled > MOST_FILLED * n_points:
        return Verdict("refused", (f"{filled} of {n_points} values are missing",))
    return Verdict("warned", (f"{filled} missing values filled from their neighbours", *verdict.reasons))


def _neighbour_correlation(intensity: FloatArray) -> FloatArray:
    """Return the lag-1 autocorrelation of each spectrum; 1 where nothing varies."""
    centred = intensity - intensity.mean(axis=1, keepdims=True)
    size = (centred * centred).sum(axis=1)
    product = (centred[:, 1:] * centred[:, :-1]).sum(axis=1)
    return np.where(size > 0, product / np.where(size > 0, size, 1.0), 1.0)


def _skewness(intensity: FloatArray) -> FloatArray:
    """Return the skewness of what a moving average over a twelfth of the points leaves; 0 where nothing."""
    half = max(intensity.shape[1] // 24, 2)
    # Sums of far larger numbers lose digits, so the level goes first.
    centred = intensity - intensity.mean(axis=1, keepdims=True)
    mirrored = np.pad(centred, ((0, 0), (half + 1, half)), mode="reflect")
    sums = np.cumsum(mirrored, axis=1)
    width = 2 * half + 1
    rest = centred - (sums[:, width:] - sums[:, :-width]) / width
    rest -= rest.mean(axis=1, keepdims=True)
    variance = (rest * rest).mean(axis=1)
    cubed = (rest * rest * rest).mean(axis=1)
    return np.where(variance > 0, cubed / np.where(variance > 0, variance, 1.0) ** 1.5, 0.0)


def _longest_run(mask: BoolArray) -> int:
    """Return the length of the longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))
