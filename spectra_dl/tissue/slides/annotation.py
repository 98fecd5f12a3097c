"""One annotation file of a slide, whichever program wrote it."""

import codecs
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.storage.unsafe_contents import refuse_unsafe
from spectra_dl.tissue.slides.image_scope import read_image_scope
from spectra_dl.tissue.slides.outlines import Outline
from spectra_dl.tissue.slides.qupath import read_geojson

_LARGEST, _MOST_POINTS, _HEAD = 128 << 20, 2_000_000, 512


def read_annotation(path: Path, um_per_pixel: Collection[float] = ()) -> tuple[list[Outline], Counter[str]]:
    """Return the areas that QuPath (GeoJSON) or Aperio ImageScope (XML) annotated, and how many objects were left out, by why.

    Parameters
    ----------
    path
        The file.
    um_per_pixel
        What the slide's pixels may measure; empty leaves what the file says of them unread.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It can't be read, is neither, is too large, or was drawn on a slide with other pixels.
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
    start = _as_utf_8(content).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return read_geojson(start, where, most_points=_MOST_POINTS)
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return read_image_scope(start, where, most_points=_MOST_POINTS, um_per_pixel=um_per_pixel)
    raise DataError(
        f"{where}: neither GeoJSON (QuPath) nor XML (Aperio ImageScope); export the annotations as one of these"
    )


def _as_utf_8(content: bytes) -> bytes:
    """Return JSON in UTF-16 with a byte order mark as JSON is written; XML says its encoding itself."""
    if not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content
    try:
        text = content.decode("utf-16").lstrip()
    except UnicodeDecodeError:
        return content
    return text.encode() if text.startswith(("{", "[")) else content
