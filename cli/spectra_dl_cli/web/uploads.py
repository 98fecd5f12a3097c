"""Files that the browser sends: under which names they are kept, and how many and how large they may be."""

import asyncio
import contextlib
import re
import unicodedata
from collections.abc import AsyncIterator
from pathlib import PurePosixPath

from spectra_dl_cli.web.drops import Drop
from spectra_dl_cli.web.refusal import Refusal

MOST_BYTES = 512 * 2**20
MOST_FILES = 2_000
_DEEPEST, _LONGEST_NAME, _PATIENCE = 4, 100, 30.0
# A zarr folder is deeper, and says in hidden files what its arrays are.
_ZARR, _DEEPEST_ZARR = ".zarr", 12
_ZARR_FILES = frozenset({".zarray", ".zattrs", ".zgroup", ".zmetadata"})
# What is no plain name of a file on every system gets a generated one.
_PLAIN = re.compile(r"\w[\w .()+=,@\[\]-]*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
TOO_LARGE = f"more than {MOST_BYTES // 2**20} MB in one drop; predict such files with the command line, which has no limit"
TOO_MANY = f"more than {MOST_FILES:,} files in one drop; give a table, or use the command line"


def kept_as(given: str, taken: int) -> PurePosixPath:
    """Return the path under which an upload is kept in its drop's own folder; a client's word opens no other.

    Sheets and the readers know files by their names, so a plain name is kept; any other is replaced by a number.

    Parameters
    ----------
    given
        The name, with folders where a folder was dropped, as the browser says it.
    taken
        Files that are there already.

    Examples
    --------
    >>> [str(kept_as(name, 2)) for name in ("mouse 7/spectra.csv", "a.zarr/obs/.zgroup", "../../x", "CON", "/etc/passwd")]
    ['mouse 7/spectra.csv', 'a.zarr/obs/.zgroup', 'file-3', 'file-3', 'file-3']
    """
    parts = unicodedata.normalize("NFC", given).split("/")
    in_zarr = len(parts) > 1 and parts[0].casefold().endswith(_ZARR)
    named = parts[:-1] if in_zarr and parts[-1] in _ZARR_FILES else parts
    if len(parts) <= (_DEEPEST_ZARR if in_zarr else _DEEPEST) and all(map(_is_plain, named)):
        return PurePosixPath(*parts)
    return PurePosixPath(f"file-{taken + 1}")


def _is_plain(name: str) -> bool:
    return (
        len(name.encode()) <= _LONGEST_NAME
        and _PLAIN.fullmatch(name) is not None
        and name[-1] not in " ."
        and not _RESERVED.fullmatch(name)
    )


async def receive(drop: Drop, given: str, declared: int, parts: AsyncIterator[bytes]) -> None:
    """Write one upload to the drop's folder as it comes.

    Parameters
    ----------
    drop
        Whose it is.
    given
        The browser's name for it.
    declared
        Its bytes, as the request says; 0 where it says nothing.
    parts
        Its content.

    Raises
    ------
    Refusal
        It is too large, one too many, there already, or does not come.
    """
    if drop.is_read:
        raise Refusal(409, "these files have been read already; drop further files on the first page")
    if len(drop.files) >= MOST_FILES:
        raise Refusal(413, TOO_MANY)
    if drop.size + declared > MOST_BYTES:
        raise Refusal(413, TOO_LARGE)
    path = kept_as(given, len(drop.files))
    if str(path).casefold() in {name.casefold() for name in drop.files}:
        raise Refusal(409, f"{path}: two files of this name; drop them one after the other")
    drop.files[str(path)] = given
    try:
        await _write(drop, str(path), parts)
    except BaseException as err:
        with contextlib.suppress(OSError):
            (drop.data / path).unlink()
        drop.files.pop(str(path), None)
        drop.sizes.pop(str(path), None)
        if isinstance(err, OSError):
            raise _refusal(path.name, err) from err
        raise


async def _write(drop: Drop, name: str, parts: AsyncIterator[bytes]) -> None:
    target = drop.data / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while (part := await asyncio.wait_for(anext(parts, None), _PATIENCE)) is not None:
            drop.keep()
            drop.sizes[name] = drop.sizes.get(name, 0) + len(part)
            if drop.size > MOST_BYTES:
                raise Refusal(413, TOO_LARGE)
            file.write(part)


def _refusal(name: str, err: OSError) -> Refusal:
    if isinstance(err, TimeoutError):
        return Refusal(408, f"nothing came for {_PATIENCE:.0f} s; drop the file again")
    if isinstance(err, FileExistsError | NotADirectoryError | IsADirectoryError):
        return Refusal(409, f"{name}: a file and a folder of this name; rename one of them")
    return Refusal(507, f"{name}: can't be kept ({err.strerror}); free space and drop it again")
