"""Where the spots of a SpatialData table lie on an image, by the transformations that the folder states."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.spatialdata_files.image import colour_channels
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from spatialdata import SpatialData
    from xarray import DataArray, DataTree

_SAME_PLACE = 1.0  # pixel
_ALIKE = 1e-3  # relative, of the two directions of a scale


@dataclass(frozen=True, eq=False)
class PlacedSpots:
    """Spots or cells on an image.

    Attributes
    ----------
    image
        Its name in the folder.
    instance
        ``(n,)`` ids of the shapes, as text.
    pixel
        ``(n, 2)`` x and y of their centres in pixels of the image.
    diameter
        In pixels, where the shapes are circles of one size; else None.
    scale
        Pixels of the image per unit of the shapes' own coordinates, where they differ by a scale alone, as a small image's do: then those are the
        full-resolution pixels. 1 where the image's pixels are.
    channels
        Places of red, green and blue in the image.
    """

    image: str
    instance: TextArray
    pixel: FloatArray
    diameter: float | None
    scale: float = 1.0
    channels: tuple[int, int, int] = (0, 1, 2)


def placed_spots(data: "SpatialData", region: str, where: str) -> PlacedSpots:
    """Return where the shapes of a region lie on the folder's finest picture that shares a coordinate system with them.

    Parameters
    ----------
    data
        An open SpatialData.
    region
        The shapes that a table annotates.
    where
        The folder's name, for messages.

    Raises
    ------
    DataError
        There is no such picture, or there are several, or coordinate systems place the shapes differently.
    """
    if region not in data.shapes:
        raise DataError(
            f"{where}: the table annotates {printable(region)}, which is none of its shapes ({_listed(list(data.shapes))}); write spots or "
            "cells as shapes"
        )
    shapes = data.shapes[region]
    systems = _systems(shapes)
    colour_images = _colour_images(data)
    shared = {name: systems & _systems(data.images[name]) for name in colour_images}
    known = {name: sorted(common) for name, common in shared.items() if common}
    if not known:
        raise DataError(_no_image(data, colour_images, region, where))
    largest = max(colour_images[name] for name in known)
    candidates = [name for name in known if colour_images[name] == largest]
    if len(candidates) > 1:
        raise DataError(
            f"{where}: the pictures {_listed(candidates)} could each lie under {printable(region)}; keep one of them in the folder"
        )
    image = candidates[0]
    places = [
        (system, _pixels(data, (region, image), system)) for system in known[image]
    ]  # (n, 2) in each system both are placed in
    _refuse_other_places(places, f"{where}: {printable(region)}")
    ids = text_array([str(each) for each in shapes.index])
    to_pixels = _to_pixels(data, (region, image), known[image][0])
    return PlacedSpots(
        image=image,
        instance=ids,
        pixel=places[0][1],
        diameter=_diameter(shapes, to_pixels),
        scale=_scale(to_pixels),
        channels=colour_channels(_channels(_finest(data.images[image]))) or (0, 1, 2),
    )


def _colour_images(data: "SpatialData") -> dict[str, int]:
    """Return the images that may show stained tissue, with their pixels."""
    finest = {name: _finest(image) for name, image in data.images.items()}
    return {
        name: image.shape[1] * image.shape[2]
        for name, image in finest.items()
        if image.dtype == np.uint8 and colour_channels(_channels(image)) is not None
    }


def _channels(image: "DataArray") -> list[str]:
    return [str(name) for name in image.coords["c"].values] if "c" in image.coords else []


def _no_image(data: "SpatialData", colour_images: dict[str, int], region: str, where: str) -> str:
    """Return why no image can lie under the shapes."""
    if colour_images:
        return (
            f"{where}: no coordinate system is shared by {printable(region)} and a picture ({_listed(list(colour_images))}); align one and write "
            "the folder again"
        )
    described = []
    for name, image in list(data.images.items())[:3]:
        finest = _finest(image)
        described.append(f"{printable(name)}: {finest.dtype}, channels {_listed(_channels(finest))}")
    return (
        f"{where}: no picture of bytes in red, green and blue ({'; '.join(described) or 'no images'}); write the stained section's picture as "
        "uint8 with c_coords=['r', 'g', 'b']"
    )


def _finest(image: "DataArray | DataTree") -> "DataArray":
    from spatialdata import get_pyramid_levels
    from xarray import DataArray

    return image if isinstance(image, DataArray) else get_pyramid_levels(image, n=0)


def _systems(element: object) -> set[str]:
    from spatialdata.transformations import get_transformation

    return set(get_transformation(element, get_all=True))


def _matrix(element: object, system: str) -> FloatArray:
    """Return the ``(3, 3)`` affine matrix from an element's coordinates to a coordinate system."""
    from spatialdata.transformations import get_transformation

    axes = ("x", "y")
    matrix: FloatArray = np.asarray(
        get_transformation(element, system).to_affine_matrix(axes, axes), dtype=np.float64
    )
    return matrix


def _to_pixels(data: "SpatialData", names: tuple[str, str], system: str) -> FloatArray:
    """Return the ``(3, 3)`` affine matrix from a region's coordinates to the pixels of an image."""
    region, image = names
    of_image = _matrix(data.images[image], system)
    if abs(np.linalg.det(of_image)) < np.finfo(np.float64).tiny:
        raise DataError(
            f"image {printable(image)}: its transformation to {printable(system)} can't be inverted"
        )
    return np.linalg.inv(of_image) @ _matrix(data.shapes[region], system)


def _pixels(data: "SpatialData", names: tuple[str, str], system: str) -> FloatArray:
    centre = data.shapes[names[0]].geometry.centroid
    place = np.column_stack([centre.x, centre.y, np.ones(len(centre))])
    return (place @ _to_pixels(data, names, system).T)[:, :2]


def _refuse_other_places(places: Sequence[tuple[str, FloatArray]], what: str) -> None:
    first, pixel = places[0]
    for system, other in places[1:]:
        if float(np.abs(other - pixel).max(initial=0.0)) > _SAME_PLACE:
            raise DataError(
                f"{what} lies elsewhere on the picture by the coordinate system {printable(system)} than by {printable(first)}; correct one "
                "transformation"
            )


def _diameter(shapes: "GeoDataFrame", to_pixels: FloatArray) -> float | None:
    """Return the spots' diameter in pixels; None where they are no circles of one size."""
    radii = set(shapes["radius"]) if "radius" in shapes.columns else set()
    if len(radii) != 1:
        return None
    return 2.0 * float(radii.pop()) * math.sqrt(abs(float(np.linalg.det(to_pixels[:2, :2]))))


def _scale(to_pixels: FloatArray) -> float:
    """Return the factor of a transformation that does nothing but make smaller, alike both ways; 1 for others."""
    factor = float(to_pixels[0, 0])
    alone = np.allclose(to_pixels, np.diag([factor, factor, 1.0]), rtol=0, atol=_ALIKE * abs(factor))
    return factor if 0 < factor < 1 and alone else 1.0


def _listed(names: Sequence[str]) -> str:
    return ", ".join(printable(name) for name in names[:6]) or "none"
