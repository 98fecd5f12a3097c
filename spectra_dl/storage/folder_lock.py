"""One process at a time writes to a folder."""

import contextlib
import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from spectra_dl.errors import EnvironmentFault

_NOT_SUPPORTED = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


_log = logging.getLogger(__name__)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[str | None]:
    """Hold a folder, which need not exist yet; yield a sentence where an earlier process died with it, else None.

    The lock is the operating system's on a hidden file beside the folder, and on the folder itself where it exists: there it holds also
    where nobody may write beside it. It ends with the process that holds it, however that ends. On file systems that know no locks there is none.

    Raises
    ------
    EnvironmentFault
        Another process holds it.
    """
    target = Path(os.path.abspath(folder))
    path = target.parent / f".{target.name[:200]}.lock"
    descriptor = _locked(path, lambda file: _lock(file, folder)) if target.name else None
    with contextlib.ExitStack() as held:
        if descriptor is not None:
            held.callback(_release, descriptor, path)
        inside = _opened_folder(target)
        if inside is not None:
            held.callback(os.close, inside)
            _lock(inside, folder)
        if descriptor is None:
            yield None
            return
        owner = _owner(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield f"process {owner} ended without finishing {folder}; its place was taken over" if owner else None


@contextlib.contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for another process that holds it; without effect where files can't be locked.

    Parameters
    ----------
    path
        The file, made for the time being.
    """
    descriptor = _locked(path, lambda file: _wait(file, path))
    try:
        yield
    finally:
        if descriptor is not None:
            _release(descriptor, path)


def _locked(path: Path, lock: Callable[[int], None]) -> int | None:
    """Return the open file that is locked, or None where none can be made."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except OSError:
            return None
        try:
            lock(descriptor)
            # The last owner may have taken the name away between the two calls.
            if _same_file(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _release(descriptor: int, path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
    os.close(descriptor)


def _opened_folder(folder: Path) -> int | None:
    """Return a descriptor of an existing folder, None where there is none or the system opens no folders."""
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY) if hasattr(os, "O_DIRECTORY") else None
    except OSError:
        return None


def _lock(descriptor: int, folder: Path) -> None:
    if not _is_had(descriptor, waits=False):
        raise EnvironmentFault(
            f"--out {folder}: in use by process {_owner(descriptor) or 'of unknown number'}; wait for it, or choose another folder"
        )


def _wait(descriptor: int, path: Path) -> None:
    if not _is_had(descriptor, waits=False):
        _log.info("waiting for another run that holds %s", path)
        _is_had(descriptor, waits=True)


def _is_had(descriptor: int, *, waits: bool) -> bool:
    """Lock an open file, and return whether that was possible; where there are no locks it always is."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError as err:
        return err.errno in _NOT_SUPPORTED
    return True


def _owner(descriptor: int) -> str:
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        return ""
    return "".join(c for c in os.pread(descriptor, 20, 0).decode("ascii", "replace") if c.isdigit())


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False
