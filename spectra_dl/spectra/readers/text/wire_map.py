"""Renishaw WiRE map text: one point a line under the header ``#X #Y #Wave #Intensity``."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import SortedAxis, check_size, sorted_axis
from spectra_dl.spectra.readers.columns import Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.text.dialect import Records
from spectra_dl.spectra.readers.text.shape import CellReader, Shape
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.table import SpectraTable

WAVE, INTENSITY = "#wave", "#intensity"


def is_map(header: list[str]) -> bool:
    """Say whether ``header`` is that of a WiRE map."""
    lowered = [name.lower() for name in header]
    return len(header) > 2 and WAVE in lowered and INTENSITY in lowered


@dataclass
class _Point:
    """The spectrum of one place while its lines are read."""

    place: tuple[str, ...]
    line: int
    wave: list[float] = field(default_factory=list)
    intensity: list[float] = field(default_factory=list)


def read_map(records: Records, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra of a map in blocks of ``rows``; the sample id is the place, such as "-11.5/4.0".

    Parameters
    ----------
    records
        The map from its header on.
    options
        Which columns give sample id, patient, label and batch.
    rows
        Spectra in a block, at least 1.

    Raises
    ------
    DataError
        The places have different axes, or come back after another place.
    """
    table = _MapTable(records, options)
    block: list[_Point] = []
    for point in table.points():
        if len(block) == rows:
            yield table.block(block)
            block = []
        block.append(point)
    if not block:
        raise DataError(f"{records.name}: no spectra below the header; export the map again")
    yield table.block(block)


class _MapTable:
    def __init__(self, records: Records, options: ReadOptions) -> None:
        self._records = records
        self._shape = Shape.of(records.sample, records.name, records.delimiter)
        lowered = [name.lower() for name in self._shape.header]
        self._pair = (lowered.index(WAVE), lowered.index(INTENSITY))
        self._places = [k for k in range(len(lowered)) if k not in self._pair]
        names = [self._shape.header[k].lstrip("#") or f"column {k + 1}" for k in self._places]
        self._columns: Columns = assign_columns(names, options, records.name)
        rows = [fields for fields in records.sample[1:] if len(fields) == len(lowered)]
        self._cells = CellReader(self._shape, (fields[k] for fields in rows for k in self._pair))
        self._ids = UniqueIds(records.name)
        self._wave: list[float] = []
        self._axis: SortedAxis  # of the first place, once it was read

    def points(self) -> Iterator[_Point]:
        """Yield the spectrum of each place when its last line was read."""
        stream = iter(self._records)
        next(stream)
        point: _Point | None = None
        for record in stream:
            fields = self._shape.fitted(record)
            wave, intensity = self._cells.numbers(record, [fields[k] for k in self._pair], self._pair)
            place = tuple(fields[k].strip() for k in self._places)
            if point is None or place != point.place:
                if point is not None:
                    yield self._finished(point)
                point = _Point(place, record.line)
            point.wave.append(wave)
            point.intensity.append(intensity)
            check_size(len(point.wave), self._records.name)
        if point is not None:
            yield self._finished(point)

    def _finished(self, point: _Point) -> _Point:
        if not self._wave:
            places = [f"line {point.line + k}" for k in range(len(point.wave))]
            self._wave = point.wave
            self._axis = sorted_axis(np.array(point.wave), places, self._records.name)
        if point.wave != self._wave:
            raise DataError(
                f"{self._records.name} line {point.line}: the spectrum of place {'/'.join(point.place)} does not have the "
                f"{len(self._wave)} wavenumbers of the first place; export the map again"
            )
        # One list for all places: the block keeps the intensities only.
        point.wave = self._wave
        return point

    def block(self, points: list[_Point]) -> SpectraTable:
        """Put the spectra of some places together."""
        table = self._columns.table(
            np.array([point.intensity for point in points])[:, self._axis.order],
            self._axis.wavenumber,
            [point.place for point in points],
            default_ids=["/".join(point.place) for point in points],
            source=[f"{self._records.name} line {point.line}" for point in points],
            notes=(
                *self._records.notes,
                "the table is a WiRE map: each place is a spectrum",
                *self._axis.notes,
                *self._columns.notes,
                *self._cells.notes,
            ),
            overlaps=self._axis.overlaps,
        )
        return self._ids.check(table)
