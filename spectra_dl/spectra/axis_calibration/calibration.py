"""A correction of the wavenumber axis with its uncertainty: what is stored, and how it is applied."""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.intensity_calibration.response import IntensityResponse
from spectra_dl.spectra.table import CALIBRATION, SpectraTable
from spectra_dl.storage.atomic import write_bytes

_KIND, _VERSION = "spectra-dl axis calibration", 1
_LARGEST_FILE = 1 << 16
_MOST_TERMS, _MOST_LINES = 4, 200
# cm⁻¹ (cm⁻² of the covariance, nm of the laser): no field is larger, so that nothing that is computed from them overflows.
_LARGEST = {
    "laser_nm": 1e5, "centre": 1e5, "scale": 1e5, "coefficients": 1e3, "covariance": 1e6, "lines": 1e5, "found": 1e5,
    "residual": 1e3,
}  # fmt: skip
_FIELDS = (
    "standard",
    "source_sha256",
    "laser_nm",
    "centre",
    "scale",
    "coefficients",
    "covariance",
    "lines",
    "found",
    "residual",
)


@dataclass(frozen=True, eq=False)
class AxisCalibration:
    """A polynomial that takes a stated Raman shift to the true one; `spectra_dl.calibrate_axis` finds it.

    Attributes
    ----------
    standard
        What it was measured with.
    source_sha256
        Of the measured spectrum.
    laser_nm
        With which a lamp's lines were placed.
    centre, scale
        Stated shifts are taken as ``(x - centre) / scale``, cm⁻¹.
    coefficients
        ``(d,)`` of the correction, cm⁻¹, the constant first.
    covariance
        ``(d, d)`` of the coefficients, cm⁻².
    lines, found, residual
        ``(m,)`` cm⁻¹: the standard's lines, where they stood on the stated axis, and what is left after the correction.
    response
        By which intensities are divided on the corrected axis; None leaves them.
    """

    standard: str
    source_sha256: str
    laser_nm: float | None
    centre: float
    scale: float
    coefficients: FloatArray
    covariance: FloatArray
    lines: FloatArray
    found: FloatArray
    residual: FloatArray
    response: IntensityResponse | None = None

    def correction(self, shift: FloatArray) -> FloatArray:
        """Return what is added to stated shifts, cm⁻¹; beyond the outermost lines it goes on as a straight line.

        Parameters
        ----------
        shift
            ``(p,)`` stated Raman shifts, cm⁻¹.
        """
        low, high = float(self.found.min()), float(self.found.max())
        inside = np.clip(shift, low, high)
        powers = self._powers(inside)
        slopes = np.arange(1, len(self.coefficients)) * self.coefficients[1:] / self.scale
        slope = self._powers(inside)[:, :-1] @ slopes if len(slopes) else 0.0
        added: FloatArray = np.asarray(powers @ self.coefficients + (shift - inside) * slope)
        return added

    def uncertainty(self, shift: FloatArray) -> FloatArray:
        """Return the standard uncertainty of the corrected shifts, cm⁻¹.

        Parameters
        ----------
        shift
            ``(p,)`` stated Raman shifts, cm⁻¹.
        """
        powers = self._powers(shift)
        variance = np.einsum("pi,ij,pj->p", powers, self.covariance, powers)
        deviation: FloatArray = np.sqrt(np.maximum(variance, 0.0))
        return deviation

    def _powers(self, shift: FloatArray) -> FloatArray:
        scaled: FloatArray = (shift - self.centre) / self.scale
        return scaled[:, None] ** np.arange(len(self.coefficients))

    @property
    def range(self) -> tuple[float, float]:
        """The outermost lines that were found, cm⁻¹."""
        return float(self.lines.min()), float(self.lines.max())

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits by which it is known again."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def words(self) -> str:
        """Return the calibration in a sentence, as tables and models carry it."""
        low, high = self.range
        root_mean_square = float(np.sqrt(np.mean(self.residual**2)))
        return (
            f"axis corrected by {self.standard} ({len(self.lines)} line{'s' if len(self.lines) > 1 else ''}, {low:.0f}-{high:.0f} cm-1, "
            f"residual {root_mean_square:.2f} cm-1, calibration {self.digest})"
            + ("" if self.response is None else f"; {self.response.words()}")
        )

    def applied(self, table: SpectraTable) -> SpectraTable:
        """Return a table on the corrected axis, and of corrected intensities where a response was measured; its column ``axis_calibration`` says so of each spectrum.

        Parameters
        ----------
        table
            On the axis as it was stated.

        Raises
        ------
        DataError
            The table was calibrated before, the corrected axis would not ascend, or the response is not known on it.
        """
        if CALIBRATION in table.metadata:
            from_file = "" if table.source is None else f"{table.source[0]!s:.80}: "
            raise DataError(
                f"{from_file}the spectra have a column {CALIBRATION}: their axis was corrected before; leave the calibration out"
            )
        axis = table.wavenumber + self.correction(table.wavenumber)
        if not (np.diff(axis) > 0).all():
            raise DataError(
                f"corrected by {self.standard}, the axis would not ascend; measure a standard with lines over the whole axis"
            )
        largest = float(np.abs(axis - table.wavenumber).max())
        words = self.words()
        note = f"{words}; the largest change is {largest:.2f} cm-1"
        metadata = {**table.metadata, CALIBRATION: np.full(len(table), words)}
        corrected = replace(table.with_notes(note), wavenumber=axis, metadata=metadata)
        return corrected if self.response is None else self.response.applied(corrected)

    def to_json(self) -> str:
        """Return what a calibration's file holds."""
        values = {name: _plain(getattr(self, name)) for name in _FIELDS}
        if self.response is not None:
            values["response"] = self.response.to_plain()
        return json.dumps({"kind": _KIND, "version": _VERSION, **values}, indent=1) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the calibration to a JSON file, whole or not at all.

        Parameters
        ----------
        path
            The file.

        Raises
        ------
        EnvironmentFault
            It can't be written.
        """
        write_bytes(path, self.to_json().encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "AxisCalibration":
        """Read a calibration's file.

        Parameters
        ----------
        path
            Written by `save`.

        Raises
        ------
        DataError
            It can't be read, or is no calibration.
        """
        name = Path(path).name
        try:
            with Path(path).open("rb") as stream:
                content = stream.read(_LARGEST_FILE + 1)
        except OSError as err:
            raise DataError(f"{name}: {err.strerror}; give a file that 'calibrate-axis' wrote") from err
        try:
            values = json.loads(content.decode("utf-8")) if len(content) <= _LARGEST_FILE else None
            return cls(**_checked(values))
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as err:
            raise DataError(
                f"{name}: no axis calibration of this version; write it anew with 'calibrate-axis'"
            ) from err


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _checked(values: Any) -> dict[str, Any]:
    """Return the fields of a calibration, or raise ValueError."""
    if not isinstance(values, dict) or set(values) - {"response"} != {"kind", "version", *_FIELDS}:
        raise ValueError("other fields")
    if values["kind"] != _KIND or values["version"] != _VERSION:
        raise ValueError("another kind or version")
    fields: dict[str, Any] = {name: values[name] for name in ("standard", "source_sha256")}
    if not all(isinstance(text, str) and len(text) <= 200 and text.isprintable() for text in fields.values()):
        raise ValueError("texts")
    laser = values["laser_nm"]
    fields["laser_nm"] = None if laser is None else float(laser)
    fields |= {name: float(values[name]) for name in ("centre", "scale")}
    arrays = {name: np.array(values[name], dtype=float) for name in _FIELDS[5:]}
    terms, lines = arrays["coefficients"].shape, arrays["lines"].shape
    shapes = {
        "coefficients": terms,
        "covariance": terms * 2,
        "lines": lines,
        "found": lines,
        "residual": lines,
    }
    if (
        len(terms) != 1
        or len(lines) != 1
        or not 1 <= terms[0] <= _MOST_TERMS
        or not 1 <= lines[0] <= _MOST_LINES
    ):
        raise ValueError("sizes")
    if any(arrays[name].shape != shape for name, shape in shapes.items()) or not fields["scale"] >= 1:
        raise ValueError("shapes")
    fields |= arrays
    if "response" in values:
        fields["response"] = IntensityResponse.of_plain(values["response"])
    for name, largest in _LARGEST.items():
        if fields[name] is not None and not (np.abs(fields[name]) <= largest).all():  # nor is NaN
            raise ValueError("numbers")
    return fields
