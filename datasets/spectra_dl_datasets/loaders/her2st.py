"""HER2-positive breast tumours on the first Spatial Transcriptomics arrays (Andersson et al. 2021)."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection

SECTIONS = ("B4", "C2", "C3", "C4", "C5")


def load(folder: Path) -> "tuple[TissueSection, ...]":
    """Return section B4 of patient B and C2 to C5 of patient C.

    Raises
    ------
    DataError
        A file can't be read.
    """
    from spectra_dl.expression.readers import SectionSource, read_section

    return tuple(
        read_section(SectionSource(folder / "counts" / f"{name}.tsv.gz", name=name, patient=name[0]))
        for name in SECTIONS
    )
