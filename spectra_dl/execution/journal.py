"""What a run has finished, on disk, so that it can go on after it was stopped."""

import contextlib
import hashlib
import json
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
        return has_jobs(self.folder)

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
        write_text(folder / _DESCRIPTION, _described(identity))
        return Journal(folder, identity)
    _refuse_foreign(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as err:
        raise EnvironmentFault(
            f"--out {run_folder}: can't write there ({err.strerror or err}); choose another folder"
        ) from err
    sweep_unfinished(folder)
    # First the description, so that at no moment the folder looks like results; jobs of another run are never taken for this one's.
    try:
        write_text(folder / _DESCRIPTION, _described(identity))
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()  # where it is new and empty
        raise
    return Journal(folder, identity, discarded=forget_jobs(folder))


def _described(identity: Mapping[str, str]) -> str:
    return json.dumps({"run": dict(identity)}, indent=1) + "\n"


def identity_digest(identity: Mapping[str, str]) -> str:
    """Return a short digest of an identity, for a file's name."""
    return hashlib.sha256(json.dumps(sorted(identity.items())).encode()).hexdigest()[:16]


def has_journal(run_folder: Path) -> bool:
    """Return whether a run in this folder was begun and not ended, so that what lies in it is what that run left."""
    folder = run_folder / FOLDER
    return folder.is_dir() and not folder.is_symlink() and (folder / _DESCRIPTION).is_file()


def remove_journal(run_folder: Path) -> None:
    """Take the journal of a run away, if there is one, and nothing else that lies in its folder."""
    folder = run_folder / FOLDER
    if folder.is_dir() and not folder.is_symlink():
        # First the description, so that a run that has ended never looks as if it hadn't.
        with contextlib.suppress(OSError):
            (folder / _DESCRIPTION).unlink(missing_ok=True)
            forget_jobs(folder)
            sweep_unfinished(folder)
            folder.rmdir()


def has_jobs(folder: Path) -> bool:
    """Return whether there is a finished job in a journal's folder."""
    return any(folder.glob("*.safetensors"))


def forget_jobs(folder: Path) -> int:
    """Take the finished jobs in a journal's folder away, and return how many there were."""
    paths = list(folder.glob("*.safetensors"))
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder, or a link, of the journal's name that no run of this program has made."""
    foreign = folder.is_symlink() or (folder.exists() and not folder.is_dir())
    if foreign or (folder.is_dir() and any(folder.iterdir()) and not (folder / _DESCRIPTION).is_file()):
        raise DataError(
            f"{folder}: a run keeps its finished jobs under this name, and this was made by somebody else; move it, or choose another folder"
        )


def _refuse_other_run(run_folder: Path, identity: Mapping[str, str]) -> None:
    if not has_journal(run_folder):
        raise UsageError(f"--resume: {run_folder} holds no unfinished run; leave --resume out to start one")
    saved = _read_identity(run_folder / FOLDER / _DESCRIPTION)
    if not saved:  # it was stopped before it knew its input
        return
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
