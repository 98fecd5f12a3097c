"""spectra-dl model: what a model file says of itself, and a model for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from spectra_dl.errors import UsageError
from spectra_dl_cli.options import plugin_option
from spectra_dl_cli.output import json_option, overwrite_option, say, say_json
from spectra_dl_cli.printing.help import Group

if TYPE_CHECKING:
    from spectra_dl.spectra.predictor import SpectraPredictor


@click.group(cls=Group)
def model() -> None:
    """Look at model files, and write models for other programs."""


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


@model.command()
@click.argument("path", type=click.Path(path_type=Path, readable=False), metavar="MODEL")
@click.option(
    "--onnx",
    "onnx_path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the graph goes; FILE.json beside it says what is done before and after.",
)
@plugin_option
@overwrite_option
def export(path: Path, onnx_path: Path, plugins: tuple[str, ...], overwrite: bool) -> None:
    """Write the networks of MODEL as an ONNX graph, with cleaning steps, classes and limits as JSON beside it.

    The graph gives what predict gives for cleaned spectra, in 32-bit numbers. It does not clean, refuse or abstain: that stays with whoever runs it.
    """
    from spectra_dl.loading import load_model
    from spectra_dl.spectra.exports.onnx_file import export_onnx

    beside = Path(f"{onnx_path}.json")
    if path.resolve() in (onnx_path.resolve(), beside.resolve()):
        raise UsageError(f"--onnx {onnx_path.name} would be written over the model itself; give another name")
    _refuse_existing((onnx_path, beside), overwrite=overwrite)
    predictor = load_model(path, plugins)
    if predictor.header.input.kind != "spectra":
        raise UsageError(
            f"a model of {predictor.header.input.kind}; only models of spectra are written as ONNX"
        )
    export_onnx(cast("SpectraPredictor", predictor), onnx_path)
    say(f"Wrote {onnx_path} and {beside}. Research use only, not for diagnosis.")


@model.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, readable=False), metavar="[MODEL]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("README.md"),
    show_default=True,
    metavar="FILE",
    help="Where the card goes.",
)
@overwrite_option
def card(path: Path | None, out: Path, overwrite: bool) -> None:
    """Write what MODEL says of itself as the README.md of a model hub, with the front matter that hubs read."""
    from spectra_dl.loading import read_header
    from spectra_dl.models.hub_card import hub_card
    from spectra_dl.storage.atomic import write_text
    from spectra_dl_datasets.shipped import SHIPPED_MODEL

    _refuse_existing((out,), overwrite=overwrite)
    write_text(out, hub_card(*read_header(path or SHIPPED_MODEL)))
    say(f"Wrote {out}. Research use only, not for diagnosis.")


def _refuse_existing(paths: tuple[Path, ...], *, overwrite: bool) -> None:
    for path in paths:
        if path.exists() and not overwrite:
            raise UsageError(f"{path.name} is already there; give another name, or --overwrite")
