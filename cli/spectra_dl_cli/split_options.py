"""How patients are split: the options of every command that evaluates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from spectra_dl.errors import UsageError
from spectra_dl.storage.text.plain_text import read_text
from spectra_dl_cli.options import together

_split = together(
    click.option(
        "--repeats",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Times they are split anew.",
    ),
    click.option(
        "--split-by", metavar="COLUMN", help="Leave out one value of this column at a time, as a batch."
    ),
    click.option(
        "--folds-from",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        help="Repeat the folds.csv of another run.",
    ),
)


def split_options(unit: str | None, row: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the options --repeats, --split-by, --folds-from, --no-leaky and --tune.

    Parameters
    ----------
    unit
        What each fold chooses within, in the plural; None leaves --tune away.
    row
        What a split that leaks divides.
    """
    leaky = click.option(
        "--no-leaky", is_flag=True, help=f"Do not compute the leaky estimate of a split by {row}."
    )
    if unit is None:
        return together(_split, leaky)
    tune = click.option(
        "--tune", is_flag=True, help=f"Let each fold choose among a few settings, in its training {unit}."
    )
    return together(_split, leaky, tune)


def given_split(context: click.Context) -> str | None:
    """Return the text of --folds-from, None without it.

    Raises
    ------
    UsageError
        Two options divide the patients in different ways, so that one would be ignored.
    DataError
        There is no such file.
    """
    ways = [f"--{name.replace('_', '-')}" for name in ("split_by", "folds_from") if context.params[name]]
    numbers = [
        f"--{name}"
        for name in ("folds", "repeats")
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if ways and len(ways + numbers) > 1:
        raise UsageError(
            f"{' and '.join(ways + numbers)} divide the patients in different ways; leave one out"
        )
    path = context.params["folds_from"]
    return read_text(path, "the folds.csv of another run") if path else None
