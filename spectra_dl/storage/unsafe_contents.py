"""Contents that could run code or reach other files when they are opened, recognised by how a file begins."""

import re

from spectra_dl.errors import UnsafeError

# Binary pickles start with the protocol, text ones with a global or with a mark and a container.
_PICKLE = re.compile(rb"\x80[\x02-\x05]|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n|\([ldti]p?\d*\n")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE = (b"[Content_Types].xml", b"xl/", b"mimetypeapplication/vnd.oasis")
_TAR = (b"ustar\x0000", b"ustar  \x00")
_TAR_AT = 257


def unsafe_content(head: bytes) -> str | None:
    """Return what a file that begins with ``head`` holds, if it is of a kind that is never opened, else None.

    Pickle data, a NumPy file or a PyTorch checkpoint with pickle data in it, and archives, whose members may have any
    name and any size. Workbooks are zip archives too and are not meant here: nothing in them runs.
    """
    if _PICKLE.match(head) or (head.startswith(b"\x93NUMPY") and b"|O" in head[:512]):
        return "pickle data, which can run code,"
    if head.startswith(_ZIP):
        if b"data.pkl" in head:
            return "a PyTorch checkpoint of pickle data, which can run code,"
        return (
            None
            if any(part in head for part in _OFFICE)
            else "a zip archive, whose members may have any name and size,"
        )
    if head[_TAR_AT : _TAR_AT + 8] in _TAR:
        return "a tar archive, whose members may have any name and size,"
    return None


def refuse_unsafe(head: bytes, name: str, remedy: str) -> None:
    """Refuse a file of a kind that is never opened.

    Parameters
    ----------
    head
        The file's first bytes; 512 identify most kinds, more distinguish a workbook from other zip archives.
    name
        The file's name as messages give it.
    remedy
        What to give instead.

    Raises
    ------
    UnsafeError
        It is one; nothing of it was executed or unpacked.
    """
    if what := unsafe_content(head):
        raise UnsafeError(f"{name}: {what} is never loaded; {remedy}")
