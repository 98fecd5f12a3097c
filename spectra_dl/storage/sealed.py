"""Tensors and one JSON text in a single .safetensors file whose every bit is covered by a SHA-256.

The digest stands in the file's own header. It is taken over the whole file with the digest's 64 characters
replaced by zeros, so a flipped bit anywhere, in weights, names or settings, is noticed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from spectra_dl.errors import EnvironmentFault, ModelFileError, UnsafeError
from spectra_dl.storage.atomic import write_bytes

_EMPTY_DIGEST = b"0" * 64
_MAX_HEADER_BYTES = 64 * 1024 * 1024
_CAN_RUN_CODE = {
    b"\x80": "pickle data",
    b"PK": "a zip archive, as torch.save writes them, which holds pickle data",
    b"\x93NUMPY": "a numpy array file",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
}


@dataclass(frozen=True)
class SealedFile:
    """What a sealed file holds.

    Attributes
    ----------
    text
        The JSON text, as it was written.
    tensors
        Arrays by name.
    sha256
        The digest that covers the whole file.
    """

    text: str
    tensors: dict[str, np.ndarray]
    sha256: str


def write_sealed(
    path: str | os.PathLike[str], kind: str, text: str, tensors: Mapping[str, np.ndarray]
) -> str:
    """Write ``tensors`` and the JSON ``text`` to one sealed file and return its SHA-256.

    The same arguments give the same bytes.

    Parameters
    ----------
    path
        The file to write, whole or not at all.
    kind
        What the file is, for instance ``"spectra_dl"``: the name under which ``text`` stands in the header.
    text
        JSON text.
    tensors
        Arrays by name; made contiguous.
    """
    arrays = {name: np.asarray(tensors[name], order="C") for name in sorted(tensors)}
    draft = _canonical(save(arrays, metadata={kind: text, "sha256": _EMPTY_DIGEST.decode()}))
    digest = hashlib.sha256(draft).hexdigest()
    write_bytes(path, draft.replace(_EMPTY_DIGEST, digest.encode(), 1))
    return digest


def read_sealed(path: str | os.PathLike[str], kind: str) -> SealedFile:
    """Read a file written by `write_sealed`, after checking its structure and its digest.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code when loaded; nothing of it was executed.
    ModelFileError
        The file is truncated, altered, or not a sealed file of this ``kind``.
    EnvironmentFault
        The file can't be opened.
    """
    name = Path(path).name
    content = _read_regular_file(Path(path))
    for magic, what in _CAN_RUN_CODE.items():
        # The first eight bytes of a sealed file are a length, which may begin like any of these; JSON follows it.
        if content.startswith(magic) and content[8:9] != b"{":
            raise UnsafeError(f"{name}: this is {what}, not a spectra-dl model (pickle data is never loaded)")
    metadata = _header(content, name).get("__metadata__", {})
    if not isinstance(metadata, dict) or kind not in metadata or "sha256" not in metadata:
        raise ModelFileError(
            f"{name}: not written by spectra-dl for this purpose; a file with {kind!r} in its header is needed"
        )
    digest = str(metadata["sha256"])
    blank = content.replace(digest.encode(), _EMPTY_DIGEST, 1)
    if len(digest) != 64 or hashlib.sha256(blank).hexdigest() != digest:
        raise ModelFileError(
            f"{name}: its content does not match its SHA-256; the file was altered or damaged, take a fresh copy"
        )
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, OverflowError) as err:
        raise ModelFileError(f"{name}: its tensors can't be read ({err}); take a fresh copy") from err
    return SealedFile(str(metadata[kind]), tensors, digest)


def _read_regular_file(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise ModelFileError(f"{path}: no such file, or not a regular file")
        return path.read_bytes()
    except OSError as err:
        raise EnvironmentFault(f"{path}: can't be opened ({err.strerror or err})") from err


def _header(content: bytes, name: str) -> dict[str, object]:
    length = int.from_bytes(content[:8], "little")
    if len(content) < 10 or length > _MAX_HEADER_BYTES or length > len(content) - 8:
        raise ModelFileError(
            f"{name}: not a spectra-dl model, or truncated: its header claims {length} bytes and the file has {len(content)}"
        )
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError) as err:
        raise ModelFileError(
            f"{name}: its header is not JSON; the file is damaged or not a spectra-dl model"
        ) from err
    if not isinstance(header, dict):
        raise ModelFileError(
            f"{name}: its header is not a JSON object; the file is damaged or not a spectra-dl model"
        )
    return header


def _canonical(content: bytes) -> bytes:
    """Give the header one order of keys: safetensors keeps its metadata in a hash map whose order varies."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + length :]
