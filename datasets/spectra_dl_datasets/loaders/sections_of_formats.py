"""Small sections as scanpy, squidpy and HEST write them, to try a reader on."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection


def load_space_ranger(folder: Path) -> "tuple[TissueSection, ...]":
    """Return the section of a Space Ranger folder.

    Raises
    ------
    DataError
        A file can't be read.
    """
    return _read(folder, None)


def load_h5ad_crop(folder: Path) -> "tuple[TissueSection, ...]":
    """Return the section without counts: its X holds log-normalised values.

    Raises
    ------
    DataError
        A file can't be read.
    """
    return _read(folder / "test_data.h5ad", folder / "test_img.jpg")


def load_hest(folder: Path) -> "tuple[TissueSection, ...]":
    """Refuse the section: no file says how many µm a pixel has.

    Raises
    ------
    DataError
        Always with the files of the card.
    """
    return _read(folder / "NCBI858.h5ad", folder / "NCBI858.jpg")


def _read(path: Path, image: Path | None) -> "tuple[TissueSection, ...]":
    from spectra_dl.expression.readers import SectionSource, read_section

    return (read_section(SectionSource(path, image=image)),)
