"""Names of columns (or rows): which are wavenumbers, which metadata, in whatever spelling an export uses."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import SortedAxis, sorted_axis
from spectra_dl.spectra.readers.columns import USUAL_NAMES
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.stated.conversion import Laser, as_raman_shift
from spectra_dl.spectra.readers.stated.statements import Statements, agreed
from spectra_dl.spectra.readers.stated.units import StatedUnit, stated_unit
from spectra_dl.spectra.readers.text.numbers import (
    MINUS,
    NumberFormat,
    decide_format,
    is_missing,
    looks_numeric,
)
from spectra_dl.spectra.readers.wording import listed, quoted
from spectra_dl.storage.text.csv_rows import restored

# Possessive (\s*+): a cell of nothing but spaces must not be tried in every way they can be shared out.
INVERSE_CM = r"(?:rel\.?\s*+)?(?:cm\s*+\^?\s*+\(?\s*+[-?¯]?\s*+[1¹]\)?|cm⁻¹|1?\s{0,3}+/\s{0,3}+cm)"
_OTHER_UNITS = r"nm|[uµμ]m|Å|m?ev|[tg]hz|px|pixels?|m/z|da|s|sec|ms"
# A prefix like R's X, then a number, then a unit with or without brackets.
WAVENUMBER = re.compile(
    rf"(?!1\s?/)(?P<prefix>(?:[^\W\d]{{1,12}}[ _]?)?)(?P<number>[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?)"
    rf"\s*+[\[(]?\s*+(?P<unit>_?{INVERSE_CM}|{_OTHER_UNITS})?\s*+[\])]?",
    re.IGNORECASE,
)
_AXIS_WORD = re.compile(rf"wave|shift|{INVERSE_CM}|\bwn\b|frequency", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"\W+")
# As pandas and R call a column without a name.
_UNNAMED = re.compile(r"Unnamed: \d+|[VX]\d+|column \d+|row \d+|\W*", re.IGNORECASE)
INTENSITY_WORD = re.compile(
    r".*(?:intens|count|signal|amplitude|arb|raman).*|a\.?\s?u\.?|[iy]|", re.IGNORECASE
)
RENAMED_NEGATIVE = re.compile(r"[^\W\d]{1,12}\.\d[\d.]*")
RENAMED_DOUBLE = re.compile(r"\d+(?:\.\d+){2}")


def names_an_axis(name: str) -> bool:
    """Return whether a name says that wavenumbers or wavelengths follow.

    Examples
    --------
    >>> names_an_axis("Raman shift / cm-1"), names_an_axis("(x)"), names_an_axis("sample")
    (True, True, False)
    """
    bare = _BETWEEN_WORDS.sub("", name).lower()
    return bare in ("x", "nm", "xaxis") or _AXIS_WORD.search(name) is not None


def heads_an_axis(name: str) -> bool:
    """Return whether a name can stand over an axis: it names one, or a unit of one.

    >>> heads_an_axis("Wavelength"), heads_an_axis("eV"), heads_an_axis("sample")
    (True, True, False)
    """
    return names_an_axis(name) or stated_unit(name) is not None


def unknown_name(names: Sequence[str], metadata: Collection[str] = ()) -> str:
    """Return the name over an axis if no name there is one of an axis, of a unit, or of ids; else "".

    Parameters
    ----------
    names
        What stands over the axis: its name, and its unit where that has a line of its own.
    metadata
        Names the user gave as metadata.

    Examples
    --------
    >>> unknown_name(["Point"]), unknown_name(["Raman shift", "(cm-1)"]), unknown_name(["sample_id"])
    ('Point', '', '')
    """
    known = {*metadata, *USUAL_NAMES}
    silent = any(heads_an_axis(name) or name in known for name in names)
    first = next((name for name in names if name.strip()), "")
    return "" if silent or looks_numeric(first) or _UNNAMED.fullmatch(first) else first


@dataclass(frozen=True)
class AxisNames:
    """The spelling shared by the names of an axis.

    Attributes
    ----------
    prefix
        Before each number, such as R's "X"; "" if none.
    format
        How the numbers are written.
    where
        The file, for messages.
    unit
        That the names carry, before or behind their numbers; None if they carry none.
    """

    prefix: str
    format: NumberFormat
    where: str
    unit: StatedUnit | None = None

    def wavenumber(self, name: str) -> float | None:
        """Return the number that ``name`` spells in the axis' own unit, or None for other names."""
        spelled = WAVENUMBER.fullmatch(name.strip().translate(MINUS))
        if not spelled or spelled["prefix"] != self.prefix:
            return None
        return self.format.number(spelled["number"])


def axis_spelling(names: Sequence[str], where: str) -> tuple[AxisNames, list[str]]:
    """Return the spelling that most names share as numbers, with the notes about it.

    Parameters
    ----------
    names
        Of columns, or the first cells of rows.
    where
        The file, for messages.

    Returns
    -------
    spelling
        Plain numbers where no name is one.
    notes
        What was guessed.

    Raises
    ------
    DataError
        As `decide_format`, or the names carry different units.
    """
    spelled = [match for name in names if (match := WAVENUMBER.fullmatch(name.strip().translate(MINUS)))]
    if not spelled:
        return AxisNames("", NumberFormat(), where), []
    prefix, _ = Counter(match["prefix"] for match in spelled).most_common(1)[0]
    numbers = [match["number"] for match in spelled if match["prefix"] == prefix]
    number_format, notes = decide_format(numbers, f"{where}, wavenumbers")
    notes = [f"in the wavenumbers, {note}" for note in notes]
    if prefix:
        notes.append(f"the names of the wavenumbers begin with {quoted(prefix)}; it was left out")
    units = {match["unit"]: None for match in spelled if match["unit"] and match["prefix"] == prefix}
    if units:
        notes.append("the names of the wavenumbers carry their unit; it was left out")
    before = [] if prefix.strip(" _").lower() in ("x", "v", "s") else [prefix]
    stated = [unit for text in (*units, *before) if (unit := stated_unit(text.strip(" _")))]
    return AxisNames(prefix, number_format, where, agreed(stated, where)), notes


def axis_numbers(names: Sequence[str], where: str) -> list[float | None]:
    """Return the wavenumber that each name spells in the spelling most of them share.

    Parameters
    ----------
    names
        Of columns, or the first cells of rows.
    where
        The file, for messages.

    Returns
    -------
    list
        Numbers in the unit of the axis, None for names that are none.

    Raises
    ------
    DataError
        As `axis_spelling`.

    Examples
    --------
    >>> axis_numbers(["sample", "X400.5", "X402.5", "X404.5"], "a.csv")
    [None, 400.5, 402.5, 404.5]
    """
    spelling, _ = axis_spelling(names, where)
    return [spelling.wavenumber(name) for name in names]


@dataclass(frozen=True)
class Layout:
    """What each column of a table is.

    Attributes
    ----------
    names
        Every column's name, stripped; "column 3" where it has none.
    axis_columns
        ``(p,)`` the columns that hold intensities, in file order.
    axis
        Their wavenumbers, sorted, with the order.
    metadata_columns
        The other columns, in file order.
    notes
        What was guessed.
    """

    names: tuple[str, ...]
    axis_columns: NDArray[np.intp]
    axis: SortedAxis
    metadata_columns: tuple[int, ...]
    notes: tuple[str, ...]


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Return stripped names, without a mark against spreadsheets, "column k" for empty ones.

    >>> column_names(["", " id "])
    ('column 1', 'id')
    """
    return tuple(restored(name.strip()) or f"column {k + 1}" for k, name in enumerate(header))


def layout_of(
    header: Sequence[str], options: ReadOptions, where: str, statements: Statements | None = None
) -> Layout:
    """Separate wavenumbers from metadata among the names in ``header``.

    Parameters
    ----------
    header
        The fields of the header line, without empty names at its end.
    options
        Names the user gave as columns of metadata, and the laser.
    where
        The file, for messages.
    statements
        What the file says of its axis.

    Raises
    ------
    DataError
        No wavenumbers, an axis that can't be one or is in another unit, or a name that is neither clearly metadata nor a wavenumber.
    """
    names, statements = column_names(header), statements or Statements()
    metadata_by_option = set(options.named().values())
    candidates = [k for k, name in enumerate(names) if name not in metadata_by_option]
    spelling, notes = axis_spelling([names[k] for k in candidates], where)
    shifts = [(k, value) for k in candidates if (value := spelling.wavenumber(names[k])) is not None]
    if not shifts:
        raise DataError(
            f"{where}: no column is named by a wavenumber; found {listed(names)}; name the axis in cm⁻¹"
        )
    columns = np.array([k for k, _ in shifts])
    values = np.array([value for _, value in shifts])
    _refuse_column_numbers(columns, values, names, where)
    unit = agreed([each for each in (spelling.unit, statements.unit) if each], where)
    stated = as_raman_shift(values, unit, Laser(options.laser_nm, statements.laser_nm), where)
    axis = sorted_axis(stated.values, [f"column {k + 1}" for k in columns], where, stated=stated.stated)
    of_axis = set(columns.tolist())
    metadata = tuple(k for k in range(len(names)) if k not in of_axis)
    doubtful = [k for k in metadata if names[k] not in metadata_by_option]
    _refuse_doubtful(doubtful, columns, names, where)
    _refuse_spoilt_ends(doubtful, columns, values, names, where)
    return Layout(names, columns, axis, metadata, (*notes, *stated.notes, *axis.notes))


def _refuse_column_numbers(
    columns: NDArray[np.intp], values: FloatArray, names: Sequence[str], where: str
) -> None:
    """Refuse columns that are named by their numbers, as programs do that write a table without names."""
    before = values - columns
    if values[0] > 1 and before[0] in (0, 1) and np.all(before == before[0]):
        raise DataError(
            f"{where}: the columns are named by their own numbers, from {quoted(names[columns[0]])} on, and not by wavenumbers; name each by its Raman "
            "shift in cm⁻¹"
        )


def _refuse_doubtful(
    metadata: Sequence[int], columns: NDArray[np.intp], names: Sequence[str], where: str
) -> None:
    for k in metadata:
        place = f"{where}: column {k + 1} ({quoted(names[k])})"
        if columns[0] < k < columns[-1]:
            raise DataError(
                f"{place} stands between the wavenumbers but is none; correct its name or move it to one side"
            )
        if RENAMED_DOUBLE.fullmatch(names[k]):
            raise DataError(
                f"{place} looks like a doubled wavenumber renamed by an export; keep one of the two"
            )
        if RENAMED_NEGATIVE.fullmatch(names[k]):
            raise DataError(
                f"{place} looks like a negative wavenumber renamed by R; export with check.names = FALSE, or rename it"
            )


def _refuse_spoilt_ends(
    metadata: Sequence[int], columns: NDArray[np.intp], values: FloatArray, names: Sequence[str], where: str
) -> None:
    """Refuse a name next to the axis that could be its next wavenumber, misspelt: a point would be lost unseen."""
    for k in metadata:
        digits = sum(c.isdigit() for c in names[k])
        spoilt = names[k][0] in "+-.0123456789" and 2 * digits > len(names[k])
        number = re.search(r"\d+(?:\.\d+)?", names[k])
        adjacent = k in (columns[0] - 1, columns[-1] + 1)
        spoilt |= adjacent and is_missing(names[k])
        if number and adjacent:
            end = values[0] if k < columns[0] else values[-1]
            spoilt |= abs(float(number[0]) - end) <= 1.5 * float(np.median(np.abs(np.diff(values))))
        if spoilt:
            raise DataError(
                f"{where}: column {k + 1} ({quoted(names[k])}) looks like a misspelt wavenumber; correct the name, or call "
                f"the column something that is not a number"
            )
