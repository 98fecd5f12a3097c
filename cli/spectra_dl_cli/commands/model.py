"""spectra-dl model show: what a model file says of itself."""

from pathlib import Path

import click

from spectra_dl_cli.output import json_option, say, say_json
from spectra_dl_cli.printing.help import Group


@click.group(cls=Group)
def model() -> None:
    """Look at model files."""


@model.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, readable=False), metavar="[MODEL]")
@json_option
def show(path: Path | None, as_json: bool) -> None:
    """Print what MODEL was trained on, what it needs and how well it did; without MODEL, the shipped one."""
    from spectra_dl.loading import read_header
    from spectra_dl.models.card import card_text
    from spectra_dl_datasets.shipped import SHIPPED_MODEL

    header, sha256 = read_header(path or SHIPPED_MODEL)
    if as_json:
        needs = header.input.needs()
        stated = {"sha256": sha256, **({"needs": needs} if needs else {}), **header.model_dump(mode="json")}
        say_json(stated)
    else:
        say(card_text(header, sha256))
