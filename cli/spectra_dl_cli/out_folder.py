"""The folder of --out: checked before any work is done, and held until the command ends."""

import contextlib
from pathlib import Path

import click

from spectra_dl_cli.output import say_warning


def claim_run_folder(path: Path, *, overwrite: bool = False, resume: bool = False) -> Path:
    """Check the folder a command writes to, and keep other processes from it while the command runs.

    A folder that was not there and in which nothing was written is gone when the command ends.

    Raises
    ------
    UsageError, DataError, EnvironmentFault
        See `spectra_dl.storage.run_folder.check_run_folder` and `spectra_dl.storage.folder_lock.folder_lock`.
    """
    from spectra_dl.storage.atomic import sweep_unfinished
    from spectra_dl.storage.folder_lock import folder_lock
    from spectra_dl.storage.run_folder import check_run_folder

    context = click.get_current_context()
    taken_over = context.with_resource(folder_lock(path))
    if not path.exists():
        context.call_on_close(lambda: _remove_empty(path))
    sweep_unfinished(path)
    if taken_over:
        say_warning(taken_over)
    return check_run_folder(path, overwrite=overwrite, resume=resume)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
