"""Write a section as files of legacy Spatial Transcriptomics: counts, spots and image."""

import gzip
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.simulation.tissue_study import PITCH_UM
from spectra_dl.storage.atomic import whole_file, write_bytes, write_text


def write_legacy_st(folder: Path, section: TissueSection) -> Path:
    """Write ``NAME.tsv.gz``, ``NAME_selection.tsv`` and ``NAME.jpg``, and return the path of the first, which `read_section` takes.

    Parameters
    ----------
    folder
        An existing folder.
    section
        With counts, and spots on a grid of 200 µm.

    Raises
    ------
    DataError
        The section has no counts, or spots that don't lie on a grid of 200 um.
    EnvironmentFault
        A file can't be written.
    """
    from PIL import Image

    if section.counts is None or section.gene is None:
        raise DataError(f"{section.name}: no counts to write")
    array = section.position_um / PITCH_UM
    place = np.rint(array).astype(int)
    if not np.allclose(array, place, atol=1e-6):
        raise DataError(f"{section.name}: its spots don't lie {PITCH_UM:g} um apart, as this layout needs")
    names = [f"{x}x{y}" for x, y in place]
    counts = section.counts.toarray().astype(int)
    lines = ["\t" + "\t".join(section.gene)]
    lines += ["\t".join([name, *map(str, row)]) for name, row in zip(names, counts, strict=True)]
    path = folder / f"{section.name}.tsv.gz"
    # No time in the header: the same section gives the same bytes.
    write_bytes(path, gzip.compress("\n".join([*lines, ""]).encode(), mtime=0))
    pixel = section.position_um / section.um_per_pixel
    rows = [f"{x}\t{y}\t{across:g}\t{down:g}\t1" for (x, y), (across, down) in zip(place, pixel, strict=True)]
    header = "x\ty\tpixel_x\tpixel_y\tselected"
    write_text(folder / f"{section.name}_selection.tsv", "\n".join([header, *rows, ""]))
    pixels, _ = section.image.thumbnail(max(section.image.width, section.image.height))
    with whole_file(folder / f"{section.name}.jpg") as stream:
        Image.fromarray(pixels).save(stream, "JPEG", quality=90)
    return path
