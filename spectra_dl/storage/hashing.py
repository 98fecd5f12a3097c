"""SHA-256 of what came in, so that a report can say exactly which data it speaks of."""

import hashlib
import os
from pathlib import Path

from spectra_dl.errors import DataError


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, or of a folder's file names and contents in sorted order.

    Raises
    ------
    DataError
        There is no such file, or it can't be read.
    """
    target = Path(path)
    try:
        if target.is_file():
            return _file_digest(target)
        if not target.is_dir():
            raise DataError(f"{path}: no such file or folder; check the path")
        digest = hashlib.sha256()
        for member in sorted(entry for entry in target.rglob("*") if entry.is_file()):
            digest.update(f"{member.relative_to(target).as_posix()}\0{_file_digest(member)}\n".encode())
        return digest.hexdigest()
    except OSError as err:
        raise DataError(f"{path}: can't be read ({err.strerror or err}); check its permissions") from err


def _file_digest(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
