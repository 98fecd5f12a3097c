"""The section's image and its scale factors, as Space Ranger writes them and scanpy and squidpy read them."""

from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.overlays.map_parts import shrunk
from spectra_dl.storage.text.storable import storable

_LOWRES = 600  # pixels, as Space Ranger's
_FIDUCIAL_UM = 105.0  # of Visium's slides


def images(prediction: SectionPrediction) -> dict[str, tuple[Pixels, float]]:
    """Return ``hires`` and ``lowres``, each with its pixels per pixel of the full-resolution image."""
    full = prediction.full_um_per_pixel / prediction.section.um_per_pixel
    pixels, scale = prediction.small_image
    small, smaller = shrunk(pixels, _LOWRES)
    return {"hires": (pixels, scale * full), "lowres": (small, scale * smaller * full)}


def library_entry(prediction: SectionPrediction) -> dict[str, object]:
    """Return the section's entry of ``uns["spatial"]``: images, scale factors and metadata.

    Scale factors are pixels of the small images per pixel of the full-resolution image, diameters are in pixels of the latter, whose size
    in µm stands among them as Space Ranger writes it for bins.
    """
    drawn, um = images(prediction), prediction.full_um_per_pixel
    return {
        "images": {name: pixels for name, (pixels, _) in drawn.items()},
        "scalefactors": {
            **{f"tissue_{name}_scalef": scale for name, (_, scale) in drawn.items()},
            "spot_diameter_fullres": prediction.diameter_um / um,
            "fiducial_diameter_fullres": _FIDUCIAL_UM / um,
            "microns_per_pixel": um,
        },
        "metadata": {
            "um_per_pixel": um,
            "um_per_pixel_source": storable(prediction.section.um_per_pixel_source),
        },
    }
