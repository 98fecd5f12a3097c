"""Checkpoints of an ensemble's members, also of those that are trained where this machine's files can't be seen."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from spectra_dl.storage.atomic import write_bytes

CHECKPOINTS, CHECKPOINT_FILES = "checkpoints", "member-*.safetensors"


@dataclass(frozen=True)
class CheckpointPlace:
    """Where a member's checkpoint lies.

    Attributes
    ----------
    path
        The file; None keeps none.
    goes_on
        Whether the training goes on from it.
    local
        Whether the training sees the file. If not, the checkpoint is sent there and back.
    content
        Of the file, where it is to be sent.
    """

    path: Path | None
    goes_on: bool
    local: bool
    content: bytes | None = None

    @classmethod
    def of(cls, path: Path | None, *, resume: bool, local: bool) -> "CheckpointPlace":
        """Return the place of a member's checkpoint.

        Parameters
        ----------
        path
            The file; None keeps none.
        resume
            Go on from it where it exists.
        local
            Whether the training sees the file.
        """
        goes_on = resume and path is not None and path.exists()
        content = path.read_bytes() if path and goes_on and not local else None
        return cls(path, goes_on, local, content)

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Path | None, bool]]:
        """Yield the path at which the training finds and keeps its checkpoint, and whether it goes on from it."""
        if self.path is None or self.local:
            yield self.path, self.goes_on
            return
        with tempfile.TemporaryDirectory() as folder:
            there = Path(folder, self.path.name)
            if self.content is not None:
                write_bytes(there, self.content)
            yield there, self.goes_on

    def to_send(self, checkpoint: Path | None) -> bytes | None:
        """Return what is to be sent home of a checkpoint; None where it lies there already."""
        return None if checkpoint is None or self.local else checkpoint.read_bytes()


def checkpoint_file(member: int) -> str:
    """Return the name of a member's checkpoint, one of `CHECKPOINT_FILES`."""
    return CHECKPOINT_FILES.replace("*", str(member))


class _Member(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def place(self) -> CheckpointPlace: ...


class CheckpointKeeper:
    """Keeps the checkpoints of finished members that were trained elsewhere; a member itself finds its own again.

    Parameters
    ----------
    jobs
        The members.
    """

    def __init__(self, jobs: Sequence[_Member]) -> None:
        self._path_of = {job.title: job.place.path for job in jobs}

    def read(self, title: str, types: tuple[type, ...]) -> None:
        """Return nothing: the training goes on from its checkpoint by itself.

        Parameters
        ----------
        title, types
            See `spectra_dl.execution.journal.Journal.read`.
        """

    def write(self, title: str, outcome: Any, types: tuple[type, ...]) -> None:
        """Write the checkpoint that came with a finished member.

        Parameters
        ----------
        title, outcome, types
            See `spectra_dl.execution.journal.Journal.write`.
        """
        path = self._path_of[title]
        if path is not None and outcome.checkpoint is not None:
            write_bytes(path, outcome.checkpoint)
