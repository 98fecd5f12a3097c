"""Which spots lie under tissue, as a column of a table states it in one of the usual spellings."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAMES = (
    "intissue",
    "undertissue",
    "isintissue",
    "isundertissue",
    "ontissue",
    "insidetissue",
    "isinsidetissue",
)
_IN_TEXT = "selected"  # by which selection files of the first arrays mark spots
_UNSURE = ("tissue", "istissue", "tissuemask", "intissuemask", "tissuemarks")  # these may say which tissue
_BESIDE = frozenset(("not", "non", "off", "out", "outside", "beside", "beyond"))
# Words that may stand with "tissue" in the name of a mark: pandas and anndata put x, y and numbers behind joined columns.
_TEXT = """
    auto by corrected covered covers curated filtered final flag flags in inside is loupe manual manually mark marks mask of on orig
    original overlap overlaps ranger space spaceranger spatial spot spots tissue under visium within x y
"""
_WORDS = _BESIDE.union(_TEXT.split())
ON, OFF = ("1", "1.0", "true", "t", "yes", "y"), ("0", "0.0", "false", "f", "no", "n")


def states_tissue(column: str) -> bool:
    """Say whether a column's name says that it marks spots under tissue.

    Examples
    --------
    >>> states_tissue("in_tissue"), states_tissue("In Tissue"), states_tissue("tissue")
    (True, True, False)
    """
    return _plain(column) in _NAMES


def may_mark_tissue(column: str) -> bool:
    """Say whether a column's name can be that of marks; `marks_tissue` looks at its values.

    Examples
    --------
    >>> may_mark_tissue("tissue_mask"), may_mark_tissue("in_tissue_x"), may_mark_tissue("tumour_tissue")
    (True, True, False)
    """
    words = _words(column)
    known = "tissue" in words and _WORDS.issuperset(words)
    return known or _plain(column) in (*_NAMES, *_UNSURE) or _plain(column).endswith(_NAMES[0])


def says_beside(column: str) -> bool:
    """Say whether a column of marks says by its name which spots do not lie under tissue.

    Examples
    --------
    >>> says_beside("not_in_tissue"), says_beside("offTissue"), says_beside("in_tissue")
    (True, True, False)
    """
    return not _BESIDE.isdisjoint(_words(column)) or _plain(column).startswith(("notin", "noton", "notunder"))


def marks_tissue(column: str, values: Sequence[object]) -> bool:
    """Say whether a column marks spots under tissue by its name, or by its name and values that are only marks.

    Parameters
    ----------
    column
        Its name.
    values
        ``n`` texts, numbers or truth values; missing ones are empty or NaN.

    Examples
    --------
    >>> marks_tissue("tissue", [1, 0]), marks_tissue("tissue", ["kidney", "kidney"])
    (True, False)
    """
    if states_tissue(column):
        return True
    if not may_mark_tissue(column):
        return False
    words = {str(value).strip().lower() for value in values} - {"", "nan"}
    return bool(words) and words <= {*ON, *OFF}


def is_mark_in_text(column: str, values: Sequence[object]) -> bool:
    """Say whether a column of a text table marks spots under tissue; there a column "selected" does too.

    Parameters
    ----------
    column
        Its name.
    values
        ``n`` texts, numbers or truth values; missing ones are empty or NaN.

    Examples
    --------
    >>> is_mark_in_text("Selected", ["1", "0"]), is_mark_in_text("tissue", ["kidney"])
    (True, False)
    """
    return _plain(column) == _IN_TEXT or marks_tissue(column, values)


def joint_marks(columns: Sequence[tuple[str, Sequence[object]]], where: str) -> "NDArray[np.bool_] | None":
    """Return what all columns of marks say together; None without one.

    Parameters
    ----------
    columns
        Name and values of each.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Two of them differ, or one can't be read.
    """
    stated = [tissue_marks(values, name, where) for name, values in columns]
    if any((other != stated[0]).any() for other in stated[1:]):
        names = " and ".join(name for name, _ in columns)
        raise DataError(f"{where}: its columns {names!r:.80} differ; remove the wrong one")
    return stated[0] if stated else None


def _plain(column: str) -> str:
    return "".join(letter for letter in column.lower() if letter.isalnum())


def _words(column: str) -> list[str]:
    """Return a name's words in small letters, without numbers."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    return re.findall(r"[^\W\d_]+", parted.lower())


def tissue_marks(
    values: Sequence[object], column: str, where: str, rows: Sequence[int] = ()
) -> "NDArray[np.bool_]":
    """Return whether each spot lies under tissue.

    Parameters
    ----------
    values
        ``n`` texts, numbers or truth values; 1, True and yes say under tissue, 0, False and no beside it, where the column's name does
        not say the opposite.
    column
        The column.
    where
        The file, for messages.
    rows
        ``n`` numbers of the values' rows in it, for messages; 1 to ``n`` where empty.

    Raises
    ------
    DataError
        A value is missing or anything else, or no spot lies under tissue.

    Examples
    --------
    >>> tissue_marks(["1", "False", 1.0], "in_tissue", "spots.csv")
    array([ True, False,  True])
    """
    on, off = ("0 or False", "1 or True") if says_beside(column) else ("1 or True", "0 or False")
    marks = np.zeros(len(values), dtype=bool)
    for at, value in enumerate(values):
        word = str(value).strip().lower()
        if word not in ON and word not in OFF:
            raise DataError(
                f"{where}: {column} of row {rows[at] if rows else at + 1} is {str(value)!r:.40}; {on} says that a spot lies under tissue, {off} that it does not"
            )
        marks[at] = (word in ON) != says_beside(column)
    if len(marks) and not marks.any():
        raise DataError(
            f"{where}: {column} says of all {len(marks)} spots that they do not lie under tissue; correct the column, or bring the file of the section"
        )
    return marks
