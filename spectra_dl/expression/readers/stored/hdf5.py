"""HDF5 as stored groups and arrays; every step to each of them is checked first."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup, plain_attribute
from spectra_dl.storage.hdf5_attributes import readable_attribute
from spectra_dl.storage.hdf5_checks import check_size, check_text_width, stored_object

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

_ENCODING = ("encoding-type", "encoding-version", "_index", "shape", "h5sparse_format", "h5sparse_shape")
_FILTERS = {
    32000: "LZO", 307: "bzip2", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "zfp", 32015: "Zstandard", 32026: "Blosc2",
}  # fmt: skip  # registered with the HDF Group


class HDF5Array(StoredArray):
    """A dataset of an open HDF5 file.

    Parameters
    ----------
    dataset
        Lies whole in the file.
    path
        Its place in the file.
    where
        The file as messages name it.
    """

    def __init__(self, dataset: "h5py.Dataset", path: str, where: str) -> None:
        self._dataset, self.path, self.where = dataset, path, where
        self.shape, self.dtype = tuple(dataset.shape or ()), dataset.dtype
        self.attributes = _Attributes(dataset, where)

    def read(self) -> "NDArray[Any]":
        """Return all values, after checking that the file holds what it declares."""
        if self.dtype.kind in "SO":
            check_text_width(self._dataset, f"column {self.path!r:.60}", self.where)
        check_size(self._dataset, self.where)
        _refuse_unknown_filter(self._dataset, f"{self.where}: {self.path:.60}")
        values: NDArray[Any] = self._dataset[()]
        return values


class HDF5Group(StoredGroup):
    """A group of an open HDF5 file.

    Parameters
    ----------
    group
        Lies whole in the file.
    path
        Its place in the file.
    where
        The file as messages name it.
    """

    def __init__(self, group: "h5py.Group", path: str, where: str) -> None:
        self._group, self.path, self.where = group, path, where
        self.names = tuple(group)
        self.attributes = _Attributes(group, where)

    def __contains__(self, path: str) -> bool:
        return path in self._group

    def member(self, path: str) -> StoredGroup | StoredArray:
        """Return what lies at a path, each step of which was checked."""
        import h5py

        node = stored_object(self._group, path, self.where)
        place = f"{self.path}/{path}".lstrip("/")
        if not isinstance(node, h5py.Group | h5py.Dataset):
            raise DataError(
                f"{self.where}: {place[-60:]!r} is neither a group nor an array; take a fresh copy"
            )
        return (
            HDF5Group(node, place, self.where)
            if isinstance(node, h5py.Group)
            else HDF5Array(node, place, self.where)
        )


class _Attributes(Mapping[str, object]):
    """The attributes that say how a part is encoded, read when one is asked for."""

    def __init__(self, node: "h5py.Group | h5py.Dataset", where: str) -> None:
        self._node, self._where = node, where

    def __getitem__(self, name: str) -> object:
        if name not in _ENCODING or name not in self._node.attrs:
            raise KeyError(name)
        return plain_attribute(readable_attribute(self._node, name, self._where))

    def __iter__(self) -> Iterator[str]:
        return (name for name in _ENCODING if name in self._node.attrs)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _refuse_unknown_filter(dataset: "h5py.Dataset", title: str) -> None:
    """Refuse a dataset compressed by a filter that this HDF5 has not, which would read like damage."""
    from h5py import h5z

    created = dataset.id.get_create_plist()
    codes = [created.get_filter(at)[0] for at in range(created.get_nfilters())]
    if all(h5z.filter_avail(code) for code in codes):
        return
    with contextlib.suppress(ImportError):
        import hdf5plugin  # noqa: F401  # its import makes the filters known
    missing = [code for code in codes if not h5z.filter_avail(code)]
    if missing:
        name = _FILTERS.get(missing[0], "an HDF5 filter")
        raise DataError(
            f"{title} is compressed with {name} ({missing[0]}), which is not installed; pip install hdf5plugin, or write the file again with "
            "adata.write_h5ad(path, compression='gzip')"
        )
