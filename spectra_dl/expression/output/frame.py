"""The section's image and its scale factors, as Space Ranger writes them and scanpy and squidpy read them."""

from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.expression.output.storable_text import storable
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import Pixels

_SIDES = {"hires": 2000, "lowres": 600}  # pixels, as Space Ranger's
_FIDUCIAL_UM = 105.0  # of Visium's slides


def images(section: TissueSection) -> dict[str, tuple[Pixels, float]]:
    """Return ``hires`` and ``lowres``, each with its pixels per pixel of the full-resolution image."""
    full = (section.full_um_per_pixel or section.um_per_pixel) / section.um_per_pixel
    return {
        name: (pixels, scale * full)
        for name, side in _SIDES.items()
        for pixels, scale in [section.image.thumbnail(side)]
    }


def library_entry(prediction: SectionPrediction) -> dict[str, object]:
    """Return the section's entry of ``uns["spatial"]``: images, scale factors and metadata.

    Scale factors are pixels of the small images per pixel of the full-resolution image, diameters are in pixels of the latter.
    """
    drawn, um = images(prediction.section), prediction.full_um_per_pixel
    return {
        "images": {name: pixels for name, (pixels, _) in drawn.items()},
        "scalefactors": {
            **{f"tissue_{name}_scalef": scale for name, (_, scale) in drawn.items()},
            "spot_diameter_fullres": prediction.diameter_um / um,
            "fiducial_diameter_fullres": _FIDUCIAL_UM / um,
        },
        "metadata": {
            "um_per_pixel": um,
            "um_per_pixel_source": storable(prediction.section.um_per_pixel_source),
        },
    }
