"""Zarr folders of format 2 and 3 as stored groups and arrays, read with the zarr library after the folder was checked."""

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup
from spectra_dl.storage.zarr_files.checks import array_codecs, check_expansion, check_zarr
from spectra_dl.storage.zarr_files.chunks import COMPRESSORS, check_chunk, shard_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_TEXTS = 256 << 20  # bytes of a chunk of texts, which declares no length
_METADATA = ("zarr.json", ".zarray", ".zattrs")


class ZarrArray(StoredArray):
    """An array of a zarr folder.

    Parameters
    ----------
    array
        As zarr opens it.
    folder
        Its own folder.
    path
        Its place in the file.
    where
        The file as messages name it.
    """

    def __init__(self, array: Any, folder: Path, path: str, where: str) -> None:
        self._array, self._folder, self.path, self.where = array, folder, path, where
        self.shape, self.dtype = tuple(array.shape), np.dtype(array.dtype)
        self.attributes = dict(array.attrs.asdict())

    def read(self) -> "NDArray[Any]":
        """Return all values, after checking that the folder holds what it declares."""
        check_expansion(self._folder, f"{self.where} {self.path:.60}")
        self._check_chunks()
        values = np.asarray(self._array[...])
        return values.astype(object) if values.dtype.kind == "T" else values

    def _check_chunks(self) -> None:
        names = array_codecs(self._folder, self.where)
        place = f"{self.where} {self.path:.60}"
        compressors = [name for name in names if name in COMPRESSORS]
        if len(compressors) > 1:
            raise DataError(
                f"{place} is compressed by {' and '.join(compressors)!r:.60}; write it with one of them"
            )
        inner = tuple(self._array.chunks)
        outer = tuple(getattr(self._array, "shards", None) or inner)
        texts = self.dtype.kind in "OT"
        limit = _LARGEST_TEXTS if texts else math.prod(inner) * self.dtype.itemsize
        count = math.prod(-(-long // short) for long, short in zip(outer, inner, strict=True))
        for path in self._folder.rglob("*"):
            if not compressors or path.name in _METADATA or not path.is_file():
                continue
            data = path.read_bytes()
            for part in shard_parts(data, count, place) if "sharding_indexed" in names else (data,):
                check_chunk(part, compressors[0], limit, place)


class ZarrGroup(StoredGroup):
    """A group of a zarr folder.

    Parameters
    ----------
    group
        As zarr opens it.
    folder
        Its own folder.
    path
        Its place in the file.
    where
        The file as messages name it.
    """

    def __init__(self, group: Any, folder: Path, path: str, where: str) -> None:
        self._group, self._folder, self.path, self.where = group, folder, path, where
        self.names = tuple(sorted(group))
        self.attributes = dict(group.attrs.asdict())

    def __contains__(self, path: str) -> bool:
        return path in self._group

    def member(self, path: str) -> StoredGroup | StoredArray:
        """Return what lies at a path."""
        parts = path.split("/")
        if path not in self._group or any(part in ("", ".", "..") for part in parts):
            raise DataError(f"{self.where}: no dataset {path!r:.60}; the file is not whole, write it again")
        node, folder = self._group[path], self._folder.joinpath(*parts)
        place = f"{self.path}/{path}".lstrip("/")
        kind = ZarrArray if hasattr(node, "shape") else ZarrGroup
        return kind(node, folder, place, self.where)


def open_zarr(folder: Path, *, where: str | None = None) -> ZarrGroup:
    """Check a folder and open it.

    Parameters
    ----------
    folder
        The root of the store, or a group in it.
    where
        What messages call it; the folder's name unless given.

    Raises
    ------
    UsageError
        The zarr library is not installed.
    DataError
        It can't be read.
    UnsafeError
        A part of it lies elsewhere, or would run code.
    """
    where = where or folder.name
    check_zarr(folder, where)
    try:
        import zarr
    except ImportError as err:
        raise UsageError(f"{where}: install what reads zarr: pip install zarr") from err
    options: dict[str, Any] = {"use_consolidated": False} if zarr.__version__ >= "3" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = zarr.open_group(str(folder), mode="r", **options)
    return ZarrGroup(group, folder, "", where)
