"""The contract of a reader for any bytes: what it promises, or a refusal that a person can read, within its bounds."""

import os
import time
import traceback
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import SpectraDLError

LONGEST_MESSAGE = 500
MOST_SECONDS = 5.0
MOST_MEMORY = 500 << 20
_RESET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


@dataclass(frozen=True)
class Target:
    """A reader and files to damage.

    Attributes
    ----------
    name, group
        Of the reader, and of the readers it is run with.
    seeds
        Give whole files.
    read
        Takes a file's bytes and an empty folder; raises AssertionError where the reader breaks its promise.
    real
        Folders and patterns below the folder of real data whose files are seeds as well.
    """

    name: str
    group: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes, Path], None]
    real: tuple[str, ...] = ()

    def all_seeds(self, data: Path | None = None) -> list[bytes]:
        """Return the synthetic files, and the real ones where their folder is given."""
        paths = [path for pattern in self.real for path in sorted(data.glob(pattern))] if data else []
        return [*self.seeds(), *(path.read_bytes() for path in paths)]


class Finding(Exception):
    """A reader broke the contract.

    Attributes
    ----------
    place
        What distinguishes findings: the kind and where it was raised.
    """

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place = place


def attempt(target: Target, data: bytes, folder: Path, *, measure: bool = True) -> bool:
    """Return whether the reader accepted the bytes (True) or refused them (False).

    Parameters
    ----------
    target
        The reader.
    data
        A file's bytes, at most 1 MiB.
    folder
        Empty, for the files the reader needs.
    measure
        Time and memory as well.

    Raises
    ------
    Finding
        Another exception, a warning, an unreadable message, a broken promise, or too much time or memory.
    """
    before = _forget_peak() if measure else 0
    start = time.process_time()
    accepted = _accepts(target, data, folder)
    if not measure:
        return accepted
    seconds, grown = time.process_time() - start, _peak() - before
    if seconds > MOST_SECONDS:
        raise Finding(f"{target.name} slow", f"{seconds:.1f} s of processor time")
    if grown > MOST_MEMORY:
        raise Finding(f"{target.name} memory", f"{grown >> 20} MiB over what it was")
    return accepted


def _accepts(target: Target, data: bytes, folder: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            target.read(data, folder)
    except SpectraDLError as refusal:
        _check_message(str(refusal))
        return False
    except Exception as err:
        frames = traceback.extract_tb(err.__traceback__)
        package_frames = [frame for frame in frames if "spectra_dl" in frame.filename] or frames[-1:]
        places = dict.fromkeys(
            f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in (package_frames[-1], frames[-1])
        )
        raise Finding(f"{type(err).__name__} at {' '.join(places)}", str(err)[:300]) from err
    return True


def _check_message(text: str) -> None:
    strange = [character for character in text if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")]
    if len(text) > LONGEST_MESSAGE or strange or not text:
        shape = "".join(character for character in text[-60:] if character.isascii() and character.isalpha())
        raise Finding(
            f"message {shape}", f"{len(text)} characters, {strange[:3]!r} among them: {text!r:.300}"
        )


def _forget_peak() -> int:
    """Return the resident memory now, from which the peak is counted anew; 0 where the system doesn't report it."""
    try:
        _RESET.write_text("5")
    except OSError:
        return 0
    return _peak()


def _peak() -> int:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)
