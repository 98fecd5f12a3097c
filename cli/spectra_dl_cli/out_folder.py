"""The folder of --out: checked before any work is done, and held until the command ends."""

from pathlib import Path

import click

from spectra_dl_cli.output import say_warning


def claim_run_folder(path: Path, *, overwrite: bool = False, resume: bool = False) -> Path:
    """Check the folder a command writes to, and keep other processes from it while the command runs.

    Raises
    ------
    UsageError, DataError, EnvironmentFault
        See `spectra_dl.storage.run_folder.check_run_folder` and `spectra_dl.storage.folder_lock.folder_lock`.
    """
    from spectra_dl.storage.atomic import sweep_unfinished
    from spectra_dl.storage.folder_lock import folder_lock
    from spectra_dl.storage.run_folder import check_run_folder

    taken_over = click.get_current_context().with_resource(folder_lock(path))
    sweep_unfinished(path)
    if taken_over:
        say_warning(taken_over)
    return check_run_folder(path, overwrite=overwrite, resume=resume)
