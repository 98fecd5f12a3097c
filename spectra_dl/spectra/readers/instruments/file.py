"""What an instrument's file holds, and how it becomes blocks of spectra."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import sorted_axis
from spectra_dl.spectra.readers.columns import UniqueIds, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.table import FloatArray, SpectraTable


@dataclass(frozen=True, eq=False)
class InstrumentFile:
    """Spectra on one axis, as the file has them.

    Attributes
    ----------
    name
        The file's, for messages.
    axis
        ``(p,)`` in the file's order.
    unit
        Of the axis, as the file says it: ``"cm-1"`` where it says Raman shift, ``""`` where it says nothing, else its words.
    count
        How many spectra.
    intensity
        Gives the spectra from the first to before the last, ``(k, p)`` in the file's order.
    columns
        What is known of each spectrum, ``count`` texts by name.
    notes
        Every guess.
    """

    name: str
    axis: FloatArray
    unit: str
    count: int
    intensity: Callable[[int, int], FloatArray]
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def blocks_of(file: InstrumentFile, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra in blocks of ``rows``.

    Raises
    ------
    DataError
        The axis is no Raman shift.
    UsageError
        An option names a column that is not there.
    """
    if file.unit not in ("", "cm-1"):
        raise DataError(
            f"{file.name}: its axis is in {file.unit:.60}; Raman shifts in cm⁻¹ are needed, export the spectra so"
        )
    places = [f"point {k + 1}" for k in range(file.axis.size)]
    axis = sorted_axis(file.axis, places, file.name, known_unit=file.unit == "cm-1")
    columns = assign_columns(list(file.columns), options, file.name)
    stem = file.name.rsplit(".", 1)[0]
    ids = UniqueIds(file.name)
    for start in range(0, file.count, rows):
        stop = min(start + rows, file.count)
        numbers = range(start + 1, stop + 1)
        table = columns.table(
            np.asarray(file.intensity(start, stop), dtype=np.float64)[:, axis.order],
            axis.wavenumber,
            list(zip(*(column[start:stop] for column in file.columns.values()), strict=True))
            or [()] * len(numbers),
            default_ids=[stem if file.count == 1 else f"{stem} {number}" for number in numbers],
            source=[f"{file.name} spectrum {number}" for number in numbers],
            notes=(*file.notes, *axis.notes, *columns.notes),
        )
        yield ids.check(table)
