"""The folder a command writes its results to, checked before any work is done."""

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from spectra_dl.errors import DataError, EnvironmentFault, UsageError
from spectra_dl.storage.atomic import write_text
from spectra_dl.storage.text.json_text import json_text

REPORT_NAME = "report.json"
PAGE_NAME = "report.html"
CRATE_NAME = "ro-crate-metadata.json"


def check_run_folder(
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    resume: bool = False,
    unfinished: bool = False,
    option: str = "--out",
) -> Path:
    """Refuse a folder that can't take results, before any work is done; nothing is created yet.

    Parameters
    ----------
    path
        The folder; its parent must exist.
    overwrite
        Allow a folder that already holds something.
    resume
        Go on in a folder that an interrupted run left.
    unfinished
        What lies in the folder was left by a run that did not end.
    option
        The option that named the folder, for messages.

    Raises
    ------
    UsageError
        The path is a file, its parent is missing, or there is nothing to resume.
    DataError
        The folder is a link, or holds results and ``overwrite`` was not asked for.
    EnvironmentFault
        There is no permission to write there.
    """
    folder = Path(path)
    if folder.is_symlink():
        raise DataError(f"{option} {folder}: this is a link to another place; name the folder itself")
    if folder.absolute() == folder.absolute().parent:
        raise UsageError(f"{option} {folder}: this is the root of the file system; name a folder in it")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{option} {folder}: this is a file; name a folder")
    if not folder.parent.is_dir():
        raise UsageError(f"{option} {folder}: the folder {folder.parent} does not exist; make it first")
    if resume and not folder.is_dir():
        raise UsageError(
            f"--resume: {folder} does not exist, so there is nothing to go on with; leave --resume out"
        )
    if folder.is_dir() and any(folder.iterdir()) and not (overwrite or resume or unfinished):
        raise DataError(
            f"{option} {folder}: the folder already holds files; choose a new one, or add --overwrite"
        )
    try:
        with tempfile.TemporaryFile(dir=folder if folder.is_dir() else folder.parent):
            pass
    except OSError as err:
        raise _not_writable(folder, err, option) from err
    return folder


def make_run_folder(folder: Path) -> None:
    """Create a folder that `check_run_folder` accepted, unless it exists.

    Raises
    ------
    EnvironmentFault
        It can't be created.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as err:
        raise _not_writable(folder, err) from err


def _not_writable(folder: Path, err: OSError, option: str = "--out") -> EnvironmentFault:
    return EnvironmentFault(
        f"{option} {folder}: can't write there ({err.strerror or err}); choose another folder"
    )


def write_report(folder: Path, content: Mapping[str, object]) -> None:
    """Write ``report.json`` to ``folder``, whole or not at all.

    Parameters
    ----------
    folder
        An existing folder.
    content
        JSON values; numbers that are not finite become null.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    write_text(folder / REPORT_NAME, json_text(content))


class RunResult(ABC):
    """What a workflow gives back to the command line, a benchmark or a notebook."""

    @property
    @abstractmethod
    def report(self) -> Mapping[str, object]:
        """What ``report.json`` holds after `spectra_dl.storage.provenance.provenance`, ready for JSON."""

    def files(self, report: Mapping[str, object]) -> Mapping[str, str]:
        """Return the texts that are written beside ``report.json``, by file name.

        Parameters
        ----------
        report
            The whole report, with its provenance.
        """
        return {}


def write_result(folder: Path, result: RunResult, report: Mapping[str, object]) -> None:
    """Write a run folder: the result's text files, then ``report.json``.

    Parameters
    ----------
    folder
        Made unless it is there; see `check_run_folder`.
    result
        What the workflow gave back.
    report
        Its provenance and its own entries, together.

    Raises
    ------
    EnvironmentFault
        The folder can't be made, or a file can't be written.
    """
    make_run_folder(folder)
    (folder / CRATE_NAME).unlink(missing_ok=True)  # it describes an earlier run's files
    for name, text in result.files(report).items():
        write_text(folder / name, text)
    write_report(folder, report)
