"""Three sections of mouse olfactory bulb, from the examples of STUtility."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection

SECTIONS = ("MOB1", "MOB2", "MOB3")
UM_PER_PIXEL = 4.0


def load(folder: Path) -> "tuple[TissueSection, ...]":
    """Return the sections without patients: nobody wrote down from which animals they come.

    The spot files have other steps in x than in y, so the scale can't be read from them; it is about 4 µm per pixel.

    Raises
    ------
    DataError
        A file can't be read.
    """
    from dataclasses import replace

    from spectra_dl.expression.readers import SectionSource, read_section

    sections = [
        read_section(SectionSource(folder / f"{name}.tsv.gz", name=name, um_per_pixel=UM_PER_PIXEL))
        for name in SECTIONS
    ]
    return tuple(
        replace(
            section,
            um_per_pixel_source="about, as the dataset's card says",
            notes=(*section.notes, "the animals are not documented"),
        )
        for section in sections
    )
