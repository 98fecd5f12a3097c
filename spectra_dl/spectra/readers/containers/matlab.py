"""MATLAB files (.mat): version 5 by SciPy and 7.3 by h5py, each validated first. Plain arrays, texts, cells and structures."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.containers.array_layout import recordings_of
from spectra_dl.spectra.readers.containers.arrays import Cell, Numbers, Texts, Value
from spectra_dl.spectra.readers.containers.hdf5_values import MOST_VALUES
from spectra_dl.spectra.readers.containers.matlab_structure import DEEPEST, checked_content
from spectra_dl.spectra.readers.instruments.contents import MATLAB_7_3
from spectra_dl.spectra.readers.instruments.recording import Recording
from spectra_dl.spectra.readers.source import open_binary
from spectra_dl.spectra.readers.wording import file_name, listed, printable
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, refuse_foreign

if TYPE_CHECKING:
    import h5py

MOST_CELLS = 100_000
REFERENCES = "#refs#"
MARKS_OF_OTHERS = {"MATLAB_sparse", "MATLAB_object_decode"}


def read_matlab(path: Path) -> list[Recording]:
    """Read the spectra of a MATLAB file.

    Raises
    ------
    DataError
        Damaged, larger than can be read, or without exactly one table of spectra with its axis.
    """
    where = file_name(path)
    with open_binary(path, where) as stream:
        new = stream.read(len(MATLAB_7_3)) == MATLAB_7_3
    return _read_new(path, where) if new else _read_old(path, where)


def _read_old(path: Path, where: str) -> list[Recording]:
    from scipy.io import loadmat

    with open_binary(path, where) as stream:
        content = checked_content(stream, where)
    try:
        variables = loadmat(
            cast(str, content.file), mat_dtype=True, chars_as_strings=True, struct_as_record=True
        )
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OSError,
        NotImplementedError,
        OverflowError,
        MemoryError,
    ) as err:
        raise DataError(
            f"{where}: SciPy can't read this MATLAB file ({printable(str(err), 100)}); save it again, or the spectra as CSV"
        ) from err
    values = {name: _value(array, 0) for name, array in variables.items() if not name.startswith("__")}
    return recordings_of(values, where, _left_out(content.left_out))


def _left_out(names: list[str]) -> tuple[str, ...]:
    return (f"variables that are no plain arrays were not read: {listed(names)}",) if names else ()


def _value(array: object, depth: int) -> Value:
    """Return what SciPy read in the words of `arrays`."""
    if not isinstance(array, np.ndarray) or depth > DEEPEST:
        return None
    value: Value = None
    if array.dtype.names and array.size == 1:
        record = array.reshape(-1)[0]
        value = {name: _value(record[name], depth + 1) for name in array.dtype.names}
    elif array.dtype.kind == "O":
        value = Cell(array.shape, tuple(_value(cell, depth + 1) for cell in array.ravel(order="F")))
    elif array.dtype.kind == "U":
        value = tuple(str(text).rstrip() for text in array.ravel())
    elif array.dtype.kind in "fiub":
        numbers = cast(NDArray[np.floating], array)
        value = Numbers(array.shape, lambda: numbers.astype(np.float64))
    return value


def _read_new(path: Path, where: str) -> list[Recording]:
    with opened_hdf5(path, where) as file:
        refuse_foreign(file, where)
        reader = _NewReader(file, where)
        values = {name: reader.value(file[name], 0) for name in file if not name.startswith("#")}
        left_out = [name for name, value in values.items() if value is None]
        return recordings_of(values, where, _left_out(left_out))


class _NewReader:
    """The variables of a file of version 7.3: HDF5 with MATLAB's class of each object as an attribute, dimensions reversed."""

    def __init__(self, file: "h5py.File", where: str) -> None:
        self._file = file
        self._where = where
        self._cells = 0

    def value(self, node: object, depth: int) -> Value:
        """Return an object of the file in the words of `arrays`.

        Parameters
        ----------
        node
            A group or dataset.
        depth
            In how many others it lies.
        """
        import h5py

        if depth > DEEPEST or not MARKS_OF_OTHERS.isdisjoint(getattr(node, "attrs", ())):
            return None
        if isinstance(node, h5py.Group):
            return {name: self.value(node[name], depth + 1) for name in node}
        return self._dataset(node, depth) if isinstance(node, h5py.Dataset) else None

    def _dataset(self, node: "h5py.Dataset", depth: int) -> Value:
        import h5py

        kind = node.attrs.get("MATLAB_class", b"")
        text = kind in (b"char", "char")
        if "MATLAB_empty" in node.attrs or not node.size:
            return () if text else None
        if h5py.check_ref_dtype(node.dtype) is not None:
            return self._cell(node, depth)
        if node.dtype.kind not in "fiu" or node.dtype.itemsize > 8 or node.ndim < 1:
            return None
        check_size(node, self._where)
        if node.size > MOST_VALUES:
            raise DataError(
                f"{self._where}: {printable(str(node.name))} has {node.size:,} values; at most {MOST_VALUES:,} can be read"
            )
        return self._texts(node) if text else Numbers(tuple(reversed(node.shape)), lambda: _transposed(node))

    def _cell(self, node: "h5py.Dataset", depth: int) -> Value:
        self._cells += int(node.size)
        if self._cells > MOST_CELLS:
            raise DataError(
                f"{self._where}: more than {MOST_CELLS:,} cells; save the spectra as plain arrays"
            )
        check_size(node, self._where)
        inner = []
        for reference in node[()].ravel():
            target = self._file[reference] if reference else None
            inside = target is not None and str(target.name or "").startswith(f"/{REFERENCES}/")
            inner.append(self.value(target, depth + 1) if inside else None)
        return Cell(tuple(reversed(node.shape)), tuple(inner))

    def _texts(self, node: "h5py.Dataset") -> Texts:
        """Return the rows of an array of UTF-16 characters."""
        codes = np.asarray(node[()], dtype=np.uint16).reshape(node.shape[0], -1).T
        return tuple(
            row.astype("<u2").tobytes().decode("utf-16-le", "replace").rstrip("\0 ") for row in codes
        )


def _transposed(node: "h5py.Dataset") -> FloatArray:
    return np.asarray(node[()], dtype=np.float64).T
