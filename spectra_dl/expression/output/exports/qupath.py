"""Predictions as GeoJSON that QuPath imports: an object for each spot, with its genes as measurements."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.output.prediction import OK, SectionPrediction
from spectra_dl.imaging.overlays.qupath_objects import QuPathObject, write_objects

FILE = "predictions.geojson"
_CORNERS = 24  # of the polygon that stands for a round spot
_COLOURS = {"warned": (230, 159, 0), "refused": (128, 128, 128)}


def write_geojson(folder: Path, prediction: SectionPrediction) -> list[str]:
    """Write ``predictions.geojson``: a polygon for each spot that has a place, in pixels of the full-resolution image, y downwards.

    A section that states the diameter of its spots has round detections; any other has tiles, squares as wide as its pitch, or as a
    spot is drawn. Spots that are warned of or refused have a class of that name; refused ones have no measurements.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    write_objects(folder / FILE, _objects(prediction))
    return [FILE]


def _objects(prediction: SectionPrediction) -> Iterator[QuPathObject]:
    section = prediction.section
    outline, kind = _outline(prediction)
    for row, place in enumerate(section.full_pixel):
        if not np.isfinite(place).all():
            continue
        barcode, status = str(section.barcode[row]), prediction.status[row]
        yield QuPathObject(
            section.name,
            barcode,
            place + outline,
            kind,
            dict(zip(prediction.names, prediction.values[row], strict=True)),
            {"barcode": barcode, "status": status, "reason": prediction.reason[row]},
            None if status == OK else status,
            _COLOURS.get(status, (0, 0, 0)),
        )


def _outline(prediction: SectionPrediction) -> tuple[FloatArray, Literal["detection", "tile"]]:
    """Return the corners of a spot around its centre, in full-resolution pixels, and QuPath's type of object."""
    section, um = prediction.section, prediction.full_um_per_pixel
    if section.spot_diameter_um is not None:
        angle = np.arange(_CORNERS) * (2 * np.pi / _CORNERS)
        return np.column_stack([np.cos(angle), np.sin(angle)]) * (
            section.spot_diameter_um / um / 2
        ), "detection"
    side = (section.spot_pitch_um or prediction.diameter_um) / um
    return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (side / 2), "tile"
