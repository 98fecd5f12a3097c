"""spectra-dl tiles: cut tiles around spots, and compute their features once."""

from pathlib import Path

import click

from spectra_dl_cli.feature_store import open_store
from spectra_dl_cli.options import json_option
from spectra_dl_cli.output import say, say_progress, table_text


@click.command()
@click.argument("sections", type=click.Path(path_type=Path, readable=False), metavar="SECTIONS.csv")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder they are kept in; what is there already is not made again.",
)
@click.option(
    "--tile-um",
    "sizes",
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
    help="Compute features as well: colour-texture, efficientnet-lite0 or timm:MODEL; may be given several times.",
)
@json_option
def tiles(
    sections: Path,
    store: Path,
    sizes: tuple[float, ...],
    pixels: int,
    encoders: tuple[str, ...],
    as_json: bool,
) -> None:
    """Cut a tile around every usable spot of SECTIONS.csv into HDF5 files of JPEG images.

    With --encoder, their features are computed from the full image and kept too; evaluate, train and predict take them from there
    with the same --store.
    """
    from spectra_dl.expression.readers.sheet import read_section, sheet_sources
    from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder
    from spectra_dl.imaging.tile_files import TileCut, write_tiles
    from spectra_dl.storage.run_folder import json_text
    from spectra_dl_cli.provenance import provenance

    sources = sheet_sources(sections)
    origin = provenance([sections, *(one.path for one in sources)])
    kept = open_store(store)
    encoder = SectionEncoder(FeatureRecipe(encoders, sizes), kept) if encoders else None
    notes: list[str] = []
    rows = []
    for source in sources:
        say_progress(f"{source.stem}: tiles")
        whole = read_section(source)
        notes += whole.notes
        section = whole.select(whole.placed)
        for size in sizes:
            files, known = write_tiles(store, section, TileCut(size, pixels))
            rows.append(
                {
                    "section": section.name,
                    "tile_um": size,
                    "tiles": len(section),
                    "files": [one.name for one in files],
                    "known": known,
                }
            )
        if encoder:
            say_progress(f"{source.stem}: features")
            encoder.features(section)
    if as_json:
        say(
            json_text(
                {**origin, "notes": notes, "results": {"tiles": rows, "encoders": list(encoders)}}
            ).rstrip()
        )
        return
    for note in notes:
        say(f"Note: {note}")
    say()
    cells = [
        [
            str(row["section"]),
            f"{row['tile_um']:g}",
            str(row["tiles"]),
            "there already" if row["known"] else "written",
        ]
        for row in rows
    ]
    say(table_text(["section", "um", "tiles", ""], cells))
