"""What ``uns['spatial']`` states of one library: scale factors and small images."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.scale_factors import positive
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup

_SCALES = {
    "hires": "tissue_hires_scalef",
    "downscaled_fullres": "tissue_downscaled_fullres_scalef",  # HEST's
    "lowres": "tissue_lowres_scalef",
}
_SMALLEST = 10  # pixels of a side; less is a placeholder
_SAME_FRAME = 0.03  # relative, of the full-resolution frame by two images, besides a pixel of rounding


@dataclass(frozen=True)
class SmallImage:
    """An image kept in the file.

    Attributes
    ----------
    name, path
        Such as ``"hires"``, and its place in the file.
    width, height
        Pixels.
    scale
        Its pixels per full-resolution pixel; None where not stated.
    """

    name: str
    path: str
    width: int
    height: int
    scale: float | None

    @property
    def frame(self) -> tuple[float, float] | None:
        """Width and height of the full-resolution image; None without a scale."""
        return None if self.scale is None else (self.width / self.scale, self.height / self.scale)


@dataclass(frozen=True)
class SpatialMetadata:
    """What a file states of one library; None where it doesn't.

    Attributes
    ----------
    spot_diameter_px
        In full-resolution pixels.
    um_per_pixel
        Of the full-resolution image.
    bin_um
        Side of a bin of Visium HD.
    images
        The largest first.
    others
        Libraries that the file has instead of the one that is asked for.
    """

    spot_diameter_px: float | None = None
    um_per_pixel: float | None = None
    bin_um: float | None = None
    images: tuple[SmallImage, ...] = ()
    others: tuple[str, ...] = ()


def libraries_of(root: StoredGroup) -> list[str]:
    """Return the names of the libraries in ``uns['spatial']``; none where it holds one library's parts itself."""
    node = root.member("uns/spatial") if "uns/spatial" in root else None
    if not isinstance(node, StoredGroup) or _has_parts(node):
        return []
    return [name for name in node.names if isinstance(node.member(name), StoredGroup)]


def _has_parts(node: StoredGroup) -> bool:
    """Say whether images and scale factors stand here, without the level of libraries between."""
    parts = [node.member(name) for name in ("images", "scalefactors") if name in node.names]
    groups = [part for part in parts if isinstance(part, StoredGroup)]
    return any(not {"images", "scalefactors"} & set(part.names) for part in groups)


def spatial_metadata(root: StoredGroup, library: str | None, *, whole: bool = True) -> SpatialMetadata | None:
    """Return what ``uns['spatial']`` states of a library; None where it states nothing.

    Parameters
    ----------
    root
        An open file.
    library
        Its name; None has metadata only where no library is named in ``uns['spatial']``.
    whole
        Whether the section is all of the file; what is stated without a library's name is not used for a part of it.

    Raises
    ------
    DataError
        A scale factor is no number above 0, or an image is none.
    """
    key = f"uns/spatial/{library}"
    node = root.member("uns/spatial") if "uns/spatial" in root else None
    if isinstance(node, StoredGroup) and _has_parts(node):
        if not whole:
            return None
        key = "uns/spatial"
    elif library is None or key not in root:
        others = libraries_of(root)
        return SpatialMetadata(others=tuple(others)) if others else None
    factors = {
        name: _factor(root, f"{key}/scalefactors/{name}", name)
        for name in ("spot_diameter_fullres", "microns_per_pixel", "bin_size_um", *_SCALES.values())
    }
    images = [
        _image(root, name, f"{key}/images/{name}", factors[scale])
        for name, scale in _SCALES.items()
        if f"{key}/images/{name}" in root
    ]
    return SpatialMetadata(
        spot_diameter_px=factors["spot_diameter_fullres"],
        um_per_pixel=factors["microns_per_pixel"],
        bin_um=factors["bin_size_um"],
        images=tuple(image for image in images if max(image.width, image.height) >= _SMALLEST),
    )


def refuse_two_frames(metadata: SpatialMetadata, where: str) -> None:
    """Refuse scale factors by which two images of one section have full-resolution frames of different sizes.

    Parameters
    ----------
    metadata
        Of the library.
    where
        The file, for messages.

    Raises
    ------
    DataError
        They differ.
    """
    scaled = [image for image in metadata.images if image.scale is not None]
    if len(scaled) < 2:
        return
    large, small = scaled[:2]
    first, second = large.frame or (0.0, 0.0), small.frame or (0.0, 0.0)
    rounding = 1.0 / (small.scale or 1.0)
    if any(abs(one - two) > _SAME_FRAME * two + rounding for one, two in zip(first, second, strict=True)):
        raise DataError(
            f"{where}: by tissue_{large.name}_scalef the full-resolution image has {first[0]:.0f} x {first[1]:.0f} pixels, by "
            f"tissue_{small.name}_scalef {second[0]:.0f} x {second[1]:.0f}; correct the wrong one, or say --image-scale of the image {large.name} "
            f"({large.width} x {large.height})"
        )


def _factor(root: StoredGroup, path: str, name: str) -> float | None:
    if path not in root:
        return None
    stored = root.array(path)
    if stored.shape not in ((), (1,)) or stored.dtype.kind not in "SOUTiuf":
        raise DataError(f"{root.where}: {name} is no number; write it again")
    value = np.ravel(np.asarray(stored.read()))[0]
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    try:
        number = float(text)
    except ValueError as err:
        raise DataError(f"{root.where}: {name} is no number but {text!r:.40}; write it again") from err
    return positive({name: number}, name, root.where)


def _image(root: StoredGroup, name: str, path: str, scale: float | None) -> SmallImage:
    stored = root.member(path)
    if not isinstance(stored, StoredArray) or len(stored.shape) != 3:
        shape = stored.shape if isinstance(stored, StoredArray) else "a group"
        raise DataError(f"{root.where}: {path[-60:]} has shape {shape}; that is no image")
    return SmallImage(name, path, stored.shape[1], stored.shape[0], scale)
