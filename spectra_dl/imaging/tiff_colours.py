"""From the samples of a TIFF to red, green and blue in bytes, or why there are none."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.imaging.image import Pixels

Samples = NDArray[np.generic]
Model = Literal["rgb", "ycbcr", "palette", "cmyk"]
MINISWHITE, MINISBLACK, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
_APERIO_YCBCR, _JPEG = 33003, (6, 7)  # JPEG's decoder turns YCbCr into RGB itself
_TRANSPARENT = {1: "premultiplied", 2: "straight"}
_BYTE, _LONG_TABLE = 255, 256


@dataclass(frozen=True)
class Colours:
    """How samples become red, green and blue.

    Attributes
    ----------
    model
        What the samples are.
    alpha
        Whether the fourth is an opacity, and of which kind; empty without.
    bits
        Of a sample, 8 or 9 to 16.
    table
        ``(256, 3)`` bytes of a palette, as nested tuples.
    """

    model: Model
    alpha: str = ""
    bits: int = 8
    table: tuple[tuple[int, int, int], ...] = ()

    def as_rgb(self, samples: Samples) -> Pixels:
        """Return ``(h, w, 3)`` bytes of ``(h, w, s)`` samples."""
        if self.model == "palette":
            return np.take(np.array(self.table, dtype=np.uint8), samples[..., 0].astype(np.intp), axis=0)
        values = _as_bytes(samples, self.bits)
        if self.model == "cmyk":
            ink = values.astype(np.uint16)
            return np.asarray((_BYTE - ink[..., :3]) * (_BYTE - ink[..., 3:4]) // _BYTE, dtype=np.uint8)
        if self.model == "ycbcr":
            return _from_ycbcr(values)
        if not self.alpha:
            return np.ascontiguousarray(values[..., :3])
        opacity = values[..., 3:4].astype(np.uint32)
        colour = values[..., :3].astype(np.uint32)
        inside = colour if self.alpha == "premultiplied" else (colour * opacity + _BYTE // 2) // _BYTE
        return np.asarray(np.minimum(inside + (_BYTE - opacity), _BYTE), dtype=np.uint8)


def colours_of(
    photometric: int, samples: int, dtype: str, extra: tuple[int, ...], compression: int
) -> Colours | str:
    """Return how the samples of one plane become colours, or a few words that say why they can't.

    Parameters
    ----------
    photometric
        The TIFF field PhotometricInterpretation.
    samples
        In each pixel.
    dtype
        Of a sample, by name.
    extra
        The TIFF field ExtraSamples.
    compression
        The TIFF field Compression.
    """
    if dtype not in ("uint8", "uint16"):
        return f"its samples are {dtype or 'of a rare kind'}, not 8-bit colours"
    bits = 8 if dtype == "uint8" else 16
    if photometric == SEPARATED and samples >= len("CMYK"):
        return Colours("cmyk", bits=bits)
    if photometric not in (RGB, YCBCR, MINISBLACK) or samples < len("RGB"):
        kind = (
            "grey"
            if photometric in (MINISWHITE, MINISBLACK)
            else f"of photometric interpretation {photometric}"
        )
        return f"it is {kind} with {samples} {'sample' if samples == 1 else 'samples'} in each pixel, not RGB"
    if samples > len("RGBA"):
        return f"it has {samples} samples in each pixel, not red, green and blue"
    if compression == _APERIO_YCBCR or (photometric == YCBCR and compression not in _JPEG):
        return Colours("ycbcr", bits=bits)
    alpha = _TRANSPARENT.get(extra[0], "") if samples == len("RGBA") and extra else ""
    return Colours("rgb", alpha, bits)


def palette_colours(colormap: NDArray[np.generic]) -> Colours | None:
    """Return the colours of a palette ``(3, 256)`` of 16 bits; None for one of another size."""
    if colormap.shape != (3, _LONG_TABLE):
        return None
    table = np.asarray(colormap, dtype=np.uint32).T
    if table.max() > _BYTE:
        table = table // 257
    return Colours("palette", table=tuple((int(r), int(g), int(b)) for r, g, b in table))


def _as_bytes(samples: Samples, bits: int) -> Pixels:
    if samples.dtype == np.uint8:
        return samples.view(np.uint8)
    top = (1 << bits) - 1
    values = np.minimum(samples, top).astype(np.uint32)
    return np.asarray((values * _BYTE + top // 2) // top, dtype=np.uint8)


def _from_ycbcr(values: Pixels) -> Pixels:
    """Return RGB of full-range YCbCr with the weights of ITU-R BT.601."""
    luma, blue, red = (values[..., k].astype(np.float32) - (128 if k else 0) for k in range(3))
    rgb = np.stack(
        [luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue], axis=-1
    )
    return np.asarray(np.clip(np.rint(rgb), 0, _BYTE), dtype=np.uint8)
