"""What an image shows where something is wrong with it: glass or black under a spot, and colours unlike the training sections'."""

from collections.abc import Mapping, Sequence

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.tissue_mask import tissue_mask

BACKGROUND, BLACK = "no tissue under the spot", "black image under the spot"
_SHOWN = 1_500
_BACKGROUND_BELOW, _BLACK_BELOW = 0.05, 30.0
_COLOUR_REACH = 25.0  # of 255, beyond the training sections' own range


def flagged_spots(section: TissueSection) -> TextArray:
    """Return ``(n,)`` text: what is wrong under a spot; empty where nothing is, or it lies off the image."""
    from scipy.ndimage import uniform_filter

    pixels, scale = section.image.thumbnail(_SHOWN)
    flags = text_array([""] * len(section))
    placed = np.flatnonzero(section.placed)
    per_um = scale / section.um_per_pixel
    size = max(1, round((section.spot_diameter_um or 100.0) * per_um))
    at = np.floor(section.position_um[placed] * per_um).astype(np.intp)
    column = np.clip(at[:, 0], 0, pixels.shape[1] - 1)
    row = np.clip(at[:, 1], 0, pixels.shape[0] - 1)
    tissue = uniform_filter(tissue_mask(pixels).astype(np.float64), size, mode="nearest")[row, column]
    light = uniform_filter(pixels.mean(axis=2), size, mode="nearest")[row, column]
    flags[placed[tissue < _BACKGROUND_BELOW]] = BACKGROUND
    flags[placed[light < _BLACK_BELOW]] = BLACK
    return flags


def tissue_colour(section: TissueSection) -> tuple[float, float, float]:
    """Return the mean red, green and blue, 0 to 255, of a section's tissue."""
    pixels, _ = section.image.thumbnail(_SHOWN)
    mask = tissue_mask(pixels)
    shown = pixels[mask] if mask.any() else pixels.reshape(-1, 3)
    red, green, blue = (float(one) for one in shown.mean(axis=0))
    return red, green, blue


def strange_colour(section: TissueSection, known: Mapping[str, Sequence[float]]) -> str | None:
    """Say that a section's tissue has colours none of the training sections (name to red, green, blue) had; None where it hasn't."""
    own = np.array(tissue_colour(section))
    seen: FloatArray = np.array(list(known.values()))
    beyond = np.maximum(seen.min(axis=0) - own, own - seen.max(axis=0))
    if beyond.max() <= _COLOUR_REACH:
        return None
    told = ", ".join(f"{name} {value:.0f}" for name, value in zip(("red", "green", "blue"), own, strict=True))
    return (
        f"{section.name}: its tissue's mean colour ({told}) lies {beyond.max():.0f} of 255 beyond that of all training sections: another stain or scanner, "
        "or red and blue swapped; don't trust these predictions before you know"
    )
