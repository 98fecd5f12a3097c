"""Which method, of which size: by how well it brings transfer samples together that it was not learned from."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.transfer.alignment import Aligned, Alignment, align
from spectra_dl.spectra.transfer.methods import (
    Method,
    SpectrumMap,
    Unchanged,
    direct_standardisation,
    external_parameter_orthogonalisation,
    piecewise_direct_standardisation,
    transfer_by_orthogonal_projection,
)
from spectra_dl.spectra.transfer.pairs import TransferPairs

PROJECTIONS: tuple[Method, ...] = ("epo", "top")
_MOST_FOLDS = 10
_STANDARD_ERRORS = 2.0
_SMOOTHING = 30.0  # cm⁻¹ of the window in which a slope is fitted
_TINY = 1e-150
_HALF_WINDOWS = (4.0, 8.0, 12.0)  # cm⁻¹; an axis is rarely off by more
# By one component of whole spectra all samples would become multiples of one spectrum.
_DIRECT, _PIECEWISE, _PROJECTED = (2, 3, 5), (1, 2), (1, 2, 3)


@dataclass(frozen=True)
class Candidate:
    """A method and its size.

    Attributes
    ----------
    method
        Its name.
    half_window
        Points to either side that a point is made of; of `pds` alone.
    components
        Principal components or directions.
    aligned
        Whether the slave's axis is displaced by a parabola before; of `pds` alone.
    """

    method: Method
    half_window: int = 0
    components: int = 0
    aligned: bool = False

    def words(self) -> str:
        """Return the size in words; empty where there is none."""
        if self.method in ("none", "top"):
            return ""
        unit = "direction" if self.method in PROJECTIONS else "component"
        counted = f"{self.components} {unit}{'s' if self.components > 1 else ''}"
        if self.method != "pds":
            return counted
        return f"{'axis aligned, ' if self.aligned else ''}window of {2 * self.half_window + 1} points, {counted}"

    def learned(self, samples: "Samples") -> SpectrumMap:
        """Return the map of transfer samples.

        Parameters
        ----------
        samples
            The same on both instruments.
        """
        slave, master = samples.slave, samples.master
        if self.aligned:
            slave = samples.aligned_slave
        learned = self._learned(slave, master)
        return Aligned(samples.alignment, learned) if self.aligned else learned

    def _learned(self, slave: FloatArray, master: FloatArray) -> SpectrumMap:
        by_method: dict[Method, Callable[[], SpectrumMap]] = {
            "none": Unchanged,
            "ds": lambda: direct_standardisation(slave, master, self.components),
            "pds": lambda: piecewise_direct_standardisation(slave, master, self.half_window, self.components),
            "epo": lambda: external_parameter_orthogonalisation(slave, master, self.components),
            "top": lambda: transfer_by_orthogonal_projection(slave, master),
        }
        return by_method[self.method]()


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows that something is learned from; they are aligned once for all that ask for it.

    Attributes
    ----------
    slave, master
        ``(n, p)`` the same samples on both instruments.
    wavenumber
        ``(p,)`` their axis, cm⁻¹.
    """

    slave: FloatArray
    master: FloatArray
    wavenumber: FloatArray

    @cached_property
    def alignment(self) -> Alignment:
        """The displacement of the slave's axis."""
        return align(self.slave, self.master, self.wavenumber)

    @cached_property
    def aligned_slave(self) -> FloatArray:
        """The slave's rows after it."""
        return self.alignment(self.slave)


@dataclass(frozen=True, eq=False)
class Scored:
    """A candidate and what it left of the instruments' difference in samples that were left out.

    Attributes
    ----------
    candidate
        The method and its size.
    left
        ``(n,)`` for each sample: squared distance between both instruments over the samples' mean squared distance from their mean.
    """

    candidate: Candidate
    left: FloatArray

    @property
    def error(self) -> float:
        """Mean over the samples; 1 where the instruments differ by as much as the samples."""
        return float(self.left.mean())


def candidates(pairs: TransferPairs, method: Method | None) -> list[Candidate]:
    """Return what is compared: `none` always, and one method or all, in the sizes that so many samples allow.

    Parameters
    ----------
    pairs
        The transfer samples.
    method
        The one that was asked for; None for all.
    """
    most = len(pairs.samples) - math.ceil(len(pairs.samples) / _folds(pairs))
    windows = dict.fromkeys(max(1, math.ceil(half / pairs.step)) for half in _HALF_WINDOWS)
    every = [
        Candidate("none"),
        *(Candidate("ds", 0, components) for components in _DIRECT),
        *(
            Candidate("pds", half, components, aligned)
            for aligned in (False, True)
            for half in windows
            for components in _PIECEWISE
        ),
        *(Candidate("epo", 0, components) for components in _PROJECTED),
        Candidate("top", 0, 1),
    ]
    wanted = [each for each in every if method is None or each.method in ("none", method)]
    return [each for each in wanted if each.components <= most]


def scored(pairs: TransferPairs, compared: Sequence[Candidate]) -> list[Scored]:
    """Learn each candidate without one sample, or one of ten parts of them, at a time, and compare the others.

    Spectra are compared by the slope of a smoothed spectrum at unit length, in which backgrounds are small and bands count. A projection is applied to both instruments.

    Parameters
    ----------
    pairs
        The transfer samples.
    compared
        Methods and sizes.
    """
    fold = np.arange(len(pairs.samples)) % _folds(pairs)
    left = np.empty((len(compared), fold.size))
    for part in range(_folds(pairs)):
        inside = fold == part
        samples = Samples(pairs.slave[~inside], pairs.master[~inside], pairs.wavenumber)
        for row, candidate in zip(left, compared, strict=True):
            projects = candidate.method in PROJECTIONS
            row[inside] = _left_out(pairs, candidate.learned(samples), inside, projects=projects)
    return [Scored(candidate, row) for candidate, row in zip(compared, left, strict=True)]


def chosen(results: Sequence[Scored]) -> Scored:
    """Return the candidate that leaves least, or `none` where the gain is within two standard errors of nothing: the best of many is lucky too.

    Parameters
    ----------
    results
        `none` first.
    """
    unchanged, best = results[0], min(results, key=lambda each: each.error)
    gain = unchanged.left - best.left
    standard_error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
    return best if float(gain.mean()) > _STANDARD_ERRORS * standard_error else unchanged


def _folds(pairs: TransferPairs) -> int:
    return min(len(pairs.samples), _MOST_FOLDS)


def _left_out(
    pairs: TransferPairs, learned: SpectrumMap, inside: NDArray[np.bool_], *, projects: bool
) -> FloatArray:
    """Return what a map leaves in the samples ``inside``, from which it was not learned."""
    slave, master = pairs.slave[inside], pairs.master
    slope, wanted = _slopes(learned(slave), pairs.step), _slopes(master, pairs.step)
    whole, lost = _spread(wanted / _length(wanted)), 0.0
    if projects:
        of_slave, length = _length(_slopes(slave, pairs.step)), _length(wanted)
        slope, wanted = slope / of_slave, _slopes(learned(master), pairs.step) / length
        lost = max(0.0, whole - _spread(wanted))
    else:
        slope, wanted = slope / _length(slope), wanted / _length(wanted)
    return np.asarray((((slope - wanted[inside]) ** 2).sum(axis=1) + lost) / max(whole, _TINY))


def _spread(rows: FloatArray) -> float:
    """Return the mean squared distance of rows from their mean."""
    return float(((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean())


def _length(rows: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY))


def _slopes(intensity: FloatArray, step: float) -> FloatArray:
    """Return the first derivative of Savitzky and Golay 1964 (doi 10.1021/ac60214a047), ``(n, p)``."""
    from scipy.signal import savgol_filter

    window = min(max(5, round(_SMOOTHING / step) | 1), (intensity.shape[1] - 1) | 1)
    return np.asarray(savgol_filter(intensity, window, 2, deriv=1, axis=1))
