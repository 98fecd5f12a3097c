"""What the commands print and where they write: plain text, safe for any terminal, and the folder of --out."""

import contextlib
import functools
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spectra_dl_cli.log import clear_bars
from spectra_dl_cli.options import bundled, together
from spectra_dl_cli.printing.terminal import coloured, drawn_table, numbers_only
from spectra_dl_cli.printing.text import visible, visible_json

if TYPE_CHECKING:
    from spectra_dl.execution.journal import Journal
    from spectra_dl.storage.run_folder import RunResult

_MAX_ERROR = 500
# Options that decide nothing about the result: with a value, and without.
WHERE, HOW = ("--jobs", "--scheduler"), ("--resume", "--quiet")
_kept = False


out_option = click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the results."
)
model_out_option = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for model.safetensors.",
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Allow a folder that already holds results."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
output_options = together(out_option, overwrite_option, json_option)


@dataclass(frozen=True)
class Output:
    """Where a command's results go.

    Attributes
    ----------
    out
        The folder they are written to; None writes none.
    overwrite
        Allow a folder that already holds results.
    as_json
        Print the report instead of text.
    option
        The option that named the folder, for messages.
    """

    out: Path | None = None
    overwrite: bool = False
    as_json: bool = False
    option: str = "--out"

    def claim(self, *, resume: bool = False) -> Path | None:
        """Check the folder, and keep other processes from it while the command runs; return it.

        What an earlier run left there that was killed is in nobody's way. A folder that was not there and in which nothing was written
        is gone when the command ends.

        Parameters
        ----------
        resume
            Go on with what an interrupted run left.

        Raises
        ------
        UsageError, DataError, EnvironmentFault
            See `spectra_dl.storage.run_folder.check_run_folder` and `spectra_dl.storage.folder_lock.folder_lock`.
        """
        if self.out is None:
            return None
        from spectra_dl.execution.journal import has_journal
        from spectra_dl.storage.atomic import sweep_unfinished
        from spectra_dl.storage.folder_lock import folder_lock
        from spectra_dl.storage.run_folder import check_run_folder

        out, context = self.out, click.get_current_context()
        with uninterrupted():
            taken_over = context.with_resource(folder_lock(out))
        sweep_unfinished(out)
        if taken_over:
            say_warning(taken_over)
        unfinished, existed = has_journal(out), out.exists()
        check_run_folder(
            out, overwrite=self.overwrite, resume=resume, unfinished=unfinished, option=self.option
        )
        replaces = existed and not unfinished and any(out.iterdir())
        if not existed:
            context.call_on_close(functools.partial(_remove_empty, out))
        context.call_on_close(functools.partial(_end_run, out, replaces=replaces, resumed=resume))
        if not resume:
            self.journal({})
        return out

    def journal(self, identity: Mapping[str, str], *, resume: bool = False) -> "Journal | None":
        """Return the journal of this run, which lies in the folder until the command has ended well; None without a folder.

        Parameters
        ----------
        identity
            Everything that must be the same for the run to go on, by name.
        resume
            Go on with the journal of an interrupted run.

        Raises
        ------
        UsageError
            There is nothing to go on with, or it is another run; each difference is named.
        EnvironmentFault
            It can't be written.
        """
        if self.out is None:
            return None
        from spectra_dl.execution.journal import begin_journal
        from spectra_dl.storage.run_folder import make_run_folder

        make_run_folder(self.out)
        journal = begin_journal(self.out, identity, resume=resume)
        if journal.discarded:
            say_warning(
                f"{journal.discarded} finished jobs of an interrupted run in {self.out} were taken away; --resume would have gone on with them"
            )
        return journal

    def finish(
        self, result: "RunResult", origin: Callable[[], Mapping[str, object]], text: Callable[[], str]
    ) -> None:
        """Write the run folder, if there is one, and print the result.

        Parameters
        ----------
        result
            What the workflow gave back.
        origin
            Returns the report's first entries; not called where no report is written or printed.
        text
            Returns what is printed for a person.

        Raises
        ------
        DataError
            An input is gone.
        EnvironmentFault
            A file can't be written.
        """
        from spectra_dl.storage.run_folder import write_result

        if self.out or self.as_json:
            report = {**origin(), **result.report}
        try:
            # Before the files: a full disk doesn't take the result away.
            if self.as_json:
                say_json(report)
            else:
                say(text())
        finally:
            if self.out:
                write_result(self.out, result, report)
                self.end()

    def end(self) -> None:
        """Say that the run in the folder has ended well: its journal goes away, and the folder too where nothing else is in it."""
        from spectra_dl.execution.journal import remove_journal

        if self.out:
            remove_journal(self.out)
            _remove_empty(self.out)


bundled_output = bundled("output", Output)


def origin_of(inputs: Sequence[Path], *, seed: int | None = None) -> dict[str, object]:
    """Return the first entries of this command's report.

    Parameters
    ----------
    inputs
        Everything that was read.
    seed
        Of the run; None where nothing is random.

    Raises
    ------
    DataError
        An input is missing or can't be read.
    """
    from spectra_dl.execution.facts import fast_allowed
    from spectra_dl.plugins import named_plugins
    from spectra_dl.storage.provenance import provenance, versions

    origin = provenance(inputs, seed=seed, command=("spectra-dl", *deciding_words(sys.argv[1:])))
    plugins = named_plugins(click.get_current_context().params.values())
    return {**origin, "versions": {**versions(), **plugins}, **({"fast": True} if fast_allowed() else {})}


def deciding_words(words: Sequence[str]) -> list[str]:
    """Return a command's words without those that only say where and how its work is done.

    Examples
    --------
    >>> deciding_words(["audit", "serum.csv", "--jobs", "4", "--quiet", "--seed", "1"])
    ['audit', 'serum.csv', '--seed', '1']
    """
    kept, skip = [], False
    for word in words:
        if not skip and word.split("=")[0] not in (*WHERE, *HOW):
            kept.append(word)
        skip = word in WHERE and not skip
    return kept


@contextlib.contextmanager
def counting(doing: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that shows how many spectra are done, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda spectra: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,} spectra"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda spectra: bar.update(task, completed=spectra)


def say(text: str = "") -> None:
    """Print text for a person, with control characters made visible."""
    clear_bars()
    click.echo(coloured(visible(text)))


def say_json(content: Mapping[str, object]) -> None:
    """Print JSON, which is the same for a terminal and a file: without colours, and control characters as JSON escapes them."""
    from spectra_dl.storage.text.json_text import json_text

    clear_bars()
    click.echo(visible_json(json_text(content).rstrip()))


def say_error(text: str) -> None:
    """Print one sentence about a failure to standard error."""
    clear_bars()
    click.echo(coloured(f"Error: {visible(text)[:_MAX_ERROR]}"), err=True)


def say_warning(text: str) -> None:
    """Print one warning to standard error."""
    clear_bars()
    click.echo(coloured(f"Warning: {visible(text)[:_MAX_ERROR]}"), err=True)


def warn_of_training_rows(seen: int, rows: int, what: str) -> None:
    """Warn where a model predicts what it was trained on.

    Parameters
    ----------
    seen
        How many of the rows it was trained on.
    rows
        That are predicted.
    what
        They are called, as ``"spectra"``.
    """
    if seen:
        say_warning(f"{seen} of {rows} {what} were used in training this model; these results are too good")


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns as wide as their longest cell, numbers to the right; on a terminal with lines, and cells that fit its width.

    Parameters
    ----------
    header
        The columns' names.
    rows
        As many cells each.
    """
    lines = [[visible(cell).replace("\n", "\\n") for cell in row] for row in (header, *rows)]
    if sys.stdout.isatty():
        return drawn_table(*lines)
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    right = numbers_only(lines)

    def draw(line: list[str]) -> str:
        cells = (
            cell.rjust(width) if flag else cell.ljust(width)
            for cell, width, flag in zip(line, widths, right, strict=True)
        )
        return "  ".join(cells).rstrip()

    return "\n".join(
        [draw(lines[0]), "  ".join("-" * width for width in widths), *(draw(line) for line in lines[1:])]
    )


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C and a request to end for the end of a short block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    came: list[int] = []
    before: dict[int, Any] = {
        int(number): signal.signal(number, lambda received, frame: came.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)


def _end_run(out: Path, *, replaces: bool, resumed: bool) -> None:
    """Take a journal away that holds nothing to go on with, but leave it where it shows that files beside it are of a run that did not end.

    Parameters
    ----------
    out
        The folder of the command that ends.
    replaces
        The folder held results before, which nothing has replaced yet; they must not look unfinished.
    resumed
        The journal is that of an earlier run, whose finished jobs nothing takes away.
    """
    global _kept
    from spectra_dl.classification.checkpoints import CHECKPOINT_FILES, CHECKPOINTS
    from spectra_dl.errors import EnvironmentFault, SpectraDLError
    from spectra_dl.execution.journal import FOLDER, forget_jobs, has_jobs, has_journal, remove_journal

    error, journal = sys.exc_info()[1], out / FOLDER
    if not out.is_dir():
        return
    if isinstance(error, SpectraDLError) and not isinstance(error, EnvironmentFault) and not resumed:
        forget_jobs(journal)  # the same input would be refused again
    _kept = has_journal(out) and (has_jobs(journal) or any((out / CHECKPOINTS).glob(CHECKPOINT_FILES)))
    beside = {path.name for path in out.iterdir()} - {FOLDER}
    if not _kept and (replaces or not beside):
        remove_journal(out)


def something_was_kept() -> bool:
    """Return whether the last command of this process left something that --resume goes on with."""
    return _kept


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
