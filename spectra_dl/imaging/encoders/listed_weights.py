"""Arrays of torch's older file format, read without running anything in the file."""

import hashlib
import io
import pickletools
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from spectra_dl.errors import EnvironmentFault, UnsafeError


def packaged_file(package: str, file: str, *, sha256: str, install: str) -> bytes:
    """Return the content of a file of an installed package, which is not imported.

    Parameters
    ----------
    package
        The package's name on import.
    file
        The file's path in its folder.
    sha256
        The digest of the only content that is taken.
    install
        What the user installs it with; the end of a sentence.

    Raises
    ------
    EnvironmentFault
        The package is not installed, or lacks the file.
    UnsafeError
        The file is another one.
    """
    found = find_spec(package)
    path = (
        Path(found.submodule_search_locations[0]) / file
        if found and found.submodule_search_locations
        else None
    )
    if path is None or not path.is_file():
        raise EnvironmentFault(f"{file} is not installed; {install}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UnsafeError(f"{file}: not the weights this program knows (another SHA-256); {install}")
    return content


def listed_tensors(
    content: bytes, kinds: Sequence[torch.dtype], *, where: str, entries: int
) -> list[np.ndarray]:
    """Return the first arrays of the file, in the order of its state dict.

    Five pickles come first: a number, a version, the system, the state dict and the order in which the arrays are
    stored. They are only listed, never loaded; an array is known by a key of digits in both of the last two.

    Parameters
    ----------
    content
        The whole file.
    kinds
        What the arrays hold: 64-bit integers, or else 32-bit floats.
    where
        The file, for messages.
    entries
        How many arrays the file has.

    Raises
    ------
    UnsafeError
        The file is laid out otherwise.
    """
    stream = io.BytesIO(content)
    for _ in range(3):
        _texts(stream)
    in_order = [text for text in _texts(stream) if text.isdigit()]
    stored = {}
    kind_of = dict(zip(in_order, kinds, strict=False))
    for key in _texts(stream):
        numbers = int.from_bytes(stream.read(8), "little")
        kind = np.dtype("<i8") if kind_of.get(key) == torch.int64 else np.dtype("<f4")
        stored[key] = np.frombuffer(stream.read(numbers * kind.itemsize), dtype=kind).copy()
    if len(stored) != entries or stream.read(1):
        raise UnsafeError(f"{where}: not laid out as expected; it was not used")
    return [stored[key] for key in in_order[: len(kinds)]]


def _texts(stream: io.BytesIO) -> list[str]:
    return [
        str(value) for operation, value, _ in pickletools.genops(stream) if operation.name == "BINUNICODE"
    ]
