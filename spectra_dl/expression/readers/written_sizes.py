"""What an image itself says: the size of its pixels, and notes on how it was opened."""

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.pixel_size import PixelSize
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.image_file import ImageFile
from spectra_dl.imaging.pixel_fields import StatedSize
from spectra_dl.imaging.slide import SlideImage, stated_magnification, stated_sizes
from spectra_dl.imaging.tiff_image import TiffImage

_UM_AT_ONE = 10.0  # per pixel at a magnification of 1, as scanners label it: 0.5 at 20, 0.25 at 40
_SQUARE = 0.01  # relative, by which width and height of a pixel may differ


def written_pixel_sizes(
    image: TissueImage, *, given: float | None = None, image_scale: float = 1.0
) -> list[PixelSize]:
    """Return every plausible statement of an image's own fields, the surest first; to be settled with `agreed_pixel_size`.

    Parameters
    ----------
    image
        As `open_tissue_image` returns it; an image in memory and tiles state nothing.
    given
        µm per pixel as a person says it: then pixels that are not square are no reason to refuse, and both sizes are returned.
    image_scale
        Pixels of the image per full-resolution pixel; sizes are returned for a full-resolution pixel.

    Raises
    ------
    DataError
        A field states pixels that are not square, and nobody says how large they are.
    """
    sizes: list[PixelSize] = []
    for stated in stated_sizes(image):
        across, down = stated.across_um * image_scale, stated.down_um * image_scale
        if _is_square(stated):
            sizes.append(PixelSize((across + down) / 2, stated.source))
        elif given is None:
            raise _oblong(stated, image.path.name)
        else:
            sizes += [
                PixelSize(across, f"{stated.source}, across"),
                PixelSize(down, f"{stated.source}, down"),
            ]
    if (magnification := stated_magnification(image)) is not None:
        about = _UM_AT_ONE / magnification * image_scale
        sizes.append(
            PixelSize(
                about, f"by the magnification of {magnification:g} in the slide's description", rough=True
            )
        )
    return sizes


def image_notes(image: TissueImage) -> tuple[str, ...]:
    """Return a sentence for each assumption under which an image was opened, and for pixels that are not square where a person chose."""
    if not isinstance(image, ImageFile | TiffImage | SlideImage):
        return ()
    oblong = [
        f"{image.path.name}: a pixel is {stated.across_um:.4g} µm wide and {stated.down_um:.4g} µm high, {stated.source}; it is taken as square"
        for stated in stated_sizes(image)
        if not _is_square(stated)
    ]
    return (*image.notes, *oblong)


def _is_square(stated: StatedSize) -> bool:
    across, down = stated.across_um, stated.down_um
    return abs(across - down) <= _SQUARE * min(across, down)


def _oblong(stated: StatedSize, where: str) -> DataError:
    return DataError(
        f"{where}: a pixel is {stated.across_um:.4g} µm wide and {stated.down_um:.4g} µm high, {stated.source}; scale the image to square "
        "pixels, or say --mpp or fill in the column mpp if that is wrong"
    )
