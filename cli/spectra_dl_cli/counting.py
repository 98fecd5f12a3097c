"""How many spectra are done, where a person is watching."""

import contextlib
import sys
from collections.abc import Callable, Iterator


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
