"""Zarr folders of format 2 and 3 as stored groups and arrays, read with the zarr library after the folder was checked."""

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup
from spectra_dl.expression.readers.stored.zarr_checks import (
    check_chunk,
    check_zarr_folder,
    codec_names,
    read_metadata,
    shard_parts,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FREE_BYTES, _MOST_RATIO = 64 << 20, 1_000
_LARGEST_TEXTS = 256 << 20  # bytes of a chunk of texts, which declares no length
_COMPRESSORS = ("blosc", "zstd", "gzip", "zlib", "lz4")


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
        chunks = [
            path
            for path in self._folder.rglob("*")
            if path.is_file() and path.name not in ("zarr.json", ".zarray", ".zattrs")
        ]
        stored = sum(path.stat().st_size for path in chunks)
        declared = math.prod(self.shape) * self.dtype.itemsize
        if declared > _FREE_BYTES and declared > _MOST_RATIO * max(stored, 1):
            raise DataError(
                f"{self.where}: claims {declared:,} bytes of {self.path!r:.60} and holds {stored:,}; the file is not whole"
            )
        self._check_chunks(chunks)
        values = np.asarray(self._array[...])
        return values.astype(object) if values.dtype.kind == "T" else values

    def _check_chunks(self, chunks: list[Path]) -> None:
        metadata = next(
            self._folder / name for name in ("zarr.json", ".zarray") if (self._folder / name).is_file()
        )
        names = codec_names(read_metadata(metadata, self.where))
        compressor = next((name for name in names if name in _COMPRESSORS), None)
        sharded, place = "sharding_indexed" in names, f"{self.where} {self.path:.60}"
        inner, outer = (
            tuple(self._array.chunks),
            tuple(getattr(self._array, "shards", None) or self._array.chunks),
        )
        values = math.prod(inner) * self.dtype.itemsize
        limit = _LARGEST_TEXTS if self.dtype.kind in "OT" else values
        if (
            limit > max(_FREE_BYTES, _MOST_RATIO * max((path.stat().st_size for path in chunks), default=0))
            and limit != _LARGEST_TEXTS
        ):
            raise DataError(
                f"{place}: chunks of {limit >> 20} MiB that hold far less; write it again with smaller ones"
            )
        if compressor is None:
            return
        for path in chunks:
            data = path.read_bytes()
            count = math.prod(-(-long // short) for long, short in zip(outer, inner, strict=True))
            for part in shard_parts(data, count, place) if sharded else (data,):
                check_chunk(part, compressor, limit, place)


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


def open_zarr(folder: Path) -> ZarrGroup:
    """Check a folder and open it.

    Raises
    ------
    UsageError
        The zarr library is not installed.
    DataError
        It can't be read.
    UnsafeError
        A part of it lies elsewhere, or would run code.
    """
    check_zarr_folder(folder)
    try:
        import zarr
    except ImportError as err:
        raise UsageError(f"{folder.name}: install what reads zarr: pip install zarr") from err
    options: dict[str, Any] = {"use_consolidated": False} if zarr.__version__ >= "3" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = zarr.open_group(str(folder), mode="r", **options)
    return ZarrGroup(group, folder, "", folder.name)
