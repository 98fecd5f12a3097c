"""Groups and arrays of a file, whether HDF5 or zarr keeps them: what the readers of AnnData walk over."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXT_KINDS = "SOUT"  # bytes, objects, and numpy's two kinds of text


class StoredArray(ABC):
    """An array of a file, not read yet.

    Attributes
    ----------
    where, path
        The file as messages name it, and the array's place in it.
    shape, dtype
        As declared.
    attributes
        Its attributes; texts are ``str``.
    """

    where: str
    path: str
    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    attributes: Mapping[str, object]

    @abstractmethod
    def read(self) -> "NDArray[Any]":
        """Return all values, after checking that the file holds what it declares.

        Raises
        ------
        DataError
            It declares far more than it holds, or can't be read.
        """

    def texts(self) -> TextArray:
        """Return a column of texts, or of numbers as text.

        Raises
        ------
        DataError
            It has another shape or type, or is not UTF-8.
        """
        if len(self.shape) != 1 or self.dtype.kind not in _TEXT_KINDS + "iufb":
            raise DataError(
                f"{self.where}: {self.path!r:.60} has shape {self.shape} and type {self.dtype!s:.40}; a column of texts is needed"
            )
        return decoded(self.read(), self.path, self.where)


class StoredGroup(ABC):
    """A group of a file.

    Attributes
    ----------
    where, path
        The file as messages name it, and the group's place in it.
    names
        Of its members.
    attributes
        Its attributes; texts are ``str``.
    """

    where: str
    path: str
    names: tuple[str, ...]
    attributes: Mapping[str, object]

    @abstractmethod
    def __contains__(self, path: str) -> bool:
        """Say whether there is such a member; steps of a path are separated by ``/``."""

    @abstractmethod
    def member(self, path: str) -> "StoredGroup | StoredArray":
        """Return what lies at a path.

        Raises
        ------
        DataError
            There is nothing.
        UnsafeError
            It lies in another file.
        """

    def array(self, path: str) -> StoredArray:
        """Return an array.

        Raises
        ------
        DataError
            There is none, or a group lies there, which is named by its encoding.
        """
        node = self.member(path)
        if isinstance(node, StoredGroup):
            kind = node.attributes.get("encoding-type", "group")
            raise DataError(
                f"{self.where}: {path!r:.60} is a {kind!s:.40} where an array is needed; write it as one"
            )
        return node

    def group(self, path: str) -> "StoredGroup":
        """Return a group.

        Raises
        ------
        DataError
            There is none, or an array lies there.
        """
        node = self.member(path)
        if isinstance(node, StoredArray):
            raise DataError(
                f"{self.where}: {path!r:.60} is an array of shape {node.shape} where a group is needed; write the file again with anndata"
            )
        return node


def decoded(values: "NDArray[Any]", name: str, where: str) -> TextArray:
    """Return texts or numbers ``(n,)`` as text.

    Parameters
    ----------
    values
        As a file gives them; bytes are UTF-8.
    name
        What they are, for messages.
    where
        The file, for messages.

    Raises
    ------
    DataError
        They hold anything but texts and numbers, or are not UTF-8.
    """
    if values.dtype.kind == "O" and not all(isinstance(value, bytes | str) for value in values):
        raise DataError(f"{where}: column {name!r:.60} holds neither texts nor numbers; write it as text")
    try:
        return text_array(
            [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values.tolist()]
        )
    except UnicodeDecodeError as err:
        raise DataError(f"{where}: column {name!r:.60} is not UTF-8; write the file again") from err


def plain_attribute(value: object) -> object:
    """Return an attribute's value with bytes decoded."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
