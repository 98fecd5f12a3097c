"""What a run has finished, on disk, so that it can go on after it was stopped."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spectra_dl.errors import DataError, EnvironmentFault, ModelFileError, UsageError
from spectra_dl.execution.records import Record, recorded, restored
from spectra_dl.storage.atomic import sweep_unfinished, write_text
from spectra_dl.storage.identity import differences
from spectra_dl.storage.sealed import read_sealed, write_sealed
from spectra_dl.storage.wording import safe_file_name

FOLDER = "journal"
_DESCRIPTION = "run.json"
_KIND = "spectra_dl_job"
_MOST_DESCRIBED = 64 << 20  # bytes


@dataclass(frozen=True)
class Journal:
    """The finished jobs of a run, a sealed file each.

    Attributes
    ----------
    folder
        Where they lie, made by `begin_journal`.
    identity
        Everything that must be the same for the run to go on, by name.
    discarded
        Finished jobs of an interrupted run that were taken away.
    """

    folder: Path
    identity: Mapping[str, str]
    discarded: int = 0

    def read(self, title: str, types: tuple[type, ...]) -> tuple[Any] | None:
        """Return a job's outcome, in a tuple of one, or None where it isn't finished or its file is damaged.

        Parameters
        ----------
        title
            The job's.
        types
            The dataclasses that its outcome is made of.
        """
        path = self._path(title)
        if not path.is_file():
            return None
        try:
            sealed = read_sealed(path, _KIND)
            described = json.loads(sealed.text)
            if not isinstance(described, dict) or described.get("job") != self._job(title):
                return None
            return (restored(Record(described.get("outcome"), sealed.tensors), types),)
        except (ModelFileError, ValueError):
            return None

    def write(self, title: str, outcome: object, types: tuple[type, ...]) -> None:
        """Keep a job's outcome.

        Parameters
        ----------
        title
            The job's.
        outcome
            What it gave.
        types
            The dataclasses that the outcome is made of.

        Raises
        ------
        EnvironmentFault
            The file can't be written; what is finished stays.
        """
        record = recorded(outcome, types)
        described = {"job": self._job(title), "outcome": record.content}
        write_sealed(
            self._path(title), _KIND, json.dumps(described, ensure_ascii=True, allow_nan=False), record.arrays
        )

    def has_jobs(self) -> bool:
        """Return whether a job is finished."""
        return _count_jobs(self.folder) > 0

    def forget_jobs(self) -> None:
        """Take the finished jobs away."""
        for path in self.folder.glob("*.safetensors"):
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, title: str) -> Path:
        digest = hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return self.folder / f"{safe_file_name(title)}-{digest}.safetensors"

    def _job(self, title: str) -> str:
        """Return a digest of the job and the run it is of: a file of another run is not taken for this one's."""
        content = json.dumps([title, sorted(self.identity.items())])
        return hashlib.sha256(content.encode()).hexdigest()


def begin_journal(run_folder: Path, identity: Mapping[str, str], *, resume: bool = False) -> Journal:
    """Begin the journal of a run, or go on with that of a stopped one.

    Parameters
    ----------
    run_folder
        An existing folder, which this process has for itself.
    identity
        Everything that must be the same for the run to go on, by name: options, versions, digests of the input.
    resume
        Go on; otherwise what a stopped run has left is taken away.

    Raises
    ------
    UsageError
        There is nothing to go on with, or it is another run; each difference is named.
    EnvironmentFault
        The journal can't be written.
    """
    folder = run_folder / FOLDER
    if resume:
        _refuse_other_run(run_folder, identity)
        sweep_unfinished(folder)
        return Journal(folder, identity)
    discarded = _count_jobs(folder)
    if discarded or folder.is_symlink():
        remove_journal(run_folder)
    try:
        folder.mkdir(exist_ok=not folder.is_symlink())
    except OSError as err:
        raise EnvironmentFault(
            f"--out {run_folder}: can't write there ({err.strerror or err}); choose another folder"
        ) from err
    try:
        write_text(folder / _DESCRIPTION, json.dumps({"run": dict(identity)}, indent=1) + "\n")
    except BaseException:
        remove_journal(run_folder)
        raise
    return Journal(folder, identity, discarded)


def has_journal(run_folder: Path) -> bool:
    """Return whether a run in this folder was begun and not ended, so that what lies in it is what that run left."""
    folder = run_folder / FOLDER
    return folder.is_dir() and not folder.is_symlink() and (folder / _DESCRIPTION).is_file()


def remove_journal(run_folder: Path) -> None:
    """Take the journal of a run away, if there is one."""
    folder = run_folder / FOLDER
    if folder.is_dir() and not folder.is_symlink():
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)


def _count_jobs(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*.safetensors"))


def _refuse_other_run(run_folder: Path, identity: Mapping[str, str]) -> None:
    if not has_journal(run_folder):
        raise UsageError(f"--resume: {run_folder} holds no unfinished run; leave --resume out to start one")
    saved = _read_identity(run_folder / FOLDER / _DESCRIPTION)
    if mismatch := differences(saved, identity):
        raise UsageError(
            f"--resume: the unfinished run in {run_folder} is another one ({mismatch}); use the same data, options and versions, or leave "
            "--resume out"
        )


def _read_identity(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > _MOST_DESCRIBED:
            raise ValueError("too large")
        run = json.loads(path.read_text(encoding="utf-8"))["run"]
        if not all(isinstance(text, str) for text in run.values()):
            raise ValueError("not texts by name")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise DataError(
            f"{path}: not what this program wrote; leave --resume out to start the run anew"
        ) from err
    return dict(run)
