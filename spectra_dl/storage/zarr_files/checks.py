"""Zarr folders from elsewhere: links, codecs and sizes are checked before a library reads them.

A zarr array of objects may name a codec that unpickles, and metadata kept together in one file outrank those of each array; both are looked
at here. https://zarr-specs.readthedocs.io
"""

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.storage.wording import printable

_METADATA = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
_ATTRIBUTES = ".zattrs"
_MOST_METADATA, _MOST_FILES, _DEEPEST = 20_000, 2_000_000, 32
_MOST_BYTES = 64 << 20  # of one file of metadata
_LARGEST_CHUNK = 1 << 28  # bytes
_MOST_RATIO, _RATIO_FREE_BYTES = 1_000, 64 << 20
_WIDEST_NUMBER = 16  # bytes, where a type does not say it
# All that computes numbers or texts from bytes; none of them runs anything that the file brings along.
_CODECS = re.compile(
    r"adler32|astype|bitround|blosc|bytes|bz2|crc32c?|delta|endian|fixedscaleoffset|fletcher32|gzip|jenkins_lookup3|lz4|lzma|packbits|pcodec|"
    r"quantize|sharding_indexed|shuffle|transpose|vlen-array|vlen-bytes|vlen-utf8|zfpy|zlib|zstd"
)

Json = Mapping[str, object]


def is_zarr(path: Path) -> bool:
    """Return whether a folder is the root of a zarr store."""
    return any((path / name).is_file() for name in (".zgroup", ".zattrs", "zarr.json", ".zmetadata"))


def root_attributes(path: Path, where: str) -> Json:
    """Return the attributes of a store's root, of zarr's format 2 or 3.

    Parameters
    ----------
    path
        The store's folder.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        The metadata are damaged.
    """
    if (path / "zarr.json").is_file():
        attributes = _read(path / "zarr.json", where).get("attributes", {})
    else:
        attributes = _read(path / ".zattrs", where) if (path / ".zattrs").is_file() else {}
    return attributes if _is_object(attributes) else {}


def check_zarr(path: Path, where: str) -> None:
    """Refuse a store that reaches outside its folder, names an unknown codec, or has chunks that can't be held.

    Parameters
    ----------
    path
        The store's folder.
    where
        Its name, for messages.

    Raises
    ------
    UnsafeError
        It holds a link, or an array whose codec is not one of the known ones.
    DataError
        Its metadata are damaged, or it holds too many parts or chunks too large.
    """
    for node, place in _nodes(path, where):
        for name in _codec_names(node):
            if not _CODECS.fullmatch(name):
                raise UnsafeError(
                    f"{where}: {place} is stored by the codec {printable(name, 40)}, which is not read; write it again with zarr's usual "
                    "compression"
                )
        if (size := _chunk_bytes(node)) is not None and size > _LARGEST_CHUNK:
            raise DataError(
                f"{where}: {place} has chunks of {size >> 20:,} MiB, at most {_LARGEST_CHUNK >> 20} are read; write it with smaller chunks"
            )


def check_expansion(path: Path, where: str) -> None:
    """Refuse a part of a store that would be read whole and is far larger than what is stored of it.

    Parameters
    ----------
    path
        The part's folder, in a store that `check_zarr` passed.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        Its arrays are larger than 64 MiB and 1,000 times what is stored.
    """
    stated = sum(_stated_bytes(node) for node, _ in _nodes(path, where))
    stored = sum(entry.stat().st_size for entry in _files(path, where))
    if stated > _RATIO_FREE_BYTES and stated > _MOST_RATIO * stored:
        raise DataError(
            f"{where}: claims {stated >> 20:,} MiB where {stored >> 10:,} KiB are stored; it was not read: write it again"
        )


def array_codecs(path: Path, where: str) -> list[str]:
    """Return the names of an array's codecs, filters and compressor, those inside shards after ``sharding_indexed``.

    Parameters
    ----------
    path
        The array's own folder.
    where
        The store's name, for messages.

    Raises
    ------
    DataError
        Its metadata are damaged.
    """
    metadata = next((path / name for name in ("zarr.json", ".zarray") if (path / name).is_file()), None)
    if metadata is None:
        raise DataError(f"{where}: {printable(path.name, 80)} has no metadata of an array; take a fresh copy")
    return list(_codec_names(_read(metadata, where)))


def _nodes(path: Path, where: str) -> Iterator[tuple[Json, str]]:
    """Yield the metadata of every group and array with its place, those that are kept together too."""
    count = 0
    for entry in _files(path, where):
        if entry.name not in _METADATA:
            continue
        count += 1
        if count > _MOST_METADATA:
            raise DataError(f"{where}: more than {_MOST_METADATA:,} groups and arrays; that is no section")
        place = printable(str(entry.parent.relative_to(path)), 80)
        node = _read(entry, where)
        if entry.name != _ATTRIBUTES:  # of format 2: those of a sparse matrix have a shape, too
            yield from _with_consolidated(node, place)


def _with_consolidated(node: Json, place: str) -> Iterator[tuple[Json, str]]:
    yield node, place
    together = node.get("consolidated_metadata", node)
    others = together.get("metadata") if _is_object(together) else None
    if _is_object(others):
        for name, other in others.items():
            if _is_object(other) and not name.endswith(_ATTRIBUTES):
                yield other, f"{place}/{printable(name, 80)}"


def _files(path: Path, where: str) -> Iterator[Path]:
    """Yield every file below a folder, none of them a link."""
    count = 0
    for folder, folders, names in os.walk(path):
        if len(Path(folder).relative_to(path).parts) > _DEEPEST:
            raise DataError(f"{where}: folders nested deeper than {_DEEPEST}; that is no section")
        for name in (*folders, *names):
            entry = Path(folder, name)
            if entry.is_symlink():
                raise UnsafeError(
                    f"{where}: {printable(name, 80)} is a link; copy what it points to into the folder"
                )
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                raise DataError(f"{where}: more than {_MOST_FILES:,} files; write it with larger chunks")
            yield Path(folder, name)


def _read(path: Path, where: str) -> Json:
    try:
        with open(path, "rb") as stream:
            text = stream.read(_MOST_BYTES + 1)
        content = json.loads(text) if len(text) <= _MOST_BYTES else None
    except (OSError, ValueError, RecursionError) as err:
        raise DataError(
            f"{where}: {path.name} of {printable(path.parent.name, 60)} can't be read as JSON ({printable(str(err), 80)}); take a fresh copy"
        ) from err
    if not _is_object(content):
        raise DataError(f"{where}: {path.name} of {printable(path.parent.name, 60)} is no JSON object")
    return content


def _codec_names(node: Json) -> Iterator[str]:
    """Yield the names of an array's codecs, those inside shards too, in format 2 or 3."""
    for key in ("compressor", "filters", "codecs", "index_codecs", "storage_transformers"):
        stated = node.get(key) or ()
        for codec in stated if isinstance(stated, list | tuple) else (stated,):
            if isinstance(codec, str):
                yield codec.removeprefix("numcodecs.")
                continue
            if not _is_object(codec):
                yield "?"
                continue
            yield str(codec.get("id", codec.get("name", "?"))).removeprefix("numcodecs.")
            inner = codec.get("configuration")
            if _is_object(inner):
                yield from _codec_names(inner)


def _chunk_bytes(node: Json) -> int | None:
    """Return the size of an array's chunks in bytes; None for a group."""
    if "shape" not in node:
        return None
    grid = node.get("chunk_grid")
    inner = grid.get("configuration") if _is_object(grid) else None
    shape = inner.get("chunk_shape") if _is_object(inner) else node.get("chunks")
    return _product(shape) * _item_bytes(node)


def _stated_bytes(node: Json) -> int:
    return _product(node["shape"]) * _item_bytes(node) if "shape" in node else 0


def _product(shape: object) -> int:
    if not isinstance(shape, list) or not all(type(length) is int and length >= 0 for length in shape):
        raise DataError(f"an array of shape {printable(str(shape), 60)}; take a fresh copy of the folder")
    return math.prod(shape)


def _item_bytes(node: Json) -> int:
    """Return the bytes of one value: 64 of "float64", 8 of "<f8"; those of texts are not known before they are read."""
    name = node.get("data_type", node.get("dtype"))
    digits = "".join(letter for letter in name if letter.isdigit()) if isinstance(name, str) else ""
    if not digits or len(digits) > 6:
        return _WIDEST_NUMBER
    return max(1, int(digits) // 8) if "data_type" in node else int(digits) * (4 if "U" in str(name) else 1)


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)
