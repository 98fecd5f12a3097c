"""Columns of AnnData's tables, in each of the ways in which versions 0.6 to 0.13 store one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup, decoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VERSIONS = {
    "anndata": ("0.1.0",),
    "dataframe": ("0.1.0", "0.2.0"),
    "csr_matrix": ("0.1.0",),
    "csc_matrix": ("0.1.0",),
    "array": ("0.2.0",),
    "categorical": ("0.2.0",),
    "string-array": ("0.2.0",),
    "nullable-string-array": ("0.1.0",),
    "nullable-integer": ("0.1.0",),
    "nullable-boolean": ("0.1.0",),
}
_NULLABLE = ("nullable-string-array", "nullable-integer", "nullable-boolean")


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table.

    Attributes
    ----------
    name, where
        Its name, and the file and table for messages.
    values
        ``(n,)`` texts, numbers or truth values; anything where one is missing.
    missing
        ``(n,)`` whether a value is missing.
    """

    name: str
    where: str
    values: "NDArray[Any]"
    missing: "NDArray[np.bool_]"

    @property
    def text(self) -> TextArray:
        """``(n,)`` values as text, empty where missing; whole numbers as such, since pandas makes 7.0 of 7 beside a missing value."""
        return text_array(
            [
                "" if gone else _as_text(value)
                for value, gone in zip(self.values.tolist(), self.missing, strict=True)
            ]
        )

    @property
    def numbers(self) -> FloatArray:
        """``(n,)`` float64, NaN where missing; texts of numbers count.

        Raises
        ------
        DataError
            A value is no number.
        """
        if self.values.dtype.kind in "iufb":
            return np.where(self.missing, np.nan, self.values.astype(np.float64))
        numbers = np.full(len(self.values), np.nan)
        for row in np.flatnonzero(~self.missing):
            try:
                numbers[row] = float(self.values[row])
            except ValueError as err:
                raise DataError(
                    f"{self.where}: {self.name!r:.40} is no column of numbers, row {row + 1} holds {self.values[row]!r:.40}; write it as numbers"
                ) from err
        return numbers


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def check_encoding(node: StoredGroup | StoredArray, title: str) -> str | None:
    """Return how a part is encoded; None where it doesn't say, as before anndata 0.7.

    Parameters
    ----------
    node
        A part of a file.
    title
        What it is, for messages.

    Raises
    ------
    DataError
        The kind or its version is not known.
    """
    kind, version = node.attributes.get("encoding-type"), node.attributes.get("encoding-version")
    if kind is None:
        return None
    if str(kind) not in _VERSIONS:
        raise DataError(
            f"{title}: written as {kind!s:.40} version {version!s:.40}, which is not known; write it as array, dataframe or sparse matrix, with anndata "
            "0.8 to 0.13"
        )
    known = _VERSIONS[str(kind)]
    if version is not None and str(version) not in known:
        raise DataError(
            f"{title}: written as {kind} version {version!s:.40}, known is {', '.join(known)}; write it with anndata 0.8 to 0.13"
        )
    return str(kind)


def read_column(
    node: StoredGroup | StoredArray, name: str, where: str, categories: TextArray | None = None
) -> Column:
    """Read a column.

    Parameters
    ----------
    node
        An array, or a group with values and a mask, or with codes and categories.
    name
        The column.
    where
        The file and the table, for messages.
    categories
        Texts that the values are codes of, where they stand elsewhere, as before anndata 0.8.

    Raises
    ------
    DataError
        It is encoded in a way that is not known, or its parts don't fit each other.
    """
    kind = check_encoding(node, f"{where} {name:.40}")
    if isinstance(node, StoredArray):
        column = _plain(node, name, where)
        return column if categories is None else column_of_codes(column.values, categories, name, where)
    if kind in _NULLABLE:
        return _masked(node, name, where)
    if kind == "categorical" or (kind is None and {"codes", "categories"} <= set(node.names)):
        words = read_column(node.member("categories"), name, where)
        return column_of_codes(node.array("codes").read(), words.text, name, where)
    raise DataError(
        f"{where}: column {name!r:.60} is a {kind or 'group'!s:.40} and no column; write it as an array"
    )


def _plain(node: StoredArray, name: str, where: str) -> Column:
    if len(node.shape) != 1 or node.dtype.kind not in "SOUTiufb":
        raise DataError(
            f"{where}: column {name!r:.60} has shape {node.shape} and type {node.dtype!s:.40}; one value for each row is needed"
        )
    values = node.read()
    return plain_column(values, name, where)


def plain_column(values: "NDArray[Any]", name: str, where: str) -> Column:
    """Return values ``(n,)`` as a column; NaN is missing.

    Parameters
    ----------
    values
        Texts, numbers or truth values as the file gives them.
    name
        The column.
    where
        The file and the table, for messages.

    Raises
    ------
    DataError
        They are neither, or texts are not UTF-8.
    """
    if values.dtype.kind in "iufb":
        missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
        return Column(name, where, values, missing)
    texts = decoded(values, name, where)
    return Column(name, where, texts, np.zeros(len(texts), dtype=bool))


def _masked(group: StoredGroup, name: str, where: str) -> Column:
    values, mask = group.array("values"), group.array("mask")
    if mask.shape != values.shape or mask.dtype.kind != "b" or len(values.shape) != 1:
        raise DataError(
            f"{where}: column {name!r:.60} has values of shape {values.shape} and a mask of shape {mask.shape} for {values.shape[0] if values.shape else 0} rows; take a fresh copy"
        )
    column = _plain(values, name, where)
    return Column(name, where, column.values, column.missing | mask.read())


def column_of_codes(codes: "NDArray[Any]", categories: TextArray, name: str, where: str) -> Column:
    """Return the categories that codes point at; -1 is missing.

    Parameters
    ----------
    codes
        ``(n,)`` whole numbers.
    categories
        ``(k,)`` text.
    name
        The column.
    where
        The file and the table, for messages.

    Raises
    ------
    DataError
        A code points at no category.
    """
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        raise DataError(
            f"{where}: column {name!r:.60} has codes of shape {codes.shape} and type {codes.dtype!s:.40}; whole numbers are needed, take a fresh copy"
        )
    whole = codes.astype(np.int64)
    wrong = (whole < -1) | (whole >= len(categories))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{where}: column {name!r:.60} row {row + 1} has category {whole[row]} of {len(categories)}; the file is damaged, take a fresh copy"
        )
    return Column(name, where, np.append(categories, "")[whole], whole == -1)
