"""Where the spots of a SpatialData table lie on an image, by the transformations that the folder states."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.spatialdata_files.image import is_colour_image
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    from spatialdata import SpatialData
    from xarray import DataArray, DataTree

_SAME_PLACE = 1.0  # pixel


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
    """

    image: str
    instance: TextArray
    pixel: FloatArray
    diameter: float | None


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
        raise DataError(
            f"{where}: no picture of red, green and blue shares a coordinate system with {printable(region)} (images: "
            f"{_listed(list(data.images))}); align one and write the folder again"
        )
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
    diameter = _diameter(data, (region, image), known[image][0])
    return PlacedSpots(image, ids, places[0][1], diameter)


def _colour_images(data: "SpatialData") -> dict[str, int]:
    """Return the images that may show stained tissue, with their pixels."""
    finest = {name: _finest(image) for name, image in data.images.items()}
    return {
        name: image.shape[1] * image.shape[2]
        for name, image in finest.items()
        if is_colour_image(image.shape, image.dtype)
    }


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


def _diameter(data: "SpatialData", names: tuple[str, str], system: str) -> float | None:
    """Return the spots' diameter in pixels; None where they are no circles of one size."""
    shapes = data.shapes[names[0]]
    radii = set(shapes["radius"]) if "radius" in shapes.columns else set()
    if len(radii) != 1:
        return None
    area = abs(float(np.linalg.det(_to_pixels(data, names, system)[:2, :2])))
    return 2.0 * float(radii.pop()) * math.sqrt(area)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(printable(name) for name in names[:6]) or "none"
