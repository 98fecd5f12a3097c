"""Labels and patients as Python callers have them: in any type, checked, and each with a text for the model file."""

import warnings
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray, TextArray, is_missing, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.evaluation.patients import MISSING_IDS
from spectra_dl.evaluation.wording import first_few

Labels = NDArray[Any]


@dataclass(frozen=True, eq=False)
class ClassLabels:
    """The classes of rows, in the type they were given in and as text.

    Attributes
    ----------
    classes
        ``(c,)`` distinct labels in their own type and order, as ``numpy.unique`` gives them.
    names
        ``(c,)`` text of each; whole numbers are written without a decimal point.
    of_row
        ``(n,)`` number of each row's class.
    """

    classes: Labels
    names: TextArray
    of_row: IndexArray

    @property
    def values(self) -> Labels:
        """``(n,)`` label of each row in its own type; numbers in an array of objects are plain numbers, as scikit-learn wants them."""
        objects = self.classes.dtype == object and not isinstance(self.classes[0], str)
        return (np.array(self.classes.tolist()) if objects else self.classes)[self.of_row]

    @property
    def text(self) -> TextArray:
        """``(n,)`` name of each row's class."""
        return self.names[self.of_row]

    @property
    def place(self) -> IndexArray:
        """``(c,)`` where each class stands among the sorted names, the order of a model file."""
        return np.argsort(np.argsort(self.names)).astype(np.intp)

    def name_of(self, label: object) -> str:
        """Return a class's name, by which or by whose label it was asked for; the text of anything else."""
        if isinstance(label, str):
            return label
        same = [name for name, known in zip(self.names, self.classes, strict=True) if known == label]
        return same[0] if same else str(label)


def read_labels(y: object, rows: int | None = None) -> ClassLabels:
    """Check the classes of rows and number them.

    Parameters
    ----------
    y
        ``(n,)`` texts, whole numbers (as floats too) or booleans, in any array, Series or list.
    rows
        How many there must be; any number if None.

    Raises
    ------
    DataError
        Labels are missing, empty, fractions, of several types, more than one a row, too few or too many, or of one class only.

    Examples
    --------
    >>> read_labels([10, 2, 10]).classes, read_labels([10, 2, 10]).names
    (array([ 2, 10]), array(['2', '10'], dtype=object))
    """
    values = label_array(y, rows)
    classes, of_row = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        which = f"one class only: {str(classes[0])!r:.60}" if len(classes) else "no labels"
        raise DataError(f"y holds {which}; a classifier needs rows of two classes or more")
    return ClassLabels(classes, text_array(map(_name, classes.tolist())), of_row.reshape(-1).astype(np.intp))


def label_array(y: object, rows: int | None = None) -> Labels:
    """Return labels as a checked array in their own type; see `read_labels`.

    Parameters
    ----------
    y
        ``(n,)`` labels.
    rows
        How many there must be; any number if None.
    """
    if y is None:
        raise DataError("a classifier requires y to be passed, but the target y is None; give y=labels")
    cells, dtype = _one_column(y, "y", "labels")
    _refuse_missing(cells, MISSING_LABELS, "y", "label")
    if dtype is not None and dtype.kind in "mM":
        raise DataError("Unknown label type: y holds dates; give classes as text, whole numbers or booleans")
    if rows is not None and len(cells) != rows:
        raise DataError(f"y has {len(cells)} labels for {rows} rows of X; give one label per row")
    _refuse_strange(cells)
    return _in_own_type(cells, dtype)


def read_groups(groups: object, rows: int) -> TextArray:
    """Return patient ids as text, ``(n,)``.

    Parameters
    ----------
    groups
        ``(n,)`` ids: texts or whole numbers.
    rows
        How many there must be.

    Raises
    ------
    DataError
        Ids are missing, empty, fractions, or too few or too many.

    Examples
    --------
    >>> read_groups([7.0, 8.0], 2)
    array(['7', '8'], dtype=object)
    """
    cells, _ = _one_column(groups, "groups", "patient ids")
    _refuse_missing(cells, MISSING_IDS, "groups", "patient id")
    if len(cells) != rows:
        raise DataError(f"groups has {len(cells)} patient ids for {rows} rows of X; give one id per row")
    fractions = _rows_where(cells, _is_fraction)
    if fractions:
        raise DataError(
            f"groups holds ids that are fractions ({cells[fractions[0] - 1]!r:.40} in row {fractions[0]}); give patient ids as text"
        )
    return text_array(map(_name, cells))


def _one_column(values: object, name: str, what: str) -> tuple[TextArray, np.dtype[Any] | None]:
    """Return cells as Python and NumPy objects, and their common type if they stand in an array."""
    if hasattr(values, "toarray"):
        raise DataError(f"{name} is a sparse matrix; give {what} as a dense array of shape (n,)")
    dtype = getattr(values, "dtype", None)
    if isinstance(values, np.ma.MaskedArray):
        cells = np.array(values.data, dtype=object)
        cells[np.ma.getmaskarray(values)] = None
    else:
        dense = values if isinstance(values, list | tuple) else np.asarray(values)
        dtype = getattr(dense, "dtype", None) if not hasattr(dtype, "numpy_dtype") else dtype
        if dtype is not None and getattr(dtype, "kind", "") in "mM":
            dense = np.where(np.isnat(dense), "", np.asarray(dense).astype(str))  # as objects NaT is a number
        try:
            cells = np.asarray(dense, dtype=object)
        except ValueError as err:
            raise DataError(f"{name} is ragged; give {what} as an array of shape (n,)") from err
    if cells.ndim == 2 and cells.shape[1] == 1:
        _warn_of_a_column(name)
        cells = cells[:, 0]
    if cells.ndim != 1:
        raise DataError(
            f"{name} should be a 1d array, got an array of shape {cells.shape} instead; give one of the {what} per row"
        )
    return cells, getattr(dtype, "numpy_dtype", dtype)


def _warn_of_a_column(name: str) -> None:
    from sklearn.exceptions import DataConversionWarning

    warnings.warn(
        f"A column-vector {name} was passed when a 1d array was expected. Please change the shape of {name} to (n_samples,).",
        DataConversionWarning,
        stacklevel=5,
    )


def _refuse_missing(cells: TextArray, words: Container[str], name: str, what: str) -> None:
    """Refuse cells that hold nothing, or one of the words that programs write for nothing."""
    missing = _rows_where(
        cells, lambda cell: is_missing(cell) or (isinstance(cell, str) and cell.strip().lower() in words)
    )
    if missing:
        raise DataError(
            f"{name} contains NaN, None or empty text: {len(missing)} of {len(cells)} rows have no {what} (row {first_few(missing)}); "
            "give one to each, or leave these rows out"
        )


def _refuse_strange(cells: TextArray) -> None:
    """Refuse labels that are neither texts nor whole numbers nor booleans, or of several such types."""
    infinite = _rows_where(cells, lambda cell: isinstance(cell, float | np.floating) and bool(np.isinf(cell)))
    if infinite:
        raise DataError(f"y contains infinity (row {first_few(infinite)}); give a class to each row")
    fractions = _rows_where(cells, _is_fraction)
    if fractions:
        raise DataError(
            f"Unknown label type: continuous. y holds {cells[fractions[0] - 1]!r:.40} in row {fractions[0]}: a number that is measured, "
            "no class; give classes as text, whole numbers or booleans"
        )
    kinds: dict[str, object] = {}
    for cell in cells:
        kinds.setdefault(_kind(cell), cell)
    unusable = sorted(kinds.keys() - {"text", "number", "boolean"})
    if unusable:
        raise DataError(
            f"Unknown label type: y holds {unusable[0]}; give classes as text, whole numbers or booleans"
        )
    if len(kinds) > 1:
        listed = first_few(f"{value!r:.40} ({kind})" for kind, value in sorted(kinds.items()))
        raise DataError(f"y holds labels of several types: {listed}; write every class in one type")


def _kind(cell: object) -> str:
    for kind, types in (
        ("text", str),
        ("boolean", bool | np.bool_),
        ("number", int | float | np.integer | np.floating),
    ):
        if isinstance(cell, types):
            return kind
    return "complex numbers" if isinstance(cell, complex | np.complexfloating) else type(cell).__name__


def _in_own_type(cells: TextArray, dtype: np.dtype[Any] | None) -> Labels:
    if dtype is None:  # a list: as NumPy reads it
        return np.asarray(cells.tolist())
    return cells if dtype.kind in "OT" else cells.astype(dtype)


def _name(label: object) -> str:
    if isinstance(label, float | np.floating):
        return f"{label:.0f}"
    return str(label)


def _is_fraction(cell: object) -> bool:
    return isinstance(cell, float | np.floating) and not float(cell).is_integer()


def _rows_where(cells: Iterable[object], holds: Callable[[object], bool]) -> list[int]:
    """Return the numbers, from 1, of the rows in which something holds."""
    return [row for row, cell in enumerate(cells, start=1) if holds(cell)]
