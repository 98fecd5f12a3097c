"""What a command says while it works: lines in a file, a bar on a terminal."""

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from spectra_dl.errors import SpectraDLWarning
from spectra_dl.training.distributed.launch import read_launch
from spectra_dl_cli.printing.text import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LOGGER = logging.getLogger("spectra_dl")


@contextlib.contextmanager
def logged_to_stderr() -> Iterator[None]:
    """Show what the library's loggers say on standard error while a command runs; of several processes under torchrun the first does."""
    handler = _Bars() if sys.stderr.isatty() else _Lines()
    level, propagate = _LOGGER.level, _LOGGER.propagate
    _LOGGER.addHandler(handler)
    # A bar shows epochs, too.
    _LOGGER.setLevel(logging.DEBUG if sys.stderr.isatty() else logging.INFO)
    _LOGGER.propagate = False
    try:
        with _warnings_as_sentences():
            yield
    finally:
        _LOGGER.removeHandler(handler)
        handler.close()
        _LOGGER.setLevel(level)
        _LOGGER.propagate = propagate


@contextlib.contextmanager
def _warnings_as_sentences() -> Iterator[None]:
    """Print our own warnings as other messages; those of libraries stay as they are."""
    shown = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *rest: Any) -> None:
        if issubclass(category, SpectraDLWarning):
            _LOGGER.warning("%s", message)
        else:
            shown(message, category, *rest)

    warnings.showwarning = show  # type: ignore[assignment]
    try:
        yield
    finally:
        warnings.showwarning = shown


def _quieten(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        _LOGGER.setLevel(logging.WARNING)


quiet_option = click.option(
    "--quiet", is_flag=True, expose_value=False, callback=_quieten, help="Say nothing of progress."
)


def clear_bars() -> None:
    """Take bars away from the terminal before anything else is printed there."""
    for handler in _LOGGER.handlers:
        if isinstance(handler, _Bars):
            handler.clear()


class _Lines(logging.Handler):
    """Write a line for each record but an epoch's."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and not _is_first():
            return
        warning = "Warning: " if record.levelno >= logging.WARNING else ""
        click.echo(warning + visible(record.getMessage()), err=True)


class _Bars(_Lines):
    """Draw a bar of finished jobs, and one of the epochs of the network that trains."""

    def __init__(self) -> None:
        super().__init__()
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and not _is_first():
            return
        if (epochs := getattr(record, "epochs", None)) is not None:
            self._draw("epochs", record.getMessage(), getattr(record, "epoch", 0), epochs)
        elif not hasattr(record, "total"):
            if record.levelno >= logging.INFO:
                self.clear()
                super().emit(record)
        elif (total := record.total) is not None:
            self._draw("jobs", record.getMessage(), getattr(record, "done", 0), total)

    def clear(self) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._progress = None
        self._bars.clear()

    def close(self) -> None:
        self.clear()
        super().close()

    def _draw(self, name: str, text: str, done: int, total: int) -> None:
        progress = self._started()
        text = visible(text)
        if name not in self._bars:
            self._bars[name] = progress.add_task(text, total=total)
        shown: dict[str, Any] = {"description": text, "completed": done, "total": total}
        progress.update(self._bars[name], **shown)

    def _started(self) -> "Progress":
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
        return self._progress


def _is_first() -> bool:
    return read_launch().is_first
