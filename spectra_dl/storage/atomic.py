"""Write a file whole or not at all."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from spectra_dl.errors import EnvironmentFault

# The process's number, by which leftovers are known, and what nobody can guess, so that nobody has put a link there.
_TEMPORARY = re.compile(r"\..+\.(\d{1,10})\.[0-9a-f]{16}\.tmp")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def whole_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary neighbour of ``path``, new and empty, to be written and closed, that takes its name when the block ends well.

    The bytes are flushed to the disk before the rename and the folder's entry after it, so that a reader,
    or the machine after a crash, sees the old file or the new one and never a part.

    Raises
    ------
    EnvironmentFault
        The file can't be written (disk full, no permission, no such folder). The old file is untouched.
    """
    target = Path(path)
    temporary = _neighbour(target)
    try:
        os.close(os.open(temporary, _NEW, 0o666))
        yield temporary
        _sync_file(temporary)
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as err:
        if not isinstance(err, FileExistsError):  # what was there before is not ours
            _remove(temporary)
        if isinstance(err, EnvironmentFault):
            raise
        raise _not_writable(target, err) from err
    except BaseException:
        _remove(temporary)
        raise


@contextlib.contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the name of a temporary neighbour of ``path``, to be made a folder, that takes its name when the block ends well.

    A folder that has the name already makes way once the new one is complete; a link of that name is replaced, never followed.

    Raises
    ------
    EnvironmentFault
        The folder can't be written (disk full, no permission, no such parent). The old folder is untouched.
    """
    target = Path(path)
    temporary, old = _neighbour(target), _neighbour(target)
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file() and not file.is_symlink():
                _sync_file(file)
        _exchange(temporary, target, old)
        _sync_folder(target.parent)
    except OSError as err:
        _remove(temporary)
        if isinstance(err, EnvironmentFault):
            raise
        raise _not_writable(target, err) from err
    except BaseException:
        _remove(temporary)
        raise


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a stream whose bytes become ``path`` when the block ends well; see `whole_path`."""
    with whole_path(path) as temporary, open(temporary, "wb") as stream:
        yield stream


def sweep_unfinished(folder: Path) -> None:
    """Remove what processes that were killed while they wrote left in a folder; the caller holds the folder for itself."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in folder.iterdir():
        unfinished = _TEMPORARY.fullmatch(path.name)
        if unfinished and not _alive(int(unfinished[1])):
            _remove(path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all.

    Parameters
    ----------
    path
        The file; an older one is replaced.
    content
        All of its bytes.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with whole_file(path) as stream:
        stream.write(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write ``content`` to ``path`` as UTF-8 with its line ends as they are, whole or not at all.

    Parameters
    ----------
    path
        The file; an older one is replaced.
    content
        All of its text.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    write_bytes(path, content.encode("utf-8"))


def _exchange(temporary: Path, target: Path, old: Path) -> None:
    """Give a folder its name; what had it before is gone then, or has it again where that fails."""
    if not os.path.lexists(target):
        os.replace(temporary, target)
        return
    os.replace(target, old)
    try:
        os.replace(temporary, target)
    except OSError:
        os.replace(old, target)
        raise
    _remove(old)


def _neighbour(target: Path) -> Path:
    return target.with_name(f".{target.name[:200]}.{os.getpid()}.{secrets.token_hex(8)}.tmp")


def _not_writable(target: Path, err: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        f"{target}: can't be written ({err.strerror or err}); free space or choose another --out"
    )


def _remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it; links in it are not followed."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
