"""Columns in pairs, each spectrum behind an axis of its own, and spectra below each other on one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.readers.axis import counts_up
from spectra_dl.spectra.readers.stated.units import stated_unit
from spectra_dl.spectra.readers.text.columns.companions import is_companion
from spectra_dl.spectra.readers.text.columns.layout import run_starts
from spectra_dl.spectra.readers.text.ramps import is_monotonic, like_an_axis, of_wavelengths

_FEWEST = 3
_LEAST_SHARED = 0.5  # of the range of two axes


@dataclass(frozen=True)
class AxisGroup:
    """An axis and the spectra on it.

    Attributes
    ----------
    axis
        The column of the axis.
    spectra
        The columns of the spectra.
    """

    axis: int
    spectra: tuple[int, ...]


def axis_groups(axis: int, columns: Mapping[int, FloatArray], names: Sequence[str]) -> list[AxisGroup]:
    """Return each axis among the columns with the spectra that follow it; one group where there is one axis.

    Parameters
    ----------
    axis
        The column of the first axis.
    columns
        ``(p,)`` numbers of every column, the axis among them, NaN where a column has ended.
    names
        Of all columns, "" for none.
    """
    axes = [k for k in sorted(columns) if k == axis or _heads_spectra(columns[k], columns[axis], names[k])]
    groups = []
    for k, following in zip(axes, [*axes[1:], len(names)], strict=True):
        spectra = tuple(j for j in sorted(columns) if k < j < following and not is_companion(names[j]))
        if spectra:
            groups.append(AxisGroup(k, spectra))
    return groups


def _heads_spectra(values: FloatArray, axis: FloatArray, name: str) -> bool:
    """Return whether a column can be the axis of the spectra that follow it."""
    finite = values[np.isfinite(values)]
    if is_companion(name) or finite.size < _FEWEST or not is_monotonic(finite):
        return False
    return stated_unit(name) is not None or is_second_axis(values, axis, name) or _equal(values, axis)


def _equal(values: FloatArray, axis: FloatArray) -> bool:
    return bool(np.array_equal(values, axis))


def is_second_axis(values: FloatArray, axis: FloatArray, name: str) -> bool:
    """Return whether a column is another axis over about the same range, and not the first one again.

    Parameters
    ----------
    values
        ``(p,)`` of the column, NaN where it has ended.
    axis
        ``(p,)`` of the first axis, NaN where it has ended.
    name
        Of the column.
    """
    both = np.isfinite(values) & np.isfinite(axis)
    if both.sum() < _FEWEST or is_companion(name) or _equal(values, axis):
        return False
    here, there = values[both], axis[both]
    shared = min(here.max(), there.max()) - max(here.min(), there.min())
    wide = _LEAST_SHARED * min(np.ptp(here), np.ptp(there))
    alike = like_an_axis(here, there) and not of_wavelengths(here, there)
    return bool(shared > wide) and not counts_up(here) and alike


def repeated_axis(axis: FloatArray) -> int:
    """Return how many times an axis stands below itself, point for point; 1 where it does not.

    Parameters
    ----------
    axis
        ``(p,)`` in file order.

    Examples
    --------
    >>> repeated_axis(np.array([400.0, 402, 404] * 5)), repeated_axis(np.array([400.0, 402, 404, 403, 405]))
    (5, 1)
    """
    starts = np.flatnonzero(run_starts(axis))
    count = starts.size
    if count < 2 or axis.size % count or axis.size // count < _FEWEST:
        return 1
    runs = axis.reshape(count, -1)
    return int(count) if bool(np.all(runs == runs[0])) else 1
