"""HDF5 as stored groups and arrays; every step to each of them is checked first."""

from typing import TYPE_CHECKING, Any

from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup, plain_attribute
from spectra_dl.storage.hdf5_checks import check_size, check_text_width, stored_object

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray


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
        self.attributes = {name: plain_attribute(value) for name, value in dataset.attrs.items()}

    def read(self) -> "NDArray[Any]":
        """Return all values, after checking that the file holds what it declares."""
        if self.dtype.kind in "SO":
            check_text_width(self._dataset, f"column {self.path!r:.60}", self.where)
        check_size(self._dataset, self.where)
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
        self.attributes = {name: plain_attribute(value) for name, value in group.attrs.items()}

    def __contains__(self, path: str) -> bool:
        return path in self._group

    def member(self, path: str) -> StoredGroup | StoredArray:
        """Return what lies at a path, each step of which was checked."""
        import h5py

        node = stored_object(self._group, path, self.where)
        place = f"{self.path}/{path}".lstrip("/")
        return (
            HDF5Group(node, place, self.where)
            if isinstance(node, h5py.Group)
            else HDF5Array(node, place, self.where)
        )
