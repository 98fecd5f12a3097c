"""What was dropped together: its files in a private folder, what was read, what was asked, and when it goes away."""

import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spectra_dl_cli.web.jobs import Job
from spectra_dl_cli.web.refusal import Refusal

if TYPE_CHECKING:
    from spectra_dl_cli.web.live_view import Viewed

# Among a drop's notes: what was read, its first spectra, its section in small.
FACTS_FILE, VIEW_FILE, IMAGE_FILE = "facts.json", "view.npz", "tissue.png"
MOST_DROPS = 40
MOST_RUNS = 20
UNSEEN, LEFT = 45.0, 15.0  # seconds without a sign of the page; after it said that it goes


@dataclass(eq=False)
class Run:
    """A command that was asked for.

    Attributes
    ----------
    number
        From 1.
    kind
        ``"predict"``, ``"audit"`` or ``"evaluate"``.
    words
        Of the command line that does the same.
    out
        The folder of its results.
    job
        The work.
    """

    number: int
    kind: str
    words: list[str]
    out: Path
    job: Job


@dataclass(eq=False)
class Drop:
    """Files that were dropped together.

    Attributes
    ----------
    id
        In the page's address.
    folder
        Private; goes away with the drop.
    files
        The browser's name of each file, by the path it is kept under.
    sizes
        Bytes of each.
    kind
        ``"spectra"`` or ``"tissue"``.
    choices
        What the person said of the columns, or of a section's files.
    models
        What was last evaluated.
    reading
        The job that reads the files; None before all have come.
    facts
        What was read.
    viewed
        The first spectra, once they are looked at.
    runs
        Commands, in the order they were asked for.
    seen
        When the page last gave a sign, in monotonic seconds.
    left
        The page said that it goes.
    """

    id: str
    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    kind: Literal["spectra", "tissue"] = "spectra"
    choices: Mapping[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ("logistic", "pls-da")
    reading: Job | None = None
    facts: dict[str, Any] | None = None
    viewed: "Viewed | None" = None
    runs: list[Run] = field(default_factory=list)
    seen: float = field(default_factory=time.monotonic)
    left: bool = False

    @property
    def data(self) -> Path:
        """The folder of the files, in which commands run."""
        return self.folder / "data"

    @property
    def notes(self) -> Path:
        """The folder of what the commands print."""
        return self.folder / "notes"

    @property
    def size(self) -> int:
        """Bytes that came."""
        return sum(self.sizes.values())

    @property
    def is_read(self) -> bool:
        """Whether all files have come."""
        return self.reading is not None

    @property
    def unfinished(self) -> list[Job]:
        """The jobs that wait or run, in the order in which they are done."""
        jobs = [*([self.reading] if self.reading else []), *(run.job for run in self.runs)]
        return [job for job in jobs if not job.has_ended]

    @property
    def inputs(self) -> list[str]:
        """What stands at the top of the folder: DATA of a command."""
        return list(dict.fromkeys(name.partition("/")[0] for name in self.files))

    def keep(self) -> None:
        """Note a sign of the page."""
        self.seen, self.left = time.monotonic(), False


class Drops:
    """All drops of a server.

    Parameters
    ----------
    folder
        Private, in which each drop has its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drops: dict[str, Drop] = {}

    def begin(self, kind: Literal["spectra", "tissue"] = "spectra") -> Drop:
        """Return a new drop.

        Parameters
        ----------
        kind
            What is dropped.

        Raises
        ------
        Refusal
            There are too many.
        """
        if len(self._drops) >= MOST_DROPS:
            raise Refusal(429, f"{MOST_DROPS} drops are open; close the pages that are done with")
        drop = Drop(secrets.token_hex(8), self._folder / secrets.token_hex(16), kind=kind)
        for folder in (drop.folder, drop.data, drop.notes):
            folder.mkdir(mode=0o700)
        self._drops[drop.id] = drop
        return drop

    def get(self, name: str) -> Drop:
        """Return a drop by its id.

        Raises
        ------
        Refusal
            It is gone.
        """
        drop = self._drops.get(name)
        if drop is None:
            raise Refusal(
                410, "these files are no longer here, as their page was closed or away; drop them again"
            )
        return drop

    def abandoned(self) -> list[Drop]:
        """Return drops whose page is gone."""
        now = time.monotonic()
        return [drop for drop in self._drops.values() if now - drop.seen > (LEFT if drop.left else UNSEEN)]

    def remove(self, drop: Drop) -> None:
        """Take a drop and its files away."""
        self._drops.pop(drop.id, None)
        shutil.rmtree(drop.folder, ignore_errors=True)
