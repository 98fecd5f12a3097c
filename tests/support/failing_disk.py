"""A disk whose n-th operation fails, for loops that try every n."""

import builtins
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FailingDisk:
    """Counts the operations that write below a folder, and lets one of them fail.

    ``fail_at`` 0 only counts. Opening for writing, writing, flushing to the disk and renaming are operations.
    """

    def __init__(self, folder: Path, fail_at: int, error: int = errno.EIO) -> None:
        self.folder, self.fail_at, self.error, self.done = str(folder), fail_at, error, 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.fail_at:
            raise OSError(self.error, os.strerror(self.error))

    def concerns(self, path: object) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.folder)


class _Writer:
    """A file whose every write is an operation."""

    def __init__(self, stream, disk: FailingDisk) -> None:
        self._stream, self._disk = stream, disk

    def write(self, content):
        self._disk.step()
        return self._stream.write(content)

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __enter__(self):
        self._stream.__enter__()
        return self

    def __exit__(self, *error):
        return self._stream.__exit__(*error)


@contextmanager
def failing_disk(monkeypatch, folder: Path, fail_at: int, error: int = errno.EIO) -> Iterator[FailingDisk]:
    """Make the ``fail_at``-th operation below ``folder`` fail while the block runs."""
    disk, real_open, real_fsync, real_replace = (
        FailingDisk(folder, fail_at, error),
        open,
        os.fsync,
        os.replace,
    )

    def opened(path, mode="r", *rest, **named):
        if not disk.concerns(path) or not set(mode) & set("wax+"):
            return real_open(path, mode, *rest, **named)
        disk.step()
        return _Writer(real_open(path, mode, *rest, **named), disk)

    def flushed(descriptor):
        disk.step()
        return real_fsync(descriptor)

    def renamed(source, target, **named):
        if disk.concerns(target):
            disk.step()
        return real_replace(source, target, **named)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", opened)
        patch.setattr(os, "fsync", flushed)
        patch.setattr(os, "replace", renamed)
        yield disk
