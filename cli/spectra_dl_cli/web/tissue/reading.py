"""Read a section that was dropped: what a person should confirm, its image, and what was measured of each gene."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from spectra_dl_cli.web.drops import FACTS_FILE, IMAGE_FILE

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix, csr_matrix

    from spectra_dl.expression.section import TissueSection

PLACES_FILE = "places.npz"
VALUES, SPOTS, ENDS = "values.npy", "spots.npy", "ends.npy"  # of a gene after the other
_LONGEST_SIDE = 900


@click.command()
@click.argument("path", metavar="SECTION", type=click.Path(path_type=Path))
@click.option("--image", type=click.Path(path_type=Path))
@click.option("--mpp", type=float)
@click.option("--into", required=True, type=click.Path(path_type=Path))
def read_tissue(*, path: Path, image: Path | None, mpp: float | None, into: Path) -> None:
    """Write what SECTION holds, its image in small, and its genes' values, to a folder."""
    from spectra_dl.expression.readers import SectionSource, read_section

    section = read_section(SectionSource(path, image=image, um_per_pixel=mpp))
    names = gene_names(section)
    best = _write_values(section, names, into)
    _write_places(section, names, best, into)
    (into / FACTS_FILE).write_text(json.dumps(_facts(section)), encoding="utf-8")


def gene_names(section: "TissueSection") -> list[str]:
    """Return what each gene of a section goes by: its symbol, with its id where several share one."""
    if section.gene is None:
        return []
    symbols = section.gene if section.symbol is None else section.symbol
    wanted = [str(symbol or name) for symbol, name in zip(symbols, section.gene, strict=True)]
    count = Counter(wanted)
    return [
        f"{name} ({identifier})" if count[name] > 1 else name
        for name, identifier in zip(wanted, section.gene, strict=True)
    ]


def _write_values(section: "TissueSection", names: Sequence[str], into: Path) -> list[int]:
    """Write log(1 + counts per 10,000) of each gene, and return the genes' numbers, that which varies most first."""
    if not names or section.counts is None:
        return []
    values = _log_normalised(section.counts)
    for name, array in ((VALUES, values.data), (SPOTS, values.indices), (ENDS, values.indptr)):
        np.save(into / name, array.astype(np.float32) if name == VALUES else array)
    mean = np.asarray(values.mean(axis=0)).ravel()
    variance = np.asarray(values.multiply(values).mean(axis=0)).ravel() - mean**2
    return [int(at) for at in np.argsort(-variance, kind="stable")]


def _log_normalised(counts: "csr_matrix") -> "csc_matrix":
    from scipy.sparse import csc_matrix, diags_array

    from spectra_dl.expression.genes import PER

    library = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    scale = np.divide(PER, library, out=np.zeros_like(library), where=library > 0)
    values = csc_matrix(diags_array(scale) @ counts)
    values.data = np.log1p(values.data)
    return values


def _write_places(section: "TissueSection", names: Sequence[str], best: Sequence[int], into: Path) -> None:
    import matplotlib
    from PIL import Image

    from spectra_dl.expression.output.measured import total_counts
    from spectra_dl.expression.output.prediction import spot_diameter_um

    pixels, smaller = section.image.thumbnail(_LONGEST_SIDE)
    Image.fromarray(pixels).save(into / IMAGE_FILE)
    per_um = smaller / section.um_per_pixel
    totals = total_counts(section)
    np.savez(
        into / PLACES_FILE,
        place=section.position_um * per_um,
        counted=np.zeros(len(section), dtype=bool) if totals is None else totals > 0,
        diameter=spot_diameter_um(section) * per_um,
        um_per_pixel=1 / per_um,
        size=pixels.shape[1::-1],
        names=np.array(names, dtype=np.str_),
        best=np.array(best, dtype=np.intp),
        colours=(matplotlib.colormaps["viridis"](np.arange(256))[:, :3] * 255).round().astype(np.uint8),
    )


def _facts(section: "TissueSection") -> dict[str, Any]:
    from spectra_dl.expression.output.measured import total_counts

    totals = total_counts(section)
    return {
        "name": section.name,
        "spots": len(section),
        "usable": int(section.usable.sum()),
        "reasons": Counter(str(reason) for reason in section.reason if reason).most_common(4),
        "genes": None if section.gene is None or section.counts is None else len(section.gene),
        "counts": None if totals is None or not totals.size else float(np.median(totals)),
        "um_per_pixel": section.um_per_pixel,
        "um_per_pixel_source": section.um_per_pixel_source,
        "image": section.image.path.name,
        "size": [section.image.width, section.image.height],
        "diameter_um": section.spot_diameter_um,
        "notes": [*section.notes, *_lies(section)],
    }


def _lies(section: "TissueSection") -> list[str]:
    """Say whether the spots lie on the tissue; where they don't, the map shows it, and predict refuses it."""
    from spectra_dl.errors import DataError
    from spectra_dl.expression.registration.spots_on_tissue import check_registration

    try:
        return [check_registration(section).sentence]
    except DataError as err:
        return [f"{err}; predict will refuse this section"]
