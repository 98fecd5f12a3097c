"""Shapes that a spectrum can't have, and those that call for care."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.spectra.preprocessing.cosmic_rays import FoundRays, runs
from spectra_dl.spectra.quality.joints import Joint, find_joints, steps_at
from spectra_dl.spectra.quality.noise import BoolArray, average_reach, longest_run
from spectra_dl.spectra.quality.verdict import Verdict

MOST_SPIKES = 0.01  # rays for each point; a few are usual and are removed
RAYS = "cosmic rays"
UNRELATED = "neighbouring points are unrelated: noise, or points out of order"
DOWN = "bands point down: negated, or a background larger than the signal was subtracted"
PLATEAU = 3  # equal points at the maximum: noise repeats a value once, not twice

# Correlation of neighbouring points. Lowest among 2,985 real spectra of four public sets .972, and of
# simulated ones .958; highest among their shuffled copies .154.
LEAST_CORRELATION = 0.5
# Skewness of what a moving average leaves over. Lowest 1 % of the noisiest real set (saliva) .17.
LEAST_SKEWNESS = -0.5
_MOST_NEGATIVE = 0.95  # of the points
# Noise and shape can't be distinguished in fewer points; the axis contract covers such spectra.
SHORTEST_SHAPE = 20
_OK = Verdict("ok")
# Places of joints that a reason names.
_MOST_PLACES = 2
FEWEST_FOR_GLANCE = 128  # spectra, worth some 0.1 s of compiling
_ROWS = 64  # at a time, so that they stay in the processor's cache


def shape_verdicts(
    intensity: FloatArray,
    wavenumber: FloatArray,
    overlaps: Sequence[tuple[float, float]],
    kept: BoolArray | None = None,
    rays: FoundRays | None = None,
) -> list[Verdict]:
    """Check the shapes of complete spectra that vary.

    Parameters
    ----------
    intensity
        ``(n, p)`` finite.
    wavenumber
        ``(p,)`` ascending, cm⁻¹.
    overlaps
        Low and high end of each range where windows of the axis overlapped and were cut, cm⁻¹.
    kept
        ``(p,)`` points where bands recur that are as narrow as cosmic rays; none if None.
    rays
        Where what is found is remembered; nowhere if None.
    """
    n_points = intensity.shape[1]
    if n_points < SHORTEST_SHAPE:
        return [_OK] * len(intensity)
    cleaned, replaced = (rays or FoundRays()).without_rays(intensity, kept=kept)
    spikes, n_rays = replaced.sum(axis=1), runs(replaced)
    reasons: list[list[str]] = [[] for _ in intensity]
    for row in np.flatnonzero(n_rays > MOST_SPIKES * n_points):
        reasons[row].append(f"{RAYS} on {spikes[row]} points")
    verdicts = [Verdict("warned", tuple(each)) if each else _OK for each in reasons]
    close = np.arange(len(intensity)) if overlaps else _to_look_at(intensity, cleaned, n_rays > 0)
    found = _faults(intensity[close], cleaned[close], n_rays[close] > 0, wavenumber, overlaps)
    for row, (first, steps) in zip(close, found, strict=True):
        if first == UNRELATED:
            verdicts[row] = Verdict("refused", (first,))
        elif first or steps:
            verdicts[row] = Verdict("warned", (*filter(None, [first]), *reasons[row], *steps))
    return verdicts


def _to_look_at(intensity: FloatArray, cleaned: FloatArray, hit: BoolArray) -> IndexArray:
    """Return the rows that a first look doesn't clear; all, where there are too few to compile it for."""
    if len(intensity) < FEWEST_FOR_GLANCE:
        return np.arange(len(intensity))
    from spectra_dl.spectra.quality.glance import SHORTEST, may_be_faulty

    if intensity.shape[1] < SHORTEST:
        return np.arange(len(intensity))
    faulty = may_be_faulty(
        cleaned,
        least_correlation=LEAST_CORRELATION,
        least_skewness=LEAST_SKEWNESS,
        plateau=PLATEAU,
        most_negative=_MOST_NEGATIVE,
    )
    # What was taken for a ray may be a plateau.
    faulty[hit] |= _on_top(intensity[hit]) >= PLATEAU
    return np.flatnonzero(faulty)


def _faults(
    intensity: FloatArray,
    cleaned: FloatArray,
    hit: BoolArray,
    wavenumber: FloatArray,
    overlaps: Sequence[tuple[float, float]],
) -> Iterator[tuple[str, list[str]]]:
    """Yield of each spectrum what is wrong with its shape, empty where nothing, and its steps."""
    on_top, highest = _on_top(intensity), intensity.max(axis=1, initial=-np.inf)
    # A spectrum of one narrow band has nothing but noise left without it, one with rays nothing else with them.
    correlation = _in_parts(_neighbour_correlation, intensity)
    correlation[hit] = np.maximum(correlation[hit], _neighbour_correlation(cleaned[hit]))
    down = _in_parts(_skewness, cleaned) < LEAST_SKEWNESS
    down |= np.count_nonzero(cleaned < 0, axis=1) / intensity.shape[1] > _MOST_NEGATIVE
    for row, steps in enumerate(_step_reasons(cleaned, wavenumber, overlaps)):
        if correlation[row] < LEAST_CORRELATION:
            yield UNRELATED, []
        elif on_top[row] >= PLATEAU and longest_run(intensity[row] == highest[row]) >= PLATEAU:
            yield f"saturated: {on_top[row]} points at the maximum of {highest[row]:g}", steps
        else:  # a clipped spectrum has nothing but dips
            yield DOWN if down[row] else "", steps


def _on_top(intensity: FloatArray) -> IndexArray:
    """Return how many points of each spectrum are at its maximum."""
    highest = intensity.max(axis=1, initial=-np.inf)
    return np.asarray(np.count_nonzero(intensity == highest[:, np.newaxis], axis=1))


def _step_reasons(
    cleaned: FloatArray, wavenumber: FloatArray, overlaps: Sequence[tuple[float, float]]
) -> list[list[str]]:
    """Return for each spectrum the sentences about steps in its level, those of overlapping windows first."""
    reasons: list[list[str]] = [[] for _ in cleaned]
    explained: list[set[int]] = [set() for _ in cleaned]
    for low, high in overlaps:
        left = int(np.searchsorted(wavenumber, (low + high) / 2, side="right")) - 1
        for row, joint in enumerate(steps_at(cleaned, left)):
            if joint is not None:
                explained[row].update(range(joint.left - 1, joint.right + 2))
                where = f"overlap from {low:g} to {high:g} cm⁻¹" if high > low else f"meet at {low:g} cm⁻¹"
                reasons[row].append(
                    f"two windows {where} and differ by {_size(joint.step)} ({joint.times_noise:.0f} x the noise)"
                )
    for row, joints in enumerate(find_joints(cleaned)):
        new = [joint for joint in joints if joint.left not in explained[row]]
        if new:
            reasons[row].append(_joint_reason(new, wavenumber))
    return reasons


def _size(step: float) -> str:
    return f"{abs(step):.0f}" if abs(step) >= 100 else f"{abs(step):.3g}"


def _joint_reason(joints: Sequence[Joint], wavenumber: FloatArray) -> str:
    places = [
        f"by {_size(joint.step)} between {wavenumber[joint.left]:g} and {wavenumber[joint.right]:g} cm⁻¹ "
        f"({joint.times_noise:.0f} x the noise)"
        for joint in joints[:_MOST_PLACES]
    ]
    more = f" and at {len(joints) - _MOST_PLACES} more places" if len(joints) > _MOST_PLACES else ""
    return f"the level steps {', '.join(places)}{more}: gratings or windows put together?"


def _in_parts(measure: Callable[[FloatArray], FloatArray], intensity: FloatArray) -> FloatArray:
    """Return a measure ``(n,)`` of each spectrum, taken of some at a time."""
    parts = [measure(intensity[start : start + _ROWS]) for start in range(0, len(intensity), _ROWS)]
    return np.concatenate([*parts, np.empty(0)])


def _neighbour_correlation(intensity: FloatArray) -> FloatArray:
    """Return the lag-1 autocorrelation of each spectrum; 1 where nothing varies."""
    centred = intensity - intensity.mean(axis=1, keepdims=True)
    size = (centred * centred).sum(axis=1)
    product = (centred[:, 1:] * centred[:, :-1]).sum(axis=1)
    return np.where(size > 0, product / np.where(size > 0, size, 1.0), 1.0)


def _skewness(intensity: FloatArray) -> FloatArray:
    """Return the skewness of what a moving average over a twelfth of the points leaves; 0 where nothing."""
    half = average_reach(intensity.shape[1])
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
