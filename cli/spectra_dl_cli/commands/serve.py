"""spectra-dl serve: a page on this machine to drop files on."""

import os
from importlib.util import find_spec
from pathlib import Path

import click

from spectra_dl_cli.output import say
from spectra_dl_cli.printing.help import Command

_NEEDED = ("starlette", "uvicorn")


@click.command(cls=Command)
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65_535),
    default=0,
    show_default="a free one",
    metavar="N",
    help="Port on this machine.",
)
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open no browser.")
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Model file that predicts spectra or sections; without it the shipped one of spectra.",
)
def serve(*, port: int, no_browser: bool, model_path: Path | None) -> None:
    """Open a page in the browser to drop spectra or a section of tissue on: look at them, predict, audit, evaluate.

    The page answers on this machine alone; nothing that is dropped leaves it, and all of it is removed when the page is closed or the
    command ends (Ctrl-C).
    """
    from spectra_dl.errors import UsageError

    if not hasattr(os, "fork"):
        raise UsageError("serve needs Linux or macOS; run it under WSL, or use the other commands")
    if any(find_spec(name) is None for name in _NEEDED):
        raise UsageError("serve needs a web server; install it with pip install 'spectra-dl[web]'")
    models = _by_kind(model_path) if model_path else {}
    from spectra_dl_cli.web.server import serve_page

    def announce(address: str) -> None:
        say(
            f"The page is at {address}\nIt answers on this machine alone; Ctrl-C ends it. Research use only, not for diagnosis."
        )

    serve_page(port, models, opens_browser=not no_browser, announce=announce)


def _by_kind(path: Path) -> dict[str, Path]:
    """Return a model file's path from the root by the kind of files it predicts, once it is seen to be one."""
    from spectra_dl.errors import UsageError
    from spectra_dl.loading import read_header

    header, _ = read_header(path)
    if needed := header.input.plugins():
        raise UsageError(
            f"{path.name} needs {needed[0].name} of {needed[0].package}, and the page imports no plugins; use predict with --plugin"
        )
    return {"tissue" if header.input.kind == "expression" else "spectra": path.resolve()}
