"""Galactic (Thermo GRAMS) files (.spc): one spectrum or several, new and old, axis even, stored, or one for each.

Read here and not by spc-io: that library takes neither the old nor the big-endian format nor spectra in any order, and
builds what a header claims.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import ABSURD, MIN_POINTS, check_size
from spectra_dl.spectra.readers.instruments.binary.spc_header import (
    FLOAT_EXPONENT,
    OLD,
    SUBHEADER_BYTES,
    Flags,
    SpcHeader,
    spc_header,
)
from spectra_dl.spectra.readers.instruments.binary.spc_kind import checked_kind
from spectra_dl.spectra.readers.instruments.binary.spc_log import from_log, log_entries
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.source import open_binary
from spectra_dl.spectra.readers.stated.claims import refuse_other_ends
from spectra_dl.spectra.readers.wording import file_name

MOST_BYTES = 2 << 30
POINT_BYTES = 4
LOST_LOG = (
    "the log that the file announces is not where it should be; if the file was cut or damaged, copy it again"
)


def read_spc(path: Path) -> list[Recording]:
    """Read an SPC file; spectra with separate axes become a recording each.

    Raises
    ------
    DataError
        Damaged, truncated, claiming more than it holds, with another axis than Raman shift, or of another experiment.
    """
    where = file_name(path)
    data = _content(path, where)
    header = spc_header(data, where)
    stated, notes = checked_kind(header, where)
    if header.version == OLD and Flags.SEVERAL in header.flags:
        notes = (
            *notes,
            f"an old SPC file does not say how many spectra it holds; {header.spectra} were found",
        )
    spectra = _spectra(data, header, where)
    entries = log_entries(data, header.log, header.order)
    if header.log and not entries:
        notes = (*notes, LOST_LOG)
    columns = {
        **from_log(entries),
        "title": header.comment,
        "measured_at": header.date,
    }
    if header.source:
        columns["instrument"] = header.source
    if Flags.SEPARATE_AXES in header.flags:
        groups = [([spectrum], spectrum.axis) for spectrum in spectra]
    else:
        groups = [(spectra, _common_axis(data, header, where))]
    return [
        Recording(
            where,
            axis,
            np.stack([spectrum.intensity for spectrum in group]),
            {**_times(group, header), **same_for_all(columns, len(group))},
            stated,
            notes,
        )
        for group, axis in groups
    ]


def _content(path: Path, where: str) -> bytes:
    with open_binary(path, where) as stream:
        if stream.seek(0, 2) > MOST_BYTES:
            raise DataError(
                f"{where}: an SPC file over {MOST_BYTES >> 30} GiB; split it, or export it as text"
            )
        stream.seek(0)
        return stream.read()


class _Spectrum:
    """One spectrum as it stands behind its subheader."""

    def __init__(self, data: bytes, at: int, header: SpcHeader, where: str, place: int) -> None:
        order = header.order
        exponent = struct.unpack_from("b", data, at + 1)[0]
        self.number: int = struct.unpack_from(order + "H", data, at + 2)[0]
        self.time: float = struct.unpack_from(order + "f", data, at + 4)[0]
        count = header.points
        at += SUBHEADER_BYTES
        if Flags.SEVERAL not in header.flags or header.exponent == FLOAT_EXPONENT:
            if exponent not in (0, header.exponent) and FLOAT_EXPONENT in (exponent, header.exponent):
                raise DataError(
                    f"{where}: damaged SPC: the header scales intensities by 2^{header.exponent} and spectrum {place} by 2^{exponent}, where "
                    "-128 means decimals; copy the file again"
                )
            exponent = header.exponent
        separate = Flags.SEPARATE_AXES in header.flags
        if separate:
            count = struct.unpack_from(order + "I", data, at - SUBHEADER_BYTES + 16)[0]
            check_size(count, f"{where} spectrum {place}")
            if count < MIN_POINTS:
                raise DataError(
                    f"{where}: spectrum {place} has {count} points; at least {MIN_POINTS} are needed"
                )
        size = header.value_bytes(exponent)
        self.end = at + count * (size + 4 * separate)
        if self.end > len(data):
            raise DataError(
                f"{where}: spectrum {place} claims {count:,} points, more than are left in the file; it is truncated, copy it again"
            )
        self.axis: FloatArray = np.zeros(0)
        if separate:
            self.axis = np.frombuffer(data, order + "f4", count, at).astype(np.float64)
            at += 4 * count
        self.intensity = _intensities(data[at : self.end], header, exponent, size)


def _intensities(raw: bytes, header: SpcHeader, exponent: int, size: int) -> FloatArray:
    if exponent == FLOAT_EXPONENT:
        return np.frombuffer(raw, header.order + "f4").astype(np.float64)
    fractions: NDArray[np.signedinteger]
    if header.version == OLD and size == 4:
        halves = np.frombuffer(raw, "<u2").reshape(-1, 2).astype(np.int64)
        fractions = (halves[:, 0] << 16 | halves[:, 1]).astype(np.uint32).view(np.int32)
    else:
        fractions = np.frombuffer(raw, f"{header.order}i{size}")
    return np.ldexp(fractions.astype(np.float64), exponent - 8 * size)


def _spectra(data: bytes, header: SpcHeader, where: str) -> list[_Spectrum]:
    at = header.bytes
    shared = Flags.STORED_AXIS in header.flags and Flags.SEPARATE_AXES not in header.flags
    if shared:
        at += 4 * header.points
    if at + SUBHEADER_BYTES * header.spectra > len(data):
        raise DataError(f"{where}: truncated SPC: the axis is not whole; copy the file again")
    spectra: list[_Spectrum] = []
    for number in range(1, header.spectra + 1):
        if at + SUBHEADER_BYTES > len(data):
            raise DataError(
                f"{where}: truncated SPC: {number - 1} of {header.spectra} spectra are whole; copy the file again"
            )
        spectra.append(_Spectrum(data, at, header, where, number))
        at = spectra[-1].end
    _refuse_miscounted(data, spectra, header, where)
    return spectra


def _refuse_miscounted(data: bytes, spectra: list[_Spectrum], header: SpcHeader, where: str) -> None:
    """Refuse spectra with absurd numbers, and bytes behind the last that are no padding, log or directory."""
    end = spectra[-1].end
    stop = min([*(at for at in (header.log, header.directory) if at), len(data)])
    rest = len(data[end:stop].strip(b"\0"))
    # Some writers are a byte wrong about where the log begins; a whole point is not padding.
    into_log = header.log > 0 and end > stop + 1
    if rest >= POINT_BYTES or into_log or max(spectrum.number for spectrum in spectra) > len(spectra):
        raise DataError(
            f"{where}: {header.spectra} spectra of {header.points} points, ending at byte {end:,}, don't fit what stands there; a "
            f"count in the SPC header is wrong, copy the file again"
        )


def _common_axis(data: bytes, header: SpcHeader, where: str) -> FloatArray:
    if Flags.STORED_AXIS in header.flags:
        axis = np.frombuffer(data, header.order + "f4", header.points, header.bytes).astype(np.float64)
        if 0 < abs(header.first - header.last) < ABSURD:  # some writers leave them 0
            refuse_other_ends(axis, header.first, header.last, where)
        return axis
    return np.linspace(header.first, header.last, header.points)


def _times(spectra: list[_Spectrum], header: SpcHeader) -> dict[str, list[str]]:
    """Return the third coordinate of several spectra: time, depth or number, as the program that wrote the file meant it."""
    if Flags.SEVERAL not in header.flags:
        return {}
    return {"z": [number_text(spectrum.time) for spectrum in spectra]}
