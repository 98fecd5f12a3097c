"""Predictions as GeoJSON that QuPath imports: an object for each spot, with its genes as measurements."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.output.prediction import OK, SectionPrediction
from spectra_dl.expression.output.storable_text import storable
from spectra_dl.storage.atomic import whole_file

FILE = "predictions.geojson"
_CORNERS = 24  # of the polygon that stands for a round spot
_COLOURS = {"warned": [230, 159, 0], "refused": [128, 128, 128]}
_IDS = uuid.UUID("7c1f5d0e-3c0b-5b0e-9a5e-1d6f6f0f8a11")


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
    with whole_file(folder / FILE) as stream:
        stream.write(b'{"type": "FeatureCollection", "features": [')
        for number, feature in enumerate(_features(prediction)):
            text = json.dumps(feature, allow_nan=False)
            stream.write(f"{',' if number else ''}\n{text}".encode())
        stream.write(b"\n]}\n")
    return [FILE]


def _features(prediction: SectionPrediction) -> Iterator[dict[str, object]]:
    section, reasons = prediction.section, prediction.reason
    outline, kind = _outline(prediction)
    for row, place in enumerate(section.full_pixel):
        if not np.isfinite(place).all():
            continue
        barcode, status = storable(str(section.barcode[row])), prediction.status[row]
        ring = np.round(place + outline, 2).tolist()
        values = dict(zip(prediction.names, prediction.values[row], strict=True))
        metadata = {"barcode": barcode, "status": status, "reason": storable(reasons[row])}
        properties: dict[str, object] = {
            "objectType": kind,
            "name": barcode,
            "measurements": {
                name: round(float(value), 5) for name, value in values.items() if np.isfinite(value)
            },
            "metadata": {name: text for name, text in metadata.items() if text},
            "isLocked": True,
        }
        if status != OK:
            properties["classification"] = {"name": status, "color": _COLOURS[status]}
        yield {
            "type": "Feature",
            "id": str(uuid.uuid5(_IDS, f"{storable(section.name)}\n{barcode}")),
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            "properties": properties,
        }


def _outline(prediction: SectionPrediction) -> tuple[FloatArray, str]:
    """Return the corners of a spot around its centre, in full-resolution pixels, and QuPath's type of object."""
    section, um = prediction.section, prediction.full_um_per_pixel
    if section.spot_diameter_um is not None:
        angle = np.arange(_CORNERS) * (2 * np.pi / _CORNERS)
        return np.column_stack([np.cos(angle), np.sin(angle)]) * (
            section.spot_diameter_um / um / 2
        ), "detection"
    side = (section.spot_pitch_um or prediction.diameter_um) / um
    return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (side / 2), "tile"
