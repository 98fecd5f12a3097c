"""What the commands print and where they write: plain text, safe for any terminal, and the folder of --out."""

import contextlib
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.training.distributed.launch import read_launch
from spectra_dl_cli.options import bundled, together

if TYPE_CHECKING:
    from spectra_dl.storage.run_folder import RunResult

_MAX_ERROR = 500


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
    """

    out: Path | None = None
    overwrite: bool = False
    as_json: bool = False

    def claim(self, *, resume: bool = False) -> Path | None:
        """Check the folder, and keep other processes from it while the command runs; return it.

        A folder that was not there and in which nothing was written is gone when the command ends.

        Raises
        ------
        UsageError, DataError, EnvironmentFault
            See `spectra_dl.storage.run_folder.check_run_folder` and `spectra_dl.storage.folder_lock.folder_lock`.
        """
        if self.out is None:
            return None
        from spectra_dl.storage.atomic import sweep_unfinished
        from spectra_dl.storage.folder_lock import folder_lock
        from spectra_dl.storage.run_folder import check_run_folder

        out, context = self.out, click.get_current_context()
        taken_over = context.with_resource(folder_lock(out))
        if not out.exists():
            context.call_on_close(lambda: _remove_empty(out))
        sweep_unfinished(out)
        if taken_over:
            say_warning(taken_over)
        return check_run_folder(out, overwrite=self.overwrite, resume=resume)

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
        from spectra_dl.storage.run_folder import json_text, write_result

        if self.out or self.as_json:
            report = {**origin(), **result.report}
        if self.out:
            write_result(self.out, result, report)
        say(json_text(report).rstrip() if self.as_json else text())


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
    from spectra_dl.storage.provenance import provenance

    return provenance(inputs, seed=seed, command=("spectra-dl", *sys.argv[1:]))


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
    click.echo(_visible(text))


def say_error(text: str) -> None:
    """Print one sentence about a failure to standard error."""
    click.echo(f"Error: {_visible(text)[:_MAX_ERROR]}", err=True)


def say_warning(text: str) -> None:
    """Print one warning to standard error."""
    click.echo(f"Warning: {_visible(text)[:_MAX_ERROR]}", err=True)


def say_progress(text: str) -> None:
    """Print a line of progress to standard error when a person is watching; of several processes the first does."""
    if sys.stderr.isatty() and read_launch().is_first:
        click.echo(_visible(text), err=True)


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns as wide as their longest cell; numbers to the right.

    Parameters
    ----------
    header
        The columns' names.
    rows
        As many cells each.
    """
    lines = [[_visible(cell).replace("\n", "\\n") for cell in row] for row in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    right = [all(_is_number(line[column]) for line in lines[1:]) for column in range(len(header))]

    def draw(line: list[str]) -> str:
        cells = (
            cell.rjust(width) if flag else cell.ljust(width)
            for cell, width, flag in zip(line, widths, right, strict=True)
        )
        return "  ".join(cells).rstrip()

    return "\n".join(
        [draw(lines[0]), "  ".join("-" * width for width in widths), *(draw(line) for line in lines[1:])]
    )


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_number(cell: str) -> bool:
    return cell in ("", "-") or cell.replace(".", "", 1).replace("-", "", 1).isdigit()


def _visible(text: str) -> str:
    """Show control and invisible formatting characters, which could rewrite a terminal, as escapes."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else character.encode("unicode_escape").decode()
        for character in text
    )
