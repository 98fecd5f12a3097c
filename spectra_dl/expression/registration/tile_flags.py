"""Flags on an image: glass or black under a spot, and colours outside the range of the training sections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.precut_tiles import PrecutTiles
from spectra_dl.imaging.tissue_mask import Mask, tissue_mask

BACKGROUND, BLACK = "no tissue under the spot", "black image under the spot"
_LONGEST = 1_500
BACKGROUND_BELOW, _BLACK_BELOW = 0.05, 30.0
_COLOUR_REACH = 25.0  # of 255, beyond the training sections' own range
_EXCHANGED = 15.0  # of 255: nearer colours differ no more than stains of one laboratory


@dataclass(frozen=True, eq=False)
class SectionThumbnail:
    """A section's image, small, and where it shows tissue: it takes a second to decode and divide.

    Attributes
    ----------
    pixels
        ``(h, w, 3)`` uint8.
    scale
        Its pixels per full pixel.
    tissue
        ``(h, w)`` bool.
    """

    pixels: Pixels
    scale: float
    tissue: Mask

    @classmethod
    def of(cls, section: TissueSection) -> "SectionThumbnail":
        """Decode a section's image, and find its tissue."""
        pixels, scale = section.image.thumbnail(_LONGEST)
        return cls(pixels, scale, tissue_mask(pixels))


def flagged_spots(section: TissueSection) -> TextArray:
    """Return ``(n,)`` text: a flag of the image under each spot; empty where nothing is wrong, or the spot lies off the image."""
    flags = text_array([""] * len(section))
    placed = np.flatnonzero(section.placed)
    small = SectionThumbnail.of(section)
    tissue, light = _means_under(
        section.select(placed), small.scale, small.tissue.astype(np.float64), small.pixels.mean(axis=2)
    )
    flags[placed[tissue < BACKGROUND_BELOW]] = BACKGROUND
    flags[placed[light < _BLACK_BELOW]] = BLACK
    return flags


def tissue_under_spots(section: TissueSection, small: SectionThumbnail | None = None) -> FloatArray:
    """Return ``(n,)`` the share of each spot, all of them on the image, that is tissue; 1 for tiles that were cut before.

    A collage of tiles has no glass around the tissue by which to know tissue.

    Parameters
    ----------
    section
        With its image.
    small
        That image; None decodes it.
    """
    if isinstance(section.image, PrecutTiles):
        return np.ones(len(section))
    small = small or SectionThumbnail.of(section)
    (tissue,) = _means_under(section, small.scale, small.tissue.astype(np.float64))
    return tissue


def _means_under(section: TissueSection, scale: float, *planes: FloatArray) -> list[FloatArray]:
    """Return ``(n,)`` the mean of each plane ``(h, w)`` over the square around each spot."""
    from scipy.ndimage import uniform_filter

    per_um = scale / section.um_per_pixel
    size = max(1, round((section.spot_diameter_um or 100.0) * per_um))
    at = np.floor(section.position_um * per_um).astype(np.intp)
    height, width = planes[0].shape
    column, row = np.clip(at[:, 0], 0, width - 1), np.clip(at[:, 1], 0, height - 1)
    return [uniform_filter(plane, size, mode="nearest")[row, column] for plane in planes]


def tissue_colour(
    section: TissueSection, small: SectionThumbnail | None = None
) -> tuple[float, float, float]:
    """Return the mean red, green and blue, 0 to 255, of a section's tissue.

    Parameters
    ----------
    section
        With its image.
    small
        That image; None decodes it.
    """
    small = small or SectionThumbnail.of(section)
    tissue = small.pixels[small.tissue] if small.tissue.any() else small.pixels.reshape(-1, 3)
    red, green, blue = (float(value) for value in tissue.mean(axis=0))
    return red, green, blue


def strange_colour(section: TissueSection, known: Mapping[str, Sequence[float]]) -> str | None:
    """Say that a section's tissue has a colour outside the range of the training sections; None where it hasn't.

    Parameters
    ----------
    section
        The section.
    known
        Each training section's mean red, green and blue, 0 to 255, by name.
    """
    colour = np.array(tissue_colour(section))
    training: FloatArray = np.array(list(known.values()))
    beyond = np.maximum(training.min(axis=0) - colour, colour - training.max(axis=0)).max()
    if beyond > _COLOUR_REACH:
        where = f"lies {beyond:.0f} of 255 beyond that of all training sections: another stain or scanner, or red and blue swapped"
    elif _fits_exchanged(colour, training):
        where = "would be that of training sections if red and blue were exchanged: red and blue swapped, or another stain or scanner"
    else:
        return None
    listed = ", ".join(
        f"{name} {value:.0f}" for name, value in zip(("red", "green", "blue"), colour, strict=True)
    )
    return f"{section.name}: its tissue's mean colour ({listed}) {where}; don't trust these predictions before you know"


def exchanged_colours(colours: Mapping[str, Sequence[float]]) -> list[str]:
    """Return a note for each section whose tissue has the colour of the others' once red and blue are exchanged.

    Parameters
    ----------
    colours
        Each section's mean red, green and blue, 0 to 255, by name.
    """
    notes = []
    for name, colour in colours.items():
        others = np.array([each for other, each in colours.items() if other != name])
        if len(others) and _fits_exchanged(np.array(colour), others):
            notes.append(
                f"{name}: its tissue would have the colour of the other sections' if red and blue were exchanged: red and blue swapped in one of them, or another stain "
                "or scanner; look at the images before you trust a result"
            )
    return notes


def _fits_exchanged(colour: FloatArray, training: FloatArray) -> bool:
    """Whether a colour is far nearer to those of training once its red and blue are exchanged; where both are alike nobody can say."""
    as_it_is, exchanged = (np.linalg.norm(training - each, axis=1).min() for each in (colour, colour[::-1]))
    return bool(as_it_is > _EXCHANGED and exchanged < as_it_is / 2)
