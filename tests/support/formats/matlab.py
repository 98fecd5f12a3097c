"""MATLAB files: version 5 as SciPy writes it, 7.3 as MATLAB lays it out in HDF5."""

import io
import itertools
import tempfile
from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

SHIFTS = 400.5 + 2.0 * np.arange(40)
SPECTRA = np.random.default_rng(3).normal(1000, 40, (6, 40))


def old(*, packed: bool = True, **variables: object) -> bytes:
    """A file of version 5."""
    stream = io.BytesIO()
    savemat(stream, variables, do_compression=packed)
    return stream.getvalue()


def column(*cells: object) -> np.ndarray:
    """A cell array of one column."""
    array = np.empty((len(cells), 1), dtype=object)
    for k, cell in enumerate(cells):
        array[k, 0] = cell
    return array


def dataset(name: str = "Raman shift (1/cm)", **more: object) -> dict[str, object]:
    """The fields of a DataSet of the spectra."""
    none = np.zeros((0, 0))
    fields: dict[str, object] = {
        "name": "serum",
        "data": SPECTRA,
        "axisscale": column(none, SHIFTS[np.newaxis]),
        "axisscalename": column("", name),
        "label": column(np.array([f"S{k}" for k in range(6)]), ""),
        "class": column(np.array([[1.0, 1, 2, 2, 0, 1]]), none),
    }
    return fields | more


class NewFile:
    """A file of version 7.3, written value by value."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._number = itertools.count()
        self._path = Path(self._folder.name) / "new.mat"
        self.file = h5py.File(self._path, "w", userblock_size=512)

    def put(self, name: str, value: object, group: h5py.Group | None = None) -> h5py.Dataset | h5py.Group:
        """Write a value as MATLAB does: dimensions reversed, texts as UTF-16, cells as references."""
        home = self.file if group is None else group
        if isinstance(value, dict):
            inner = home.create_group(name)
            inner.attrs["MATLAB_class"] = np.bytes_("struct")
            for key, part in value.items():
                self.put(key, part, inner)
            return inner
        array = np.asarray(value)
        if array.dtype == object:
            return self._cell(name, array, home)
        if array.dtype.kind == "U":
            rows = [text.ljust(max(map(len, array.ravel()))) for text in array.ravel().tolist()]
            codes = np.array([[ord(c) for c in row] for row in rows], dtype=np.uint16)
            return self._dataset(home, name, codes.T, "char")
        array = np.atleast_2d(array)
        if not array.size:
            written = self._dataset(home, name, np.array(array.shape, dtype=np.uint64), "double")
            written.attrs["MATLAB_empty"] = np.uint8(1)
            return written
        return self._dataset(home, name, array.T, "double")

    def data(self) -> bytes:
        """The whole file."""
        self.file.close()
        content = bytearray(self._path.read_bytes())
        content[:116] = (
            b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5".ljust(116)
        )
        content[124:128] = b"\x00\x02IM"
        self._folder.cleanup()
        return bytes(content)

    def _dataset(self, home: h5py.Group, name: str, array: np.ndarray, kind: str) -> h5py.Dataset:
        written = home.create_dataset(name, data=array)
        written.attrs["MATLAB_class"] = np.bytes_(kind)
        return written

    def _cell(self, name: str, array: np.ndarray, home: h5py.Group) -> h5py.Dataset:
        store = self.file.require_group("#refs#")
        references = np.empty(array.T.shape, dtype=h5py.ref_dtype)
        for place, cell in np.ndenumerate(array):
            references[place[::-1]] = self.put(f"r{next(self._number)}", cell, store).ref
        return self._dataset_of(home, name, references)

    def _dataset_of(self, home: h5py.Group, name: str, references: np.ndarray) -> h5py.Dataset:
        written = home.create_dataset(name, data=references, dtype=h5py.ref_dtype)
        written.attrs["MATLAB_class"] = np.bytes_("cell")
        return written


def new(**variables: object) -> bytes:
    """A file of version 7.3 with these variables."""
    file = NewFile()
    for name, value in variables.items():
        file.put(name, value)
    return file.data()
