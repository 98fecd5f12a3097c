"""One process at a time writes to a folder."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from spectra_dl.errors import EnvironmentFault

_NOT_SUPPORTED = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[str | None]:
    """Hold a folder, which need not exist yet; yield a sentence where an earlier process died with it, else None.

    The lock is the operating system's on a hidden file beside the folder, so it ends with the process that holds it, however that ends. Where
    no such file can be made, and on file systems that know no locks, there is none.

    Raises
    ------
    EnvironmentFault
        Another process holds it.
    """
    target = Path(os.path.abspath(folder))
    path = target.parent / f".{target.name[:200]}.lock"
    descriptor = _locked(path, folder) if target.name else None
    if descriptor is None:
        yield None
        return
    try:
        owner = _owner(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield f"process {owner} ended without finishing {folder}; its place was taken over" if owner else None
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _locked(path: Path, folder: Path) -> int | None:
    """Return the open file that is locked, or None where none can be made."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except OSError:
            return None
        try:
            _lock(descriptor, folder)
            # The last owner may have taken the name away between the two calls.
            if _same_file(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        if err.errno in _NOT_SUPPORTED:
            return
        raise EnvironmentFault(
            f"--out {folder}: in use by process {_owner(descriptor) or 'of unknown number'}; wait for it, or choose another folder"
        ) from err


def _owner(descriptor: int) -> str:
    return "".join(c for c in os.pread(descriptor, 20, 0).decode("ascii", "replace") if c.isdigit())


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False
