"""What images look like besides their tissue: facts that are measured of each once, for probes and for near copies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.imaging.image import Pixels
from spectra_dl.tissue.images import TissueImages

_SMALL = 256  # pixels of the longest side at which colours are measured
_EXIF_SCANNER = (0x010F, 0x0110, 0x0131)  # make, model, software
_HASH, _CLEARLY = 8, 2  # rows of the difference hash, and grey levels that are no difference
_BRIGHT = 220.0
_INK_COLOUR, _INK_ABOVE_RED = 90.0, 40.0  # of 255


@dataclass(frozen=True, eq=False)
class ImageFacts:
    """Facts of ``n`` images.

    Attributes
    ----------
    colour
        ``(n, 6)`` mean and standard deviation of red, green and blue of what is no glass.
    background
        ``(n, 1)`` share of glass.
    sharpness
        ``(n, 1)`` logarithm of the variance of the Laplacian.
    ink
        ``(n, 1)`` share of pixels in the colours of pens.
    compression
        ``(n, 2)`` sums of the quantisation tables of a JPEG; 0 of other files.
    size
        ``(n, 5)`` width and height in pixels, and whether it is a JPEG, a PNG or a TIFF.
    scanner
        ``(n,)`` text: what the files say of camera and program.
    hashes
        ``(n, 64)`` bits of the difference hash.
    """

    colour: FloatArray
    background: FloatArray
    sharpness: FloatArray
    ink: FloatArray
    compression: FloatArray
    size: FloatArray
    scanner: TextArray
    hashes: NDArray[np.bool_]

    @classmethod
    def of(cls, images: TissueImages) -> "ImageFacts":
        """Measure images one at a time.

        Raises
        ------
        DataError
            One is damaged.
        """
        measured = [_measured(pixels) for pixels in images.pixels()]
        files = images.files
        stored = [
            _stored(path) if said is None else _stored_in_part(*said)
            for path, said in zip(files.file, files.origins(), strict=True)
        ]
        column = [
            np.array(each, dtype=np.float64) for each in zip(*(one[:4] for one in measured), strict=True)
        ]
        return cls(
            column[0],
            column[1][:, None],
            column[2][:, None],
            column[3][:, None],
            np.array([each[0] for each in stored], dtype=np.float64),
            np.array([each[1] for each in stored], dtype=np.float64),
            text_array([each[2] for each in stored]),
            np.array([each[4] for each in measured]),
        )


def _measured(pixels: Pixels) -> tuple[list[float], float, float, float, NDArray[np.bool_]]:
    """Return colour, background, sharpness, ink and the hash of one image."""
    colours = _reduced(pixels).reshape(-1, 3).astype(np.float64)
    # All that is not bright, and not what thresholds call tissue: in a tile that is full of it these part nuclei from stroma, here and there as they happen to lie.
    glass = colours.mean(axis=1) > _BRIGHT
    seen = colours if glass.all() else colours[~glass]
    red, others = colours[:, 0], colours[:, 1:].max(axis=1)
    ink = (colours.max(axis=1) - colours.min(axis=1) > _INK_COLOUR) & (others - red > _INK_ABOVE_RED)
    return (
        [*seen.mean(axis=0), *seen.std(axis=0)],
        float(glass.mean()),
        _sharpness(pixels),
        float(ink.mean()),
        difference_hash(pixels),
    )


def _sharpness(pixels: Pixels) -> float:
    """Return the logarithm of the variance of the Laplacian of the grey image, at full resolution."""
    from scipy.ndimage import laplace

    return float(np.log(laplace(pixels.mean(axis=2)).var() + 1e-3))


def _reduced(pixels: Pixels) -> Pixels:
    from PIL import Image

    small = Image.fromarray(pixels)
    small.thumbnail((_SMALL, _SMALL))
    return np.asarray(small, dtype=np.uint8)


def difference_hash(pixels: Pixels) -> NDArray[np.bool_]:
    """Return 64 bits of an image ``(h, w, 3)``: in a grey copy of 9 by 8 pixels, whether each is clearly brighter than its right neighbour.

    Two grey levels or less are none: over glass compression decides on them, and a copy that was saved again would seem another image.

    References
    ----------
    Krawetz 2013, "Kind of Like That", hackerfactor.com: dHash. Changed: two grey levels.
    """
    from PIL import Image

    grey = Image.fromarray(pixels).convert("L").resize((_HASH + 1, _HASH), Image.Resampling.BOX)
    values = np.asarray(grey, dtype=np.int16)
    return (values[:, :-1] > values[:, 1:] + _CLEARLY).reshape(-1)


def _stored_in_part(scanner: str, size: tuple[int, int]) -> tuple[list[float], list[float], str]:
    """Return the same of a frame or a region, which is no file of its own."""
    return [0.0, 0.0], [float(size[0]), float(size[1]), 0.0, 0.0, 0.0], scanner


def _stored(path: object) -> tuple[list[float], list[float], str]:
    """Return how a file is compressed, its size and kind, and what it says of the scanner."""
    from PIL import Image

    with Image.open(str(path)) as image:
        tables = getattr(image, "quantization", None) or {}
        sums = [float(sum(tables[key])) for key in sorted(tables)][:2]
        kinds = [float(image.format == kind) for kind in ("JPEG", "PNG", "TIFF")]
        said = image.getexif() if "exif" in image.info or image.format == "TIFF" else {}
        scanner = " ".join(str(said[tag]).strip()[:60] for tag in _EXIF_SCANNER if tag in said)
        return [*sums, *[0.0] * (2 - len(sums))], [float(image.width), float(image.height), *kinds], scanner
