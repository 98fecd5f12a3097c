"""Renishaw WiRE files (.wdf): a spectrum, a series, a map, finished or broken off.

Parsed by renishawWiRE once `check_wdf` has measured every block. The library's parsers of the white-light image (which
opens a JPEG by Pillow and fails without EXIF) and of the map's raster are left out: neither holds a spectrum.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.binary.wdf_properties import exposure_seconds
from spectra_dl.spectra.readers.instruments.binary.wdf_structure import BLOCK_BYTES, WdfStructure, check_wdf
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.units import other_unit
from spectra_dl.spectra.readers.instruments.vendor import vendor_library
from spectra_dl.spectra.readers.source import open_binary
from spectra_dl.spectra.readers.wording import file_name, printable

UNIT_OF_LENGTH = {"Micron": "um", "Millimetres": "mm", "Metres": "m"}
LARGEST_SETTINGS = 16 << 20
UNITS = ("RamanShift", "Wavenumber")
UNITS_OF_LIGHT = {"Micron": "µm", "ElectronVolt": "eV"}
PLACES = {"Spatial_X": "x", "Spatial_Y": "y", "Spatial_Z": "z"}


class _Named(Protocol):
    """A member of an enumeration of the library."""

    name: str


class _Wdf(Protocol):
    """What is used of renishawWiRE's reader."""

    xdata: NDArray[np.float32]
    xlist_unit: _Named
    spectra: NDArray[np.float32]
    origin_list_header: Sequence[tuple[bool, _Named, _Named, str, FloatArray]]
    laser_length: float
    application_name: str
    application_version: list[int]
    title: str


def read_wdf(path: Path) -> list[Recording]:
    """Read a WDF file.

    Raises
    ------
    DataError
        Damaged, truncated, without spectra, or with another axis than Raman shift.
    UsageError
        renishawWiRE is not installed.
    """
    where = file_name(path)
    with open_binary(path, where) as stream:
        structure = check_wdf(stream, where)
        settings = _settings(stream, structure)
    wdf = _parsed(path, where)
    unit = wdf.xlist_unit.name
    other = None if unit in UNITS else other_unit(UNITS_OF_LIGHT.get(unit, unit), where)
    intensity = np.asarray(wdf.spectra, dtype=np.float32).reshape(structure.spectra, structure.points)
    return [
        Recording(
            where,
            np.asarray(wdf.xdata, dtype=np.float64),
            intensity,
            {**_origins(wdf), **same_for_all({**_of_all(wdf), **settings}, structure.spectra)},
            stated=other or unit == "RamanShift",
            notes=_notes(structure, wdf.xlist_unit.name),
        )
    ]


def _parsed(path: Path, where: str) -> _Wdf:
    library = vendor_library("renishawWiRE", f"{where} (Renishaw WDF)")

    class SpectraOnly(library.WDFReader):  # type: ignore[name-defined]
        """The library's reader without image, raster and second axis, with its file closed in every case."""

        origin_list_header = ()  # stays so where the file has no lists

        def __init__(self, file: str) -> None:
            try:
                super().__init__(file)
            finally:
                if hasattr(self, "file_obj"):
                    self.file_obj.close()

        def _parse_img(self) -> None:
            return

        def _parse_wmap(self) -> None:
            return

        def _parse_xylist(self, direction: str) -> None:
            if direction == "X":
                super()._parse_xylist(direction)

    try:
        parsed: _Wdf = SpectraOnly(str(path))
    except (ValueError, KeyError, IndexError, AttributeError, OverflowError, struct.error, OSError) as err:
        raise DataError(
            f"{where}: renishawWiRE can't read this WDF file ({printable(str(err), 100)}); export it as text from WiRE"
        ) from err
    return parsed


def _origins(wdf: _Wdf) -> dict[str, list[str]]:
    """Return the columns that differ from spectrum to spectrum: the place, and the time since the first."""
    columns: dict[str, list[str]] = {}
    for _, kind, unit, _, values in wdf.origin_list_header:
        if kind.name in PLACES and unit.name in UNIT_OF_LENGTH:
            name = f"{PLACES[kind.name]}_{UNIT_OF_LENGTH[unit.name]}"
        elif kind.name == "Time" and len(values) > 1:
            name = "time_s"
        else:
            continue
        columns.setdefault(name, [number_text(float(value)) for value in values])
    return columns


def _of_all(wdf: _Wdf) -> dict[str, str]:
    version = ".".join(str(part) for part in wdf.application_version)
    return {
        "laser_nm": number_text(wdf.laser_length),
        "instrument": f"Renishaw ({wdf.application_name} {version})",
        "title": wdf.title,
    }


def _settings(stream: BinaryIO, structure: WdfStructure) -> dict[str, str]:
    """Return the exposure where the measurement's settings name it."""
    block = structure.blocks.get("WXDM")
    if block is None or block.size > LARGEST_SETTINGS:
        return {}
    stream.seek(block.offset + BLOCK_BYTES)
    seconds = exposure_seconds(stream.read(block.size - BLOCK_BYTES))
    return {} if seconds is None else {"exposure_s": number_text(seconds)}


def _notes(structure: WdfStructure, unit: str) -> tuple[str, ...]:
    notes = []
    if structure.spectra < structure.capacity:
        notes.append(
            f"the measurement was broken off: {structure.spectra} of {structure.capacity} spectra were measured and read"
        )
    if unit == "Wavenumber":
        notes.append("the file calls its axis wavenumber; it was taken as Raman shift")
    return tuple(notes)
