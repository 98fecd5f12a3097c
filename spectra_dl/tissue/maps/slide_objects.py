"""The images of a slide as objects that QuPath imports."""

from collections.abc import Iterator
from pathlib import Path

from spectra_dl.imaging.overlays.qupath_objects import QuPathObject, write_objects
from spectra_dl.tissue.maps.slide_tiles import SlideTiles, colour_of


def write_slide_objects(folder: Path, slide: SlideTiles) -> str:
    """Write ``SLIDE.geojson`` and return its name: a tile for each image, its class, and as measurements the probability of each class and the attention.

    Parameters
    ----------
    folder
        An existing folder.
    slide
        What was predicted of it.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    name = f"{slide.stem}.geojson"
    write_objects(folder / name, _objects(slide))
    return name


def _objects(slide: SlideTiles) -> Iterator[QuPathObject]:
    shown = slide.shown_class
    for row, ring in enumerate(slide.rings()):
        yield QuPathObject(
            slide.name,
            str(slide.images.name[row]),
            ring,
            "tile",
            _measurements(slide, row),
            {"status": str(slide.status[row])},
            shown[row],
            colour_of(shown[row], slide.classes),
        )


def _measurements(slide: SlideTiles, row: int) -> dict[str, float]:
    """Return an image's measurements by name."""
    stated = () if slide.probability is None else zip(slide.classes, slide.probability[row], strict=True)
    found = {f"p({name})": float(value) for name, value in stated}
    return found if slide.attention is None else found | {"attention": float(slide.attention[row])}
