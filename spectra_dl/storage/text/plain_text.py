"""The text of a small file from anywhere, which is hostile until it has been looked at."""

import stat
from pathlib import Path

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.storage.unsafe_contents import refuse_unsafe

_LARGEST = 512 << 20  # bytes
_HEAD = 512  # bytes by which a file's kind is recognised


def read_text(path: Path, what: str, *, at_most: int = _LARGEST) -> str:
    """Return the text of a regular file.

    Parameters
    ----------
    path
        The file.
    what
        What it must be, for messages.
    at_most
        Bytes; 512 MiB unless said.

    Raises
    ------
    DataError
        There is no such file, or it is not text.
    UnsafeError
        Pickle data, or an archive.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > at_most:
            raise DataError(f"{path.name}: not a regular file of at most {at_most >> 20} MiB; name {what}")
        content = path.read_bytes()
        refuse_unsafe(content[:_HEAD], path.name, f"name {what}")
        return content.decode("utf-8")
    except (OSError, ValueError) as err:
        if isinstance(err, DataError | UnsafeError):
            raise
        reason = (err.strerror if isinstance(err, OSError) else None) or "it is not text"
        raise DataError(f"{path.name}: can't be read ({reason}); name {what}") from err
