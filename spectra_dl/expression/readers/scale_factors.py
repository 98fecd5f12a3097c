"""Small JSON files of a section's metadata: Space Ranger's scale factors, HEST's metadata."""

import gzip
import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path

from spectra_dl.errors import DataError

_MOST_BYTES = 1 << 20
_SMALLEST, _LARGEST = 1e-6, 1e6  # µm per pixel, pixels per µm, µm or pixels


def read_json(path: Path) -> Mapping[str, object]:
    """Return a JSON object from a file of at most 1 MiB, plain or gzip.

    Raises
    ------
    DataError
        It can't be read, is larger, or is no object.
    """
    try:
        with open(path, "rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            text = (gzip.GzipFile(fileobj=plain) if packed else plain).read(_MOST_BYTES + 1)
        content = json.loads(text.decode("utf-8")) if len(text) <= _MOST_BYTES else None
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as err:
        raise DataError(
            f"{path.name}: can't be read as JSON ({' '.join(str(err).split())[:120]}); take a fresh copy"
        ) from err
    if not isinstance(content, dict):
        raise DataError(f"{path.name}: not one JSON object of at most 1 MiB; take a fresh copy")
    return content


def positive(values: Mapping[str, object], name: str, where: str) -> float | None:
    """Return a number above 0 and below a million; None where it is missing or NaN.

    Parameters
    ----------
    values
        Fields of a JSON object.
    name
        The field.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        The field holds anything else.
    """
    value = values.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not possible_size(value):
        raise DataError(f"{where}: {name} is {value!r:.60}; it must be a number above 0 and below a million")
    return float(value)


def possible_size(value: float) -> bool:
    """Say whether a size in µm or pixels, or a scale between them, is plausible."""
    return _SMALLEST <= value <= _LARGEST
