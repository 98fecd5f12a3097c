"""spectra-dl data: public sets by name, with what is known to be wrong with them."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.commands.audit import audit
from spectra_dl_cli.options import seed_option
from spectra_dl_cli.output import json_option, say, say_json
from spectra_dl_cli.printing.help import Group

if TYPE_CHECKING:
    from spectra_dl_datasets.card import DatasetCard

_DAMAGED = 6
_name_argument = click.argument("name", metavar="NAME")

_LOG = logging.getLogger("spectra_dl.data")


@click.group(cls=Group)
def data() -> None:
    """List public datasets, show their traps, bring and check their files."""


@data.command("list")
@json_option
def list_sets(as_json: bool) -> None:
    """List all datasets."""
    from spectra_dl_cli.data_text import list_text
    from spectra_dl_datasets.files import data_home, dataset_folder, present
    from spectra_dl_datasets.registry import dataset_card, dataset_names

    cards = [dataset_card(name) for name in dataset_names()]
    here = [present(card, dataset_folder(card)) for card in cards]
    if as_json:
        rows = [{**_without_files(card), "here": there} for card, there in zip(cards, here, strict=True)]
        say_json({"folder": str(data_home()), "datasets": rows})
        return
    say(list_text(cards, here, data_home()))


@data.command("show")
@_name_argument
@json_option
@click.option(
    "--croissant",
    "as_croissant",
    is_flag=True,
    help="Print Croissant metadata (JSON-LD), which registries of datasets read.",
)
def show(name: str, as_json: bool, as_croissant: bool) -> None:
    """Show all that is known of a dataset, licence and traps first."""
    from spectra_dl_cli.data_text import card_text
    from spectra_dl_datasets.files import dataset_folder, present
    from spectra_dl_datasets.registry import dataset_card

    card = dataset_card(name)
    folder = dataset_folder(card)
    if as_croissant:
        from spectra_dl_datasets.croissant import croissant

        say_json(croissant(card))
        return
    if as_json:
        say_json({**card.model_dump(mode="json"), "folder": str(folder)})
        return
    say(card_text(card, here=present(card, folder), folder=folder))


@data.command("fetch")
@_name_argument
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Take the files from this folder instead of the network.",
)
@json_option
def fetch_set(name: str, source: Path | None, as_json: bool) -> None:
    """Bring a dataset's files to its folder below SPECTRA_DL_DATA and verify each by SHA-256.

    What is there already stays, so an interrupted fetch goes on when it is run again.
    """
    from spectra_dl_datasets.fetch import fetch
    from spectra_dl_datasets.registry import dataset_card

    card = dataset_card(name)
    folder, brought = fetch(card, source=source, bar=sys.stderr.isatty(), say=_LOG.info)
    verified = len(card.known_files)
    if as_json:
        say_json({"name": name, "folder": str(folder), "brought": brought, "verified": verified})
        return
    say(f"{name}: {brought} files brought, {verified} verified by SHA-256, in {folder}")
    say(f"Licence: {card.licence}")
    if card.confounds:
        say(
            f"{len(card.confounds)} traps are known; read them before you use it: spectra-dl data show {name}"
        )


@data.command("check")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@json_option
@click.pass_context
def check(context: click.Context, folder: Path, as_json: bool) -> None:
    """Say which dataset a folder holds and whether its files are what they were.

    For files that no card knows it prints the lines a new card needs. Exit code 6 says that some are missing or changed.
    """
    from spectra_dl_cli.data_text import check_text
    from spectra_dl_datasets.checking import card_lines, recognise

    card, checked = recognise(folder)
    if as_json:
        files = [{"path": file.file.path, "state": file.state} for file in checked]
        say_json({"folder": str(folder), "name": card.id if card else None, "files": files})
    elif card is None:
        say(f"{folder}: no dataset of ours. For a card of its own (docs/datasets.md):")
        say()
        say(card_lines(folder))
    else:
        say(check_text(card, checked, folder))
    if any(file.state in ("missing", "changed") for file in checked):
        context.exit(_DAMAGED)


@data.command("audit")
@_name_argument
@seed_option
@json_option
@click.pass_context
def audit_set(context: click.Context, name: str, seed: int, as_json: bool) -> None:
    """Find what besides biology predicts a dataset's classes, as spectra-dl audit does."""
    from spectra_dl_datasets.registry import dataset_card

    dataset_card(name)
    context.invoke(audit, data=(Path(name),), folds=5, seed=seed, as_json=as_json)


def _without_files(card: "DatasetCard") -> dict[str, object]:
    return card.model_dump(mode="json", exclude={"files"})
