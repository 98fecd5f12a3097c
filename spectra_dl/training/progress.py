"""A progress bar, on a terminal only."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from spectra_dl.training.history import EpochRecord


@contextlib.contextmanager
def progress_bar(epochs: int, done: int, *, show: bool) -> Iterator[Callable[[EpochRecord], None]]:
    """Yield a function that takes each epoch's record and moves the bar.

    Parameters
    ----------
    epochs, done
        Epochs in all, and those that an earlier run did.
    show
        False shows no bar; True shows it when standard error is a terminal.
    """
    if not (show and sys.stderr.isatty()):
        yield lambda record: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=epochs, completed=done)
        yield lambda record: bar.update(task, completed=record.epoch, description=epoch_text(record))


def epoch_text(record: EpochRecord) -> str:
    """Return an epoch's losses in a few words."""
    valid = "" if record.valid_loss is None else f", validation {record.valid_loss:.3f}"
    return f"epoch {record.epoch}: loss {record.train_loss:.3f}{valid}"
