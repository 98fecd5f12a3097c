"""ORAS files (.json): raw spectra of a probe system, one list a pixel, with a background.

The program writes no wavenumber axis (it is calibrated later, by a reference such as Tylenol), so a
file is read only with the axis put in under ``xaxis``: to guess it would shift every band.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.instruments.contents import BLANK, ORAS_SPECTRA
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.source import first_bytes, open_lines
from spectra_dl.spectra.readers.wording import file_name

BACKGROUND, AXIS = "Background", "xaxis"
# Empty lists take twenty times their text.
LARGEST_TEXT = 8 << 20


def read_oras(path: Path) -> list[Recording]:
    """Read the raw spectra of each measurement in an ORAS file, less their background.

    Raises
    ------
    DataError
        No JSON, lists of unequal length or of something else than numbers, or no axis.
    """
    where = file_name(path)
    content = _content(path, where)
    measurements = content if isinstance(content, list) else [content]
    recordings = []
    for number, measurement in enumerate(measurements, start=1):
        place = f"{where}, measurement {number}" if len(measurements) > 1 else where
        if not isinstance(measurement, dict):
            raise DataError(f"{place}: not an ORAS measurement; export it again")
        recordings.append(_recording(measurement, where, place))
    return recordings


def _content(path: Path, where: str) -> object:
    start = first_bytes(path).lstrip(BLANK)[:1]
    with open_lines(path, accept=start) as lines:
        parts: list[str] = []
        length = 0
        for _, line in lines:
            parts.append(line)
            length += len(line)
            if length > LARGEST_TEXT:
                raise DataError(
                    f"{where}: ORAS JSON of more than {LARGEST_TEXT >> 20} million characters; split it by measurement"
                )
    try:
        content: object = json.loads("\n".join(parts))
    except (ValueError, RecursionError) as err:
        place = f" in line {err.lineno}" if isinstance(err, json.JSONDecodeError) else ""
        raise DataError(
            f"{where}: truncated or damaged ORAS JSON{place}; copy the file or export it again"
        ) from err
    return content


def _recording(measurement: Mapping[str, object], where: str, place: str) -> Recording:
    spectra = _numbers(measurement, ORAS_SPECTRA, place, dimensions=2)
    background = _numbers(measurement, BACKGROUND, place, dimensions=1)
    pixels = background.size
    if spectra.shape[0] == pixels:
        spectra = spectra.T  # (p, n) as ORAS writes it -> (n, p)
    if spectra.shape[1] != pixels:
        raise DataError(
            f"{place}: {ORAS_SPECTRA} of shape {spectra.shape} does not fit {BACKGROUND} of {pixels} pixels; export it again"
        )
    if AXIS not in measurement:
        raise DataError(
            f"{place}: {len(spectra)} raw ORAS spectra of {pixels} pixels, without a wavenumber axis; put its {pixels} "
            f'calibrated Raman shifts in cm⁻¹ into the file as the list "{AXIS}", or export calibrated spectra as CSV'
        )
    axis = _numbers(measurement, AXIS, place, dimensions=1)
    if axis.size != pixels:
        raise DataError(f'{place}: {axis.size} numbers in "{AXIS}" for {pixels} pixels; give one for each')
    check_size(pixels, place)
    notes = ["the background of the file was subtracted from each of its raw spectra"]
    columns = _columns(measurement)
    if "exposure_s" in columns:
        notes.append("the exposure time was taken to be in ms")
    return Recording(
        where,
        axis,
        spectra - background,
        same_for_all(columns, len(spectra)),
        stated=True,
        notes=tuple(notes),
    )


def _numbers(measurement: Mapping[str, object], name: str, place: str, *, dimensions: int) -> FloatArray:
    """Return the list, or list of equal lists, of numbers called ``name``."""
    content = measurement.get(name)
    rows = content if dimensions == 2 else [content]
    if not isinstance(rows, list) or not rows or not all(_is_row(row) for row in rows):
        raise DataError(f"{place}: {name} holds no numbers in {dimensions} dimensions; export it again")
    if len({len(row) for row in rows}) > 1:
        raise DataError(f"{place}: the lists in {name} have unequal lengths; export it again")
    try:
        values = np.array(rows, dtype=np.float64)
    except OverflowError as err:
        raise DataError(f"{place}: a number in {name} is absurdly large; export it again") from err
    return values if dimensions == 2 else values[0]


def _is_row(row: object) -> bool:
    # A bool is an int to Python, but no number that a detector counts.
    return isinstance(row, list) and bool(row) and all(type(value) in (int, float) for value in row)


def _columns(measurement: Mapping[str, object]) -> dict[str, str]:
    texts = {
        "instrument": "ORAS",
        "title": measurement.get("Comment"),
        "measured_at": measurement.get("TimeStamp"),
    }
    columns = {name: text for name, text in texts.items() if isinstance(text, str)}
    for name, key, factor in (("laser_nm", "Wavelength", 1.0), ("exposure_s", "ExpTime", 1e-3)):
        value = measurement.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9:
            columns[name] = number_text(value * factor)
    return columns
