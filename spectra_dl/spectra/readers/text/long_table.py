"""Tables with one point of a spectrum a row, such as the maps, series and depth profiles that Renishaw's WiRE writes as text."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import SortedAxis, check_size, sorted_axis
from spectra_dl.spectra.readers.columns import Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.stated.conversion import Laser, as_raman_shift
from spectra_dl.spectra.readers.stated.statements import read_statements
from spectra_dl.spectra.readers.text.columns.layout import ColumnLayout
from spectra_dl.spectra.readers.text.dialect import Record, Records
from spectra_dl.spectra.readers.text.header import axis_spelling, unknown_name
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.readers.text.shape import CellReader, Shape
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import listed, quoted
from spectra_dl.spectra.table import SpectraTable


@dataclass
class _Point:
    """The spectrum of one place while its lines are read."""

    place: tuple[str, ...]
    line: int
    wave: list[float] = field(default_factory=list)
    intensity: list[float] = field(default_factory=list)


def read_long(
    records: Records, layout: ColumnLayout, options: ReadOptions, *, rows: int
) -> Iterator[SpectraTable]:
    """Yield the spectra of a long table in blocks of ``rows``; the sample id is the place, such as "-11.5/4.0".

    Parameters
    ----------
    records
        The table from its first row on.
    layout
        Which columns are the axis, the intensities and the places.
    options
        Which columns give sample id, patient, label and batch; the laser.
    rows
        Spectra in a block, at least 1.

    Raises
    ------
    DataError
        The places have different axes, or come back after another place.
    """
    table = _LongTable(records, layout, options)
    block: list[_Point] = []
    for point in table.points():
        if len(block) == rows:
            yield table.block(block)
            block = []
        block.append(point)
    if not block:
        raise DataError(f"{records.name}: no spectra below the header; export the map again")
    yield table.block(block)


class _LongTable:
    def __init__(self, records: Records, layout: ColumnLayout, options: ReadOptions) -> None:
        self._records, self._options = records, options
        self._shape = Shape.of(records.sample, records.name, records.delimiter)
        self._pair = (layout.axis, layout.intensity)
        self._places = layout.places
        self._names = [name.lstrip("#").strip() or f"column {k + 1}" for k, name in enumerate(layout.names)]
        self._columns: Columns = assign_columns([self._names[k] for k in self._places], options, records.name)
        rows = [fields for fields in records.sample if len(fields) == len(layout.names)]
        rows = [fields for fields in rows if looks_numeric(fields[layout.intensity])]
        self._cells = CellReader(self._shape, (fields[k] for fields in rows for k in self._pair))
        self._spelling, _ = axis_spelling([fields[layout.axis] for fields in rows], records.name)
        self._left_out = [
            self._names[k] for k in range(len(self._names)) if k not in (*self._pair, *self._places)
        ]
        self._header = [layout.names[layout.axis]]
        self._ids = UniqueIds(records.name)
        self._wave: list[float] = []
        self._axis: SortedAxis  # of the first place, once it was read
        self._axis_notes: tuple[str, ...] = ()

    def points(self) -> Iterator[_Point]:
        """Yield the spectrum of each place when its last line was read."""
        point: _Point | None = None
        for record in self._records:
            fields = self._shape.fitted(record)
            place = tuple(fields[k].strip() for k in self._places)
            if not self._wave and point is None and not looks_numeric(fields[self._pair[1]]):
                self._header.append(fields[self._pair[0]].strip())
                continue
            wave, intensity = self._numbers(record, fields)
            if point is None or place != point.place or wave == point.wave[0]:
                if point is not None:
                    yield self._finished(point)
                point = _Point(place, record.line)
            point.wave.append(wave)
            point.intensity.append(intensity)
            check_size(len(point.wave), self._records.name)
        if point is not None:
            yield self._finished(point)

    def _numbers(self, record: Record, fields: list[str]) -> tuple[float, float]:
        wave, intensity = self._cells.numbers(record, [fields[k] for k in self._pair], self._pair)
        return wave, intensity

    def _finished(self, point: _Point) -> _Point:
        if not self._wave:
            places = [f"line {point.line + k}" for k in range(len(point.wave))]
            self._wave = point.wave
            where = self._records.name
            said = read_statements((line.text for line in self._records.text), self._header, where)
            laser = Laser(self._options.laser_nm, said.laser_nm)
            stated = as_raman_shift(np.array(point.wave), said.unit, laser, where, unknown_name(self._header))
            self._axis = sorted_axis(stated.values, places, where, stated=stated.stated)
            self._axis_notes = (*stated.notes, *self._axis.notes)
        if point.wave != self._wave:
            raise DataError(
                f"{self._records.name} line {point.line}: the spectrum of place {quoted('/'.join(point.place), 80)} does not have the "
                f"{len(self._wave)} wavenumbers of the first place; export the map again"
            )
        # One list for all places: the block keeps the intensities only.
        point.wave = self._wave
        return point

    def block(self, points: list[_Point]) -> SpectraTable:
        """Put the spectra of some places together."""
        left_out = (f"columns left out: {listed(self._left_out, 120)}",) if self._left_out else ()
        table = self._columns.table(
            np.array([point.intensity for point in points])[:, self._axis.order],
            self._axis.wavenumber,
            [point.place for point in points],
            default_ids=["/".join(point.place) for point in points],
            source=[f"{self._records.name} line {point.line}" for point in points],
            notes=(
                *self._records.notes,
                "each row is a point: the spectra are those of the places in the columns "
                + listed([self._names[k] for k in self._places], 120),
                *left_out,
                *self._axis_notes,
                *self._columns.notes,
                *self._cells.notes,
            ),
            overlaps=self._axis.overlaps,
        )
        return self._ids.check(table)
