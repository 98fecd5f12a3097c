"""An image alone: spots without counts are laid over its tissue."""

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.pixel_size import agreed_pixel_size
from spectra_dl.expression.readers.source import SectionSource
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.imaging.tissue_mask import refuse_grey, tissue_mask

DEFAULT_PITCH_UM = 100.0
_THUMBNAIL = 2_000
_MOST_SPOTS = 200_000


def read_slide(source: SectionSource) -> TissueSection:
    """Lay spots on a square grid over the tissue of an image.

    Raises
    ------
    DataError
        µm per pixel are neither given nor written in the file, what is written differs from itself, the image has no colours, or no
        spot would lie on tissue.
    """
    image = open_tissue_image(source.path)
    scale = source.image_scale or 1.0
    stated = written_pixel_sizes(image, given=source.um_per_pixel, image_scale=scale)
    size, differing = agreed_pixel_size(source.um_per_pixel, stated, image.path.name)
    per_pixel = size.um_per_pixel / scale
    pitch = source.pitch_um or DEFAULT_PITCH_UM
    pixel = _grid(image, pitch / per_pixel)
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=per_pixel,
        um_per_pixel_source=size.source,
        barcode=text_array([f"{round(x)}x{round(y)}" for x, y in pixel]),
        position_um=pixel * per_pixel,
        reason=text_array([""] * len(pixel)),
        spot_pitch_um=pitch,
        notes=(
            f"{source.stem}: {size.um_per_pixel:.4g} µm per pixel, {size.source}",
            *differing,
            *image_notes(image),
            f"{source.stem}: {len(pixel)} spots laid over the tissue, {pitch:g} µm apart",
        ),
        full_um_per_pixel=None if scale == 1.0 else size.um_per_pixel,
    )


def _grid(image: TissueImage, step: float) -> FloatArray:
    """Return ``(n, 2)`` places ``step`` pixels apart whose centre lies on tissue."""
    if step < 2 or image.width * image.height / step**2 > _MOST_SPOTS:
        raise DataError(
            f"{image.path.name}: spots {step:.3g} pixels apart are too many or too close; give a larger pitch, or check µm per pixel"
        )
    small, scale = image.thumbnail(_THUMBNAIL)
    mask = tissue_mask(small)
    across, down = np.arange(step / 2, image.width, step), np.arange(step / 2, image.height, step)
    x, y = (axis.ravel() for axis in np.meshgrid(across, down))
    row = np.minimum((y * scale).astype(int), mask.shape[0] - 1)
    column = np.minimum((x * scale).astype(int), mask.shape[1] - 1)
    places: FloatArray = np.stack([x, y], axis=1)[mask[row, column]]
    if not len(places):
        raise DataError(
            f"{image.path.name}: none of {len(x)} spots {step:.4g} pixels apart would lie on tissue; check the image, the pitch and µm per pixel"
        )
    refuse_grey(small, image.path.name)
    return places
