"""Where a training starts: at its checkpoint or anew, and with several processes at the same place."""

from collections.abc import Callable, Mapping
from pathlib import Path

from spectra_dl.errors import UsageError
from spectra_dl.storage.identity import differences
from spectra_dl.training.checkpoint import (
    description_text,
    read_checkpoint,
    restore_description,
    write_checkpoint,
)
from spectra_dl.training.distributed.processes import Processes
from spectra_dl.training.state import TrainingState

Write = Callable[[TrainingState], None]


def open_training(
    path: Path | None,
    state: TrainingState,
    identity: Callable[[], dict[str, str]],
    processes: Processes,
    *,
    resume: bool,
) -> Write:
    """Bring ``state`` to where the training starts, and return a function that writes its checkpoint.

    Of several processes the first alone reads and writes the file.

    Parameters
    ----------
    path
        The checkpoint file, or None to keep none.
    state
        The state before the first step; changed in place.
    identity
        Return the training's identity; called only where it is needed, because it reads all rows.
    processes
        The processes of this training.
    resume
        Go on from ``path``, which must exist; without it ``path`` must not.

    Returns
    -------
    Callable
        Writes the state it is given to ``path``; does nothing without a ``path`` and outside the first process.

    Raises
    ------
    UsageError
        There is nothing to resume, or it is another training; the checkpoint exists already; another process has other
        data or settings.
    EnvironmentFault
        Another process ended.
    """
    first = processes.launch.is_first
    write = _open_checkpoint(path, state, identity, resume=resume) if first else _keep_nothing
    if processes.several:
        _start_as_first(processes, state, identity())
    return write


def _open_checkpoint(
    path: Path | None, state: TrainingState, identity: Callable[[], dict[str, str]], *, resume: bool
) -> Write:
    if path is None:
        if resume:
            raise UsageError("resume: no checkpoint file was named; say which one to go on from")
        return _keep_nothing
    file, known = Path(path), identity()
    if resume:
        read_checkpoint(file, state, known)
    elif file.exists():
        raise UsageError(
            f"{file}: the checkpoint of a training is there already; resume it, or remove it first"
        )
    return lambda state: write_checkpoint(file, state, known)


def _keep_nothing(state: TrainingState) -> None:
    """Stand in for the writing of a checkpoint."""


def _start_as_first(processes: Processes, state: TrainingState, identity: Mapping[str, str]) -> None:
    """Replace ``state`` by the first process's; refuse to train on other rows or with other settings than it."""
    first_identity = restore_description(processes.broadcast_text(description_text(state, identity)), state)
    if mismatch := differences(first_identity, identity):
        launch = processes.launch
        raise UsageError(
            f"process {launch.rank} of {launch.world_size} was started for another training than the first ({mismatch}); start all with the same command on the same files"
        )
    for _, tensor in sorted(state.tensors().items()):
        processes.broadcast(tensor)
