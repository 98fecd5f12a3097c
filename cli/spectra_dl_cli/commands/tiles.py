"""spectra-dl tiles: cut tiles around spots, and compute their features once."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    run_identity,
)
from spectra_dl_cli.options import bundled, open_store
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    origin_of,
    table_text,
)
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.expression.study.tiles import TileSettings, WrittenTiles


def _settings(*, tile_um: tuple[float, ...], pixels: int, encoders: tuple[str, ...]) -> "TileSettings":
    from spectra_dl.expression.study.tiles import TileSettings

    return TileSettings(tile_um, pixels, encoders)


@click.command(cls=Command)
@click.argument("sections", type=click.Path(path_type=Path, readable=False), metavar="SECTIONS.csv")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder they are kept in; what is there already is not computed again.",
)
@click.option(
    "--tile-um",
    multiple=True,
    type=click.FloatRange(min=1.0, max=10_000.0),
    default=(112.0,),
    show_default=True,
    metavar="SIDE",
    help="Side of the tiles in um; may be given several times.",
)
@click.option(
    "--pixels",
    type=click.IntRange(min=8, max=4096),
    default=224,
    show_default=True,
    help="Side of the JPEG images in pixels.",
)
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="NAME",
    help="Compute features as well: colour-texture, efficientnet-lite0, slidl, timm:MODEL or file:WEIGHTS.safetensors, each also as macenko:NAME or vahadane:NAME; may be given several times.",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted run on --store.")
@json_option
@device_options
@execution_options
@bundled("settings", _settings)
@bundled_output
@bundled_execution
@click.pass_context
def tiles(
    context: click.Context,
    *,
    sections: Path,
    store: Path,
    settings: "TileSettings",
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
) -> None:
    """Cut a tile around every usable spot of SECTIONS.csv into HDF5 files of JPEG images.

    With --encoder, their features are computed from the full image and kept too; evaluate, train and predict take them from there
    with the same --store.
    """
    executor = execution.executor("spectra_dl.expression.study.tiles", "torch")
    from spectra_dl.execution.journal import identity_digest
    from spectra_dl.execution.run import Execution
    from spectra_dl.expression.readers.sheet import sheet_sources
    from spectra_dl.expression.study.tiles import tile_study

    sources = sheet_sources(sections)
    origin = origin_of([sections, *(source.path for source in sources)])
    opened = open_store(store)
    named = [path for source in sources for path in (source.image, source.spots) if path]
    identity = run_identity(context, origin, files=named)
    # A store serves other commands, and other sheets, at the same time: a run is claimed, not the store.
    kept = Output(store / f"unfinished-{identity_digest(identity)}", overwrite=True, option="--store")
    kept.claim(resume=resume)
    journal = kept.journal(identity, resume=resume)
    result = tile_study(sources, opened, settings, execution=Execution(executor, journal))
    output.finish(result, lambda: origin, lambda: _text(result))
    kept.end()


def _text(result: "WrittenTiles") -> str:
    cells = [
        [row.section, f"{row.tile_um:g}", str(row.tiles), "there already" if row.known else "written"]
        for row in result.rows
    ]
    notes = [f"Note: {note}" for note in result.notes]
    return "\n".join([*notes, "", table_text(["section", "um", "tiles", ""], cells)])
