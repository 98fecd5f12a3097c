"""One annotation file of a slide, whichever program wrote it."""

from collections import Counter
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.storage.unsafe_contents import refuse_unsafe
from spectra_dl.tissue.slides.image_scope import read_image_scope
from spectra_dl.tissue.slides.outlines import Outline
from spectra_dl.tissue.slides.qupath import read_geojson

_LARGEST, _MOST_POINTS, _HEAD = 128 << 20, 2_000_000, 512


def read_annotation(path: Path) -> tuple[list[Outline], Counter[str]]:
    """Return the areas that QuPath (GeoJSON) or Aperio ImageScope (XML) annotated, and how many objects were left out, by why.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It can't be read, is neither, or is too large.
    """
    where = path.name
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"{where}: larger than 128 MiB; export annotations only, without detections")
        content = path.read_bytes()
    except OSError as err:
        if isinstance(err, DataError):
            raise
        raise DataError(f"{where}: can't be read ({err.strerror or err}); check the path") from err
    refuse_unsafe(content[:_HEAD], where, "name a GeoJSON or an XML of annotations")
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return read_geojson(start, where, most_points=_MOST_POINTS)
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return read_image_scope(start, where, most_points=_MOST_POINTS)
    raise DataError(
        f"{where}: neither GeoJSON (QuPath) nor XML (Aperio ImageScope); export the annotations as one of these"
    )
