"""Spectra as pandas data frames and back, and as a small HTML table in notebooks."""

import html
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.spectra.hdf5_files import named_columns
from spectra_dl.spectra.readers import replicated_blocks
from spectra_dl.spectra.readers.axis import MIN_POINTS, SortedAxis, sorted_axis
from spectra_dl.spectra.readers.columns import ROWS_NUMBERED, USUAL_NAMES, Columns, assign_columns
from spectra_dl.spectra.readers.instruments.units import check_unit
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.stated.conversion import Laser, as_raman_shift
from spectra_dl.spectra.readers.text.header import INVERSE_CM
from spectra_dl.spectra.readers.text.numbers import NumberFormat, looks_numeric
from spectra_dl.spectra.readers.wording import printable, quoted
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "source"
_ORIGIN = "spectra_dl"
_WHERE = "data frame"
_IDS = ("sample_id", "patient")
_NUMBER = re.compile(r"\s*+[-+−]?[0-9]++(?:[.,][0-9]++)*+(?:e[-+]?[0-9]++)?\s*+", re.IGNORECASE)
_AMONG_WORDS = re.compile(r"([^0-9]*+)([0-9]++(?:\.[0-9]++)?)([^0-9]*+)")
_FEWEST_IN_WORDS = 3
_SHIFT_UNIT = re.compile(INVERSE_CM, re.IGNORECASE)
# A column "3 months" or "2 cm" is metadata; these are what axes of spectrometers count in.
_FOREIGN_UNIT = re.compile(r"nm|[µμu]m|nanomet(?:er|re)s?|m?ev|[tg]?hz|m/z|px|pixels?", re.IGNORECASE)
_ROWS_SHOWN, _NOTES_SHOWN, _LONGEST_CELL = 5, 10, 60


def to_frame(table: SpectraTable) -> "pd.DataFrame":
    """Return a table as a data frame; see `SpectraTable.to_pandas`."""
    import pandas as pd

    for name in table.metadata:
        if looks_numeric(name) or _shift(name) is not None or name in USUAL_NAMES:
            raise DataError(
                f"the metadata column {quoted(name)} would be taken for a wavenumber, an id or a label; give it another name"
            )
    texts = pd.DataFrame(dict(named_columns(table)), dtype=object)
    values = pd.DataFrame(table.intensity, columns=list(map(repr, table.wavenumber.tolist())))
    frame = pd.concat([texts, values], axis=1)
    if table.source is not None:
        frame.index = pd.Index(table.source, name=SOURCE, dtype=object)
    frame.attrs[_ORIGIN] = {"notes": list(table.notes)}
    return frame


def from_frame(frame: "pd.DataFrame", options: ReadOptions | None) -> SpectraTable:
    """Return a data frame as a table; see `SpectraTable.from_pandas`.

    Parameters
    ----------
    frame
        ``(n, k)``, a row per spectrum.
    options
        Which columns say who each spectrum belongs to; None takes the usual names.
    """
    options = options or ReadOptions()
    if options.samples is not None:
        raise UsageError(
            "a data frame has no sample sheet; leave samples out, or join its columns to the frame"
        )
    if not len(frame):
        raise DataError(f"{_WHERE}: no rows in it; give at least one spectrum")
    origin = _origin(frame)
    # What came from a table is taken as it stands; elsewhere " a" and "a" would be two patients.
    tidy = str.strip if origin is None else str
    names = [tidy(_column_name(name)) for name in frame.columns]
    at_axis = [k for k, name in enumerate(names) if _is_wavenumber(name, options)]
    if not at_axis:
        _refuse_foreign_units(names)
    at_text = [k for k in range(len(names)) if k not in set(at_axis)]
    axis, unit_notes = _axis([names[k] for k in at_axis], options, stated=origin is not None)
    columns = assign_columns([names[k] for k in at_text], options, _WHERE)
    cells, id_notes = _cells(frame, at_text, columns, tidy)
    intensity = _intensity(frame, [at_axis[k] for k in axis.order])
    table = columns.table(
        intensity,
        axis.wavenumber,
        list(zip(*cells, strict=True)) or [()] * len(frame),
        default_ids=[str(row + 1) for row in range(len(frame))],
        source=[f"{_WHERE} row {row + 1}" for row in range(len(frame))],
        notes=(
            *unit_notes,
            *_notes(origin, axis, columns),
            *id_notes,
            *(_gap_notes(intensity, axis) if origin is None else []),
        ),
        overlaps=axis.overlaps,
    )
    _refuse_doubled_ids(table.sample_id)
    table = replace(table, source=_source(frame, table, known=origin is not None))
    if options.replicates is not None:
        (table,) = replicated_blocks([table], options.replicates)
    return table


def _column_name(name: Hashable) -> str:
    if isinstance(name, tuple):
        raise DataError(f"{_WHERE}: columns of several levels; give each column one name")
    if isinstance(name, float | np.floating):
        return repr(float(name))
    return str(name)


def column_axis(columns: Iterable[Hashable]) -> FloatArray | None:
    """Return the wavenumbers that the names of columns are, in the columns' order.

    Parameters
    ----------
    columns
        ``(p,)`` numbers, or texts that spell numbers, with or without the unit cm⁻¹, or with the same words around each, as R's
        ``X400.5``. Words with 0, 1, 2, ... are a numbering, such as ``pca0``.

    Returns
    -------
    ndarray or None
        ``(p,)`` float64; None where no name is a number.

    Raises
    ------
    DataError
        Some names are numbers and others are not, or they have another unit.

    Examples
    --------
    >>> column_axis(["400 cm-1", 402.5]), column_axis(["X400", "X402", "X404"]), column_axis(["CH2", "amide I"])
    (array([400. , 402.5]), array([400., 402., 404.]), None)
    """
    names = [_column_name(name) for name in columns]
    _refuse_foreign_units(names)
    shifts = [_shift(name) for name in names]
    others = [name for name, shift in zip(names, shifts, strict=True) if shift is None]
    if len(others) == len(names):
        return _axis_among_words(names)
    if others:
        raise DataError(
            f"{_WHERE}: {len(names) - len(others)} columns are wavenumbers, but {first_few(map(quoted, others))} is none; give the "
            "columns of intensities alone, for instance X[wavenumbers]"
        )
    return np.array(shifts, dtype=np.float64)


def _axis_among_words(names: Sequence[str]) -> FloatArray | None:
    """Return the numbers that stand in names with the same words around each; None for other names and for a numbering."""
    parts = [_AMONG_WORDS.fullmatch(name) for name in names]
    words = {(part[1], part[3]) if part else None for part in parts}
    if len(names) < _FEWEST_IN_WORDS or len(words) > 1 or None in words:
        return None
    unit = next(part[3] for part in parts if part).strip(" _.[]()")
    if _FOREIGN_UNIT.fullmatch(unit):
        check_unit(unit, f"{_WHERE}, column {quoted(names[0])}")
    values = np.array([float(part[2]) for part in parts if part])
    numbering = np.arange(values.size) + min(values.min(), 1.0)
    return None if np.array_equal(np.sort(values), numbering) else values


def _number_and_unit(name: str) -> tuple[str, str]:
    """Return the number that a name begins with and what stands behind it, without brackets."""
    number = _NUMBER.match(name)
    return (number.group(), name[number.end() :].strip(" []()")) if number else ("", "")


def _refuse_foreign_units(names: Sequence[str]) -> None:
    for name in names:
        _, unit = _number_and_unit(name)
        if _FOREIGN_UNIT.fullmatch(unit):
            check_unit(unit, f"{_WHERE}, column {quoted(name)}")


def _shift(name: str) -> float | None:
    """Return the wavenumber that a column's name is, or None; the unit may stand behind the number."""
    number, unit = _number_and_unit(name)
    shown = number if _SHIFT_UNIT.fullmatch(unit) else name
    if not looks_numeric(shown):
        return None
    value = NumberFormat().number(shown.strip())
    if value is None:
        raise DataError(
            f"{_WHERE}: column {quoted(name)} is a number in another spelling; write it with a decimal point and no thousands mark"
        )
    return value


def _is_wavenumber(name: str, options: ReadOptions) -> bool:
    return name not in options.named().values() and _shift(name) is not None


def _axis(names: Sequence[str], options: ReadOptions, *, stated: bool) -> tuple[SortedAxis, tuple[str, ...]]:
    values = np.array([_shift(name) for name in names], dtype=np.float64)
    places = [f"column {quoted(name)}" for name in names]
    if stated or not values.size:
        return sorted_axis(values, places, _WHERE, stated=stated, fewest=MIN_POINTS), ()
    shifts = as_raman_shift(values, None, Laser(options.laser_nm), _WHERE)
    return sorted_axis(shifts.values, places, _WHERE, stated=shifts.stated, fewest=MIN_POINTS), shifts.notes


def _intensity(frame: "pd.DataFrame", positions: Sequence[int]) -> FloatArray:
    """Return ``(n, p)`` numbers of the columns at ``positions``."""
    import pandas as pd

    chosen = frame.iloc[:, list(positions)]
    for name, kind in zip(chosen.columns, chosen.dtypes, strict=True):
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind) or kind.kind == "c":
            raise DataError(
                f"{_WHERE}: column {quoted(str(name))} holds {kind}, not numbers; turn it into numbers, for instance with "
                "pandas.to_numeric"
            )
    return np.asarray(chosen.to_numpy(dtype=np.float64, na_value=np.nan))


def _cells(
    frame: "pd.DataFrame", positions: Sequence[int], columns: Columns, tidy: Callable[[str], str]
) -> tuple[list[TextArray], list[str]]:
    """Return the text of each column of metadata, and notes on ids that came as numbers."""
    ids = {columns.parts[role] for role in _IDS if role in columns.parts}
    cells, notes = [], []
    for at, position in enumerate(positions):
        series = frame.iloc[:, position]
        if at in ids:
            notes += _id_notes(series, columns.names[at])
        missing = series.isna().to_numpy()
        texts = text_array(map(tidy, text_array(series.to_numpy(dtype=object))))
        cells.append(np.where(missing, "", texts))
    return cells, notes


def _id_notes(series: "pd.Series[Any]", name: str) -> list[str]:
    """Refuse ids that are fractions, and note those that are whole numbers: "07" may have stood in the file."""
    import pandas as pd

    values = series.dropna().to_numpy(dtype=object)
    if any(isinstance(value, float | np.floating) for value in values):
        raise DataError(
            f"{_WHERE}: column {quoted(name)} holds ids as numbers with a decimal point; read them as text, for instance with "
            "pandas.read_csv(..., dtype=str) for this column"
        )
    if pd.api.types.is_integer_dtype(series.dtype):
        return [
            f"the ids in column {quoted(name)} were numbers; zeros in front of them, if there were any, are lost"
        ]
    return []


def _origin(frame: "pd.DataFrame") -> dict[str, Any] | None:
    """Return what `to_frame` left in the frame; None if it came from elsewhere."""
    origin = frame.attrs.get(_ORIGIN)
    return origin if isinstance(origin, dict) else None


def _notes(origin: dict[str, Any] | None, axis: SortedAxis, columns: Columns) -> tuple[str, ...]:
    """Return what is to be said of the columns; in a frame from `to_frame` nothing but their order can be new."""
    if origin is not None:
        moved = bool(np.any(np.diff(axis.order) < 0))
        return (*map(str, origin.get("notes", ())), *(axis.notes[:1] if moved else ()))
    ids = () if "sample_id" in columns.parts else (ROWS_NUMBERED,)
    return (*axis.notes, *columns.notes, *ids)


def _gap_notes(intensity: FloatArray, axis: SortedAxis) -> list[str]:
    gaps = np.argwhere(np.isnan(intensity))
    if not len(gaps):
        return []
    row, point = gaps[0]
    return [f"some cells hold no value, the first in row {row + 1} at {axis.wavenumber[point]:g} cm⁻¹"]


def _refuse_doubled_ids(sample_id: TextArray) -> None:
    first: dict[str, int] = {}
    for row, name in enumerate(sample_id, start=1):
        if not name:
            raise DataError(f"{_WHERE} row {row}: the sample id is empty; give every spectrum one")
        if first.setdefault(name, row) != row:
            raise DataError(
                f"{_WHERE}: sample id {quoted(name)} stands twice, in rows {first[name]} and {row}; make ids unique, or "
                "name another column as sample_id (a column can be the patient instead)"
            )


def _source(frame: "pd.DataFrame", table: SpectraTable, *, known: bool) -> NDArray[np.object_] | None:
    if frame.index.name == SOURCE:
        return text_array(frame.index)
    return None if known else table.source


def table_html(table: SpectraTable, summary: Sequence[str]) -> str:
    """Return a summary, the first spectra's columns of text and the notes as HTML.

    Parameters
    ----------
    table
        The spectra.
    summary
        Its numbers in words.

    Returns
    -------
    str
        One ``<div>``, in which every text of the table is escaped and cut after 60 characters.
    """
    columns = named_columns(table)
    lines = [f"<p><b>SpectraTable</b>: {_shown(', '.join(summary))}</p>"]
    lines.append(
        "<table><thead><tr>"
        + "".join(f"<th>{_shown(name)}</th>" for name in columns)
        + "</tr></thead><tbody>"
    )
    for row in range(min(len(table), _ROWS_SHOWN)):
        lines.append(
            "<tr>" + "".join(f"<td>{_shown(column[row])}</td>" for column in columns.values()) + "</tr>"
        )
    lines.append("</tbody></table>")
    if len(table) > _ROWS_SHOWN:
        lines.append(f"<p>and {len(table) - _ROWS_SHOWN} more</p>")
    if table.notes:
        notes = "".join(f"<li>{_shown(note, 200)}</li>" for note in table.notes[:_NOTES_SHOWN])
        lines.append(f"<ul>{notes}</ul>")
    return f"<div>{''.join(lines)}</div>"


def _shown(text: str, longest: int = _LONGEST_CELL) -> str:
    return html.escape(printable(text, longest))
