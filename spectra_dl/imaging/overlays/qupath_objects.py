"""Objects on a slide as GeoJSON that QuPath imports."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.storage.atomic import whole_file
from spectra_dl.storage.text.storable import storable

_IDS = uuid.UUID("7c1f5d0e-3c0b-5b0e-9a5e-1d6f6f0f8a11")


@dataclass(frozen=True, eq=False)
class QuPathObject:
    """One polygon.

    Attributes
    ----------
    slide, name
        Its id is made of both, the same each time.
    corners
        ``(k, 2)`` x and y in pixels of the full-resolution image, y downwards.
    kind
        QuPath's type of object.
    measurements
        Numbers by name; what is not finite is left out.
    metadata
        Texts by name; empty ones are left out.
    classification, colour
        Its class, and the class's red, green and blue; None for an object without one.
    """

    slide: str
    name: str
    corners: FloatArray
    kind: Literal["detection", "tile"]
    measurements: Mapping[str, float]
    metadata: Mapping[str, str] = field(default_factory=dict)
    classification: str | None = None
    colour: tuple[int, int, int] = (128, 128, 128)

    def feature(self) -> dict[str, object]:
        """Return it as a feature of GeoJSON."""
        ring, name = np.round(self.corners, 2).tolist(), storable(self.name)
        properties: dict[str, object] = {
            "objectType": self.kind,
            "name": name,
            "measurements": {
                key: float(f"{value:.6g}") for key, value in self.measurements.items() if np.isfinite(value)
            },
            "metadata": {key: storable(text) for key, text in self.metadata.items() if text},
            "isLocked": True,
        }
        if self.classification is not None:
            properties["classification"] = {
                "name": storable(self.classification),
                "color": list(self.colour),
            }
        return {
            "type": "Feature",
            "id": str(uuid.uuid5(_IDS, f"{storable(self.slide)}\n{name}")),
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            "properties": properties,
        }


def write_objects(path: Path, objects: Iterable[QuPathObject]) -> None:
    """Write objects as a collection of features, one a line.

    Parameters
    ----------
    path
        The file.
    objects
        Of one slide.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with whole_file(path) as stream:
        stream.write(b'{"type": "FeatureCollection", "features": [')
        for number, each in enumerate(objects):
            text = json.dumps(each.feature(), allow_nan=False)
            stream.write(f"{',' if number else ''}\n{text}".encode())
        stream.write(b"\n]}\n")
