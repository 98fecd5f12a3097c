"""Tables with one spectrum a column: one column holds the axis; two columns are one spectrum."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import refuse_few, sorted_axis
from spectra_dl.spectra.readers.columns import assign_columns
from spectra_dl.spectra.readers.instruments.recording import Recording, iter_recordings, number_text
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.several_files import concatenate
from spectra_dl.spectra.readers.stated.claims import check_text
from spectra_dl.spectra.readers.stated.conversion import Laser, StatedAxis, as_raman_shift
from spectra_dl.spectra.readers.stated.statements import Statements, bare_unit, read_statements
from spectra_dl.spectra.readers.stated.units import foreign_intensity, stated_unit
from spectra_dl.spectra.readers.text.columns.companions import choose_spectra, is_derived
from spectra_dl.spectra.readers.text.columns.pairs import (
    AxisGroup,
    axis_groups,
    is_second_axis,
    repeated_axis,
)
from spectra_dl.spectra.readers.text.columns.point_rows import NameRow, PointRows
from spectra_dl.spectra.readers.text.dialect import Records
from spectra_dl.spectra.readers.text.header import INTENSITY_WORD, unknown_name
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.readers.text.ramps import like_an_axis
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.windows import average_duplicates
from spectra_dl.spectra.readers.wording import listed, quoted, stem
from spectra_dl.spectra.table import SpectraTable


def read_columns(records: Records, options: ReadOptions) -> SpectraTable:
    """Read a table with one spectrum a column, whole.

    The axis is the column that names it, else the first that can be one. Rows above the wavenumbers are metadata by the name in
    their first cell; the first of them, the header, gives the sample ids unless a row ``sample_id`` does. Below the
    wavenumbers only rows of a usual or chosen name are metadata.

    Parameters
    ----------
    records
        The table from its first row on.
    options
        Which rows of metadata give sample id, patient, label and batch; which columns are spectra; the laser.

    Raises
    ------
    DataError, UsageError
        As `sorted_axis`, `assign_columns`, `choose_spectra`, `read_statements`, `Shape.fitted` and `CellReader.numbers`; or a row
        between the wavenumbers begins with none.
    """
    rows = PointRows(records, options)
    rows.read()
    table = _Columnwise(rows, options, records).table()
    return UniqueIds(records.name).check(table)


def iter_columns(table: SpectraTable, rows: int) -> Iterator[SpectraTable]:
    """Yield a table in blocks.

    Parameters
    ----------
    table
        Of any length.
    rows
        Spectra in a block, at least 1; only the last block is smaller.
    """
    for start in range(0, len(table), rows):
        yield table.select(np.arange(start, min(start + rows, len(table))))


# A line that says what the intensities are: "YUNITS ABSORBANCE".
_HEIGHTS = re.compile(r"\W{0,4}y[\s_-]?(?:units?|axis|label|title|achse|data)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Spectra:
    """Which columns are spectra, and what was left out."""

    columns: tuple[int, ...]
    notes: tuple[str, ...]


class _Columnwise:
    """The spectra in the columns of a table that was read."""

    def __init__(self, rows: PointRows, options: ReadOptions, records: Records) -> None:
        self._rows, self._options, self._where = rows, options, records.name
        self._axis_column = rows.layout.axis
        self._name_rows, units = _without_units(rows.name_rows, self._axis_column)
        self._names = rows.names
        self._texts = texts = [line.text for line in records.text]
        over_axis = [self._names[self._axis_column], *units, rows.unit_in_names]
        heading = records.heading if rows.header is None else ""
        self._statements: Statements = read_statements(texts, over_axis, self._where, heading)
        self._unknown = unknown_name(over_axis, options.named().values())
        self._laser = Laser(options.laser_nm, self._statements.laser_nm)

    def table(self) -> SpectraTable:
        """Put the spectra together."""
        columns = self._rows.columns
        groups = axis_groups(self._axis_column, {self._axis_column: self._rows.axis, **columns}, self._names)
        groups = [group for group in groups if not self._options.intensity]
        if len(groups) > 1:
            return self._of_groups(groups, columns)
        self._refuse_gaps_in_axis()
        count = repeated_axis(self._rows.axis)
        if count > 1:
            return self._below_each_other(columns, count)
        return self._on_one_axis(columns, self._spectra(columns))

    def _refuse_gaps_in_axis(self) -> None:
        missing = np.flatnonzero(np.isnan(self._rows.axis))
        if missing.size:
            raise DataError(
                f"{self._where} line {self._rows.lines[int(missing[0])]}: no wavenumber beside numbers; add it, or delete the line"
            )

    def _spectra(self, columns: dict[int, FloatArray]) -> _Spectra:
        """Return the columns that are samples."""
        axis = self._rows.axis
        ramps = [] if self._options.intensity else [k for k in columns if like_an_axis(columns[k], axis)]
        if behind := next((k for k in ramps if is_second_axis(columns[k], axis, self._names[k])), None):
            raise DataError(
                f"{self._where}: column {behind + 1} ({quoted(self._names[behind])}) is another axis behind its spectrum; put every axis "
                "before its spectra, or give each spectrum a file of its own"
            )
        others = {k: column for k, column in columns.items() if k not in ramps}
        notes: tuple[str, ...] = ()
        if ramps:
            places = listed(
                [f"{k + 1} ({quoted(self._names[k])})" if self._names[k] else f"{k + 1}" for k in ramps]
            )
            notes = (f"columns left out, they are an axis or row numbers: {places}",)
        if not others:
            refuse_few(axis, self._where)
            raise DataError(
                f"{self._where}: no column of intensities: {len(columns)} beside the axis, and each is an axis or row numbers itself; "
                "export the intensities too"
            )
        chosen = choose_spectra(others, self._names, self._options.intensity, self._where)
        return _Spectra(chosen.spectra, (*notes, *chosen.notes))

    def _stated(self, values: FloatArray, column: int) -> StatedAxis:
        first = column == self._axis_column
        unit = self._statements.unit if first else stated_unit(self._names[column])
        unknown = self._unknown if first else ""
        return as_raman_shift(values, unit or self._statements.unit, self._laser, self._where, unknown)

    def _on_one_axis(self, columns: dict[int, FloatArray], spectra: _Spectra) -> SpectraTable:
        count = len(spectra.columns)
        places = [f"line {line}" for line in self._rows.lines]
        stated = self._stated(self._rows.axis, self._axis_column)
        # A point of one spectrum may have been measured twice; in a table a duplicate row is a mistake.
        axis = sorted_axis(
            stated.values, places, self._where, keep_duplicates=count == 1, stated=stated.stated
        )
        check_text(self._texts, self._rows.axis, self._where, windows=bool(axis.overlaps))
        intensity = np.array([columns[k] for k in spectra.columns])[:, axis.order]  # (n, p)
        wavenumber, intensity, duplicate_notes = average_duplicates(axis.wavenumber, intensity)
        ids, id_note = self._default_ids(spectra.columns)
        metadata = [*self._name_rows, *self._file_rows()]
        parts = assign_columns([row.name for row in metadata], self._options, self._where)
        notes = [*self._rows.first_notes]
        if count > 1:
            notes.append("the table is transposed: each column is a spectrum")
        notes += [
            *self._rows.spelling_notes,
            *stated.notes,
            *axis.notes,
            *duplicate_notes,
            *spectra.notes,
            *parts.notes,
        ]
        if "sample_id" not in parts.parts:
            notes.append(id_note)
        return parts.table(
            intensity,
            wavenumber,
            [[row.cells[k] for row in metadata] for k in spectra.columns],
            default_ids=ids,
            source=[f"{self._where} column {k + 1}" for k in spectra.columns],
            notes=[*notes, *self._method_notes(spectra.columns), *self._rows.cell_notes],
            overlaps=axis.overlaps,
        )

    def _method_notes(self, spectra: Sequence[int]) -> tuple[str, ...]:
        said = [text for text in self._texts if _HEIGHTS.match(text)]
        foreign = [text for text in (*(self._names[k] for k in spectra), *said) if foreign_intensity(text)]
        return (foreign_note(foreign[0]),) if foreign else ()

    def _file_rows(self) -> list[NameRow]:
        """Return what is said of all spectra of the file as rows of metadata: in the text around the table, and in columns of text."""
        width = len(self._names)
        known = {row.name for row in self._name_rows}
        said = {name: text for name, text in self._statements.columns.items() if name not in known}
        for k, cells in self._rows.texts.items():
            if len(set(cells)) > 1:
                raise DataError(
                    f"{self._where}: column {k + 1} ({quoted(self._names[k])}) holds text that changes between the points of a spectrum; "
                    "delete the column, or give a table with a spectrum a row or a column"
                )
            said.setdefault(self._names[k] or f"column {k + 1}", cells[0])
        return [NameRow(name, 0, (text,) * width) for name, text in said.items()]

    def _default_ids(self, spectra: Sequence[int]) -> tuple[list[str], str]:
        """Take the header off the metadata as the sample ids, unless it or another row has that part."""
        names = [row.name for row in self._name_rows]
        parts = assign_columns(names, self._options, self._where).parts
        at = self._name_rows.index(self._rows.header) if self._rows.header else -1
        if at >= 0 and "sample_id" not in parts and at not in parts.values():
            header = self._name_rows.pop(at).cells
            first = header[spectra[0]]
            unnamed = INTENSITY_WORD.fullmatch(first) or is_derived(first) or foreign_intensity(first)
            if len(spectra) > 1 or not unnamed:
                return [header[k] for k in spectra], "the sample ids are the names of the columns"
        if len(spectra) == 1:
            return [stem(self._where)], "the sample id is the file's name"
        return [str(k + 1) for k in range(len(spectra))], "no sample ids; the columns were numbered"

    def _of_groups(self, groups: Sequence[AxisGroup], columns: dict[int, FloatArray]) -> SpectraTable:
        """Read spectra that have an axis each."""
        all_columns = {self._axis_column: self._rows.axis, **columns}
        ids, _ = self._default_ids([k for group in groups for k in group.spectra])
        if len(set(ids)) < len(ids) or "" in ids:  # "Intensity" over every spectrum
            ids = [f"{stem(self._where)}/{k + 1}" for k in range(len(ids))]
        named = iter(ids)
        note = f"the columns come as {len(groups)} axes, each with its spectra behind it"
        recordings = []
        for group in groups:
            axis = all_columns[group.axis]
            known = np.isfinite(axis)
            stated = self._stated(axis[known], group.axis)
            metadata = {
                row.name: [row.cells[k] for k in group.spectra]
                for row in [*self._name_rows, *self._file_rows()]
            }
            recordings.append(
                Recording(
                    self._where,
                    stated.values,
                    np.array([columns[k][known] for k in group.spectra]),
                    {"sample_id": [next(named) for _ in group.spectra], **metadata},
                    stated=stated.stated,
                    notes=(*self._rows.first_notes, note, *stated.notes, *self._rows.cell_notes),
                )
            )
        try:
            return concatenate(list(iter_recordings(recordings, self._options, rows=1024)))
        except DataError as err:  # axes that share too little name no file
            text = str(err)
            raise DataError(text if text.startswith(self._where) else f"{self._where}: {text}") from err

    def _below_each_other(self, columns: dict[int, FloatArray], count: int) -> SpectraTable:
        """Read spectra that stand below each other, each on the same axis; columns that change only between them say which is which."""
        runs = {k: column.reshape(count, -1) for k, column in columns.items()}
        places = [k for k, run in runs.items() if np.all(run == run[:, :1]) and len(columns) > 1]
        spectra = self._spectra({k: column for k, column in columns.items() if k not in places})
        if len(spectra.columns) > 1:
            raise DataError(
                f"{self._where}: the axis stands {count} times below itself, with {len(spectra.columns)} columns beside it; give a table "
                "with a spectrum a row or a column, or choose a column with --intensity COLUMN"
            )
        stated = self._stated(self._rows.axis.reshape(count, -1)[0], self._axis_column)
        at = spectra.columns[0]
        self._default_ids(spectra.columns)  # the header is no metadata
        metadata = {row.name: [row.cells[at]] * count for row in [*self._name_rows, *self._file_rows()]}
        named = {
            self._names[k] or f"column {k + 1}": [number_text(value) for value in runs[k][:, 0]]
            for k in places
        }
        recording = Recording(
            self._where,
            stated.values,
            runs[at],
            {**metadata, **named},
            stated=stated.stated,
            notes=(
                *self._rows.first_notes,
                f"the axis stands {count} times below itself: {count} spectra",
                *stated.notes,
                *spectra.notes,
                *self._rows.cell_notes,
            ),
        )
        return concatenate(list(iter_recordings([recording], self._options, rows=1024)))


def foreign_note(name: str) -> str:
    """Return the note about intensities that the file says were not measured by Raman scattering.

    >>> foreign_note("Absorbance")
    "the file calls its intensities 'Absorbance': Raman spectra are not absorbance or transmittance; check that these are Raman spectra"
    """
    return (
        f"the file calls its intensities {quoted(name)}: Raman spectra are not absorbance or transmittance; check that these are Raman "
        "spectra"
    )


def _without_units(rows: Sequence[NameRow], axis: int) -> tuple[list[NameRow], list[str]]:
    """Return the rows of names without that of units, and the unit it gives the axis."""
    kept, units = [], []
    for at, row in enumerate(rows):
        if at and bare_unit(row.cells[axis]) and not any(map(looks_numeric, row.cells)):
            units.append(row.cells[axis])
        else:
            kept.append(row)
    return kept, units
