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
from spectra_dl.storage.unsafe_contents import refuse_unsafe

_EMPTY_DIGEST = b"0" * 64
# Parsed, a header can take 24 times its size: nested empty lists.
_MAX_HEADER_BYTES = 16 << 20
_MAX_TENSOR_BYTES = 4 << 30
_START_BYTES = 512
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

    Raises
    ------
    ModelFileError
        The text is longer than is read again.
    EnvironmentFault
        The file can't be written.
    """
    arrays = {name: np.asarray(tensors[name], order="C") for name in sorted(tensors)}
    draft = _canonical(save(arrays, metadata={kind: text, "sha256": _EMPTY_DIGEST.decode()}))
    if int.from_bytes(draft[:8], "little") > _MAX_HEADER_BYTES:
        raise ModelFileError(
            f"{Path(path).name}: its description is over {_MAX_HEADER_BYTES >> 20} MiB, more than can be read again; use fewer spectra"
        )
    digest = hashlib.sha256(draft).hexdigest()
    write_bytes(path, draft.replace(_EMPTY_DIGEST, digest.encode(), 1))
    return digest


def read_sealed(path: str | os.PathLike[str], kind: str) -> SealedFile:
    """Read a file written by `write_sealed`, after checking its structure and its digest.

    Parameters
    ----------
    path
        The file.
    kind
        What the file must be, as given to `write_sealed`.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code when loaded; nothing of it was executed.
    ModelFileError
        The file is truncated, altered, not a sealed file of this ``kind``, or may not be read.
    EnvironmentFault
        The file can't be opened.
    """
    file = Path(path)
    content, header = _read_regular_file(file)
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict) or kind not in metadata or "sha256" not in metadata:
        raise ModelFileError(
            f"{file.name}: not written by spectra-dl for this purpose; a file with {kind!r} in its header is needed"
        )
    digest = str(metadata["sha256"])
    if len(digest) != 64 or _sealing_digest(content, digest) != digest:
        raise ModelFileError(
            f"{file.name}: its content does not match its SHA-256; the file was altered or damaged, take a fresh copy"
        )
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, OverflowError) as err:
        raise ModelFileError(f"{file.name}: its tensors can't be read ({err}); take a fresh copy") from err
    return SealedFile(str(metadata[kind]), tensors, digest)


def _read_regular_file(path: Path) -> tuple[bytes, dict[str, object]]:
    """Return a file's bytes and its header; nothing but the header is read of a file whose sizes don't add up."""
    try:
        if not path.is_file():
            raise ModelFileError(f"{path}: no such file, or not a regular file")
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            start = stream.read(_START_BYTES)
            _refuse_what_can_run_code(start, path.name)
            length = int.from_bytes(start[:8], "little")
            if size < 10 or length > min(_MAX_HEADER_BYTES, size - 8):
                raise ModelFileError(
                    f"{path.name}: not a spectra-dl model, or truncated: its header claims {length} bytes, of at most {_MAX_HEADER_BYTES >> 20} MiB, and the file has {size}"
                )
            stream.seek(8)
            header = _parsed(stream.read(length), path.name)
            _refuse_other_size(header, size - 8 - length, path.name)
            stream.seek(0)
            return stream.read(size), header
    except PermissionError as err:
        raise ModelFileError(f"{path}: no permission to read it; change its permissions") from err
    except OSError as err:
        raise EnvironmentFault(f"{path}: can't be opened ({err.strerror or err})") from err


def _refuse_what_can_run_code(start: bytes, name: str) -> None:
    # The first eight bytes of a sealed file are a length, which may begin like any of these; JSON follows it.
    if start[8:9] == b"{":
        return
    for magic, what in _CAN_RUN_CODE.items():
        if start.startswith(magic):
            raise UnsafeError(f"{name}: this is {what}, not a spectra-dl model (pickle data is never loaded)")
    refuse_unsafe(start, name, "give a model file written by spectra-dl")


def _parsed(text: bytes, name: str) -> dict[str, object]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ModelFileError(
            f"{name}: its header is not JSON; the file is damaged or not a spectra-dl model"
        ) from err
    if not isinstance(header, dict):
        raise ModelFileError(
            f"{name}: its header is not a JSON object; the file is damaged or not a spectra-dl model"
        )
    return header


def _refuse_other_size(header: Mapping[str, object], size: int, name: str) -> None:
    """Refuse a file that holds fewer or more bytes of tensors than its header says."""
    places = [
        entry.get("data_offsets")
        for key, entry in header.items()
        if key != "__metadata__" and isinstance(entry, dict)
    ]
    ends = [place[-1] for place in places if isinstance(place, list) and place]
    declared = max((end for end in ends if isinstance(end, int)), default=0)
    if declared != size:
        raise ModelFileError(
            f"{name}: truncated, or not a model: its header speaks of {declared:,} bytes of tensors and the file has {size:,}; take a fresh copy"
        )
    if size > _MAX_TENSOR_BYTES:
        raise ModelFileError(
            f"{name}: {size:,} bytes of tensors; a model has at most {_MAX_TENSOR_BYTES >> 30} GiB"
        )


def _sealing_digest(content: bytes, digest: str) -> str:
    """Return the SHA-256 of the file with its own digest blanked, without a second copy of the tensors."""
    end = 8 + int.from_bytes(content[:8], "little")
    digested = hashlib.sha256(content[:end].replace(digest.encode(), _EMPTY_DIGEST, 1))
    digested.update(memoryview(content)[end:])
    return digested.hexdigest()


def _canonical(content: bytes) -> bytes:
    """Give the header one order of keys: safetensors keeps its metadata in a hash map whose order varies."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + length :]
