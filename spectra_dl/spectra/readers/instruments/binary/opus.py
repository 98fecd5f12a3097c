"""Bruker OPUS files (.0, .1, ...): the Raman spectra in them.

Parsed by brukeropus once `check_opus` has measured every block; the delicate part it does is to find the parameters that
belong to a spectrum. It is given only the blocks of Raman spectra and of parameters: reports, histories and other spectra
hold nothing that is read here.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.instruments.binary.opus_structure import (
    OpusBlock,
    check_opus,
    check_parameters,
)
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.units import unsupported_unit
from spectra_dl.spectra.readers.instruments.vendor import vendor_library
from spectra_dl.spectra.readers.source import open_binary
from spectra_dl.spectra.readers.stated.claims import other_heights
from spectra_dl.spectra.readers.wording import file_name, listed, printable, quoted

LARGEST_FILE = 64 << 20
RAMAN, SERIES, WAVENUMBER, FLOAT32, INT32 = 10, 2, "WN", 1, 2
SPECTRUM_KINDS = {4: "absorbance", 5: "transmittance", 6: "Kubelka-Munk", 12: "reflectance", 16: "ATR"}
TEXTS = {"instrument": "ins", "title": "snm", "accumulations": "nss"}
Value = str | int | float
Kind = tuple[int, int, int, int, int, int]


class _Block(Protocol):
    """What is used of brukeropus' block."""

    data: Mapping[str, Value]
    parse_error: str | None

    def parse(self) -> None: ...


class _Spectrum(Protocol):
    """What is used of brukeropus' spectrum."""

    x: FloatArray
    y: NDArray[np.floating]


def read_opus(path: Path) -> list[Recording]:
    """Read the Raman spectra of an OPUS file, in the order in which they were added.

    Raises
    ------
    DataError
        Damaged, truncated, or without a Raman spectrum.
    UsageError
        brukeropus is not installed.
    """
    where = file_name(path)
    content = _content(path, where)
    blocks = check_opus(content, where)
    library = vendor_library("brukeropus", f"{where} (Bruker OPUS)")
    try:
        return _Opus(content, where, library).recordings(blocks)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, struct.error) as err:
        if isinstance(err, DataError):
            raise
        raise DataError(
            f"{where}: brukeropus can't read this OPUS file ({printable(str(err), 100)}); save it as JCAMP-DX from OPUS"
        ) from err


def _content(path: Path, where: str) -> bytes:
    with open_binary(path, where) as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise DataError(f"{where}: an OPUS file over {LARGEST_FILE >> 20} MiB; extract its spectra in OPUS")
    return content


class _Opus:
    """An OPUS file whose blocks lie within it."""

    def __init__(self, content: bytes, where: str, library: ModuleType) -> None:
        self._content = content
        self._where = where
        self._library = library.file

    def recordings(self, directory: Sequence[OpusBlock]) -> list[Recording]:
        kinds = [cast(Kind, self._library.parse.get_block_type(block.code)) for block in directory]
        spectra = [k for k, kind in enumerate(kinds) if kind[2] == 0 and kind[3] % 32 == RAMAN]
        names = dict.fromkeys(
            SPECTRUM_KINDS[kind[3] % 32] for kind in kinds if kind[2] == 0 and kind[3] % 32 in SPECTRUM_KINDS
        )
        if not spectra:
            raise DataError(
                f"{self._where}: an OPUS file without a Raman spectrum (in it: {listed(names) or 'no spectrum'}); give a file "
                f"with Raman spectra"
            )
        if any(kinds[k][5] == SERIES for k in spectra):
            raise DataError(
                f"{self._where}: a series of spectra in one OPUS block; extract the single spectra in OPUS"
            )
        wanted = [k for k, kind in enumerate(kinds) if k in spectra or kind[2] > 0]
        blocks = [self._parsed(directory[k], kinds[k]) for k in wanted]
        columns = self._columns([block for k, block in zip(wanted, blocks, strict=True) if kinds[k][2] > 1])
        pairs = sorted(
            self._library.block.pair_data_and_status_blocks(blocks), key=lambda pair: int(pair[0].start)
        )
        if len(pairs) < len(spectra):
            raise DataError(
                f"{self._where}: {len(pairs)} of {len(spectra)} Raman spectra have all their points and the parameters of their "
                f"axis; the file is damaged, copy it again"
            )
        left = (f"other spectra in the OPUS file were not read: {listed(names)}",) if names else ()
        return [self._recording(data, status, columns, left) for data, status in pairs]

    def _parsed(self, entry: OpusBlock, kind: Kind) -> _Block:
        if kind[2] > 0:
            check_parameters(self._content, entry, self._where)
        block = self._library.block.FileBlock(self._content, kind, entry.size, entry.start)
        block.parse()
        if block.parse_error:
            raise ValueError(block.parse_error)
        return cast(_Block, block)

    def _columns(self, blocks: Sequence[_Block]) -> dict[str, str]:
        """Return what the file says of its measurement, from the parameters that belong to no axis."""
        parameters: dict[str, Value] = {}
        for block in blocks:
            parameters |= block.data
        texts = {column: str(parameters.get(name, "")) for column, name in TEXTS.items()}
        laser = parameters.get("rlw")
        if isinstance(laser, float) and math.isfinite(laser) and laser > 0:
            texts["laser_nm"] = number_text(1e7 / laser)
        return texts

    def _recording(
        self, data: _Block, status: _Block, columns: Mapping[str, str], left: tuple[str, ...]
    ) -> Recording:
        parameters = status.data
        points, unit = parameters.get("npt", 0), str(parameters.get("dxu", "no unit"))
        if not isinstance(points, int) or points < 1:
            raise DataError(
                f"{self._where}: a Raman spectrum of {quoted(str(points))} points; copy the file again"
            )
        check_size(points, self._where)
        if unit != WAVENUMBER:
            raise unsupported_unit(unit, self._where)
        if parameters.get("dpf") not in (FLOAT32, INT32):
            raise DataError(
                f"{self._where}: numbers of kind {quoted(str(parameters.get('dpf')))} are not known; save the file as JCAMP-DX"
            )
        spectrum = cast(_Spectrum, self._library.data.Data(data, status, "ra", 0.0))
        intensity = np.asarray(spectrum.y, dtype=np.float64)
        return Recording(
            self._where,
            np.asarray(spectrum.x, dtype=np.float64),
            intensity[np.newaxis],
            same_for_all(columns, 1),
            stated=True,
            notes=(
                *left,
                *other_heights(intensity, {"MNY": parameters.get("mny"), "MXY": parameters.get("mxy")}),
                "an OPUS file does not say what its Raman axis is measured from; it was taken as Raman shift",
            ),
        )
