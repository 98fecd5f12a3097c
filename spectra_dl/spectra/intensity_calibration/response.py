"""How much more a spectrometer answers at one Raman shift than at another: what is stored, and how it is applied."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.spectra.quality.verdicts import inspect
from spectra_dl.spectra.table import MEASURED, QUALITY, SpectraTable, spectrum_hashes

BEGINS = "relative intensity corrected by"  # what a table or a model says of it
POINTS = 101
_FEWEST_POINTS = 3
_LARGEST_LOG = 14.0  # of the natural logarithm: a millionfold
_ARRAYS = ("shift", "log_response", "uncertainty")


@dataclass(frozen=True, eq=False)
class IntensityResponse:
    """A smooth relative response; `spectra_dl.spectra.intensity_calibration.measure.measured_response` finds it.

    Attributes
    ----------
    standard
        What it was measured with.
    shift
        ``(101,)`` cm⁻¹, ascending: the range in which it is known.
    log_response
        ``(101,)`` natural logarithm, of mean 0.
    uncertainty
        ``(101,)`` relative standard uncertainty, of the measurement and of the certificate.
    """

    standard: str
    shift: FloatArray
    log_response: FloatArray
    uncertainty: FloatArray

    def at(self, shift: FloatArray) -> FloatArray:
        """Return the response ``(p,)`` at true Raman shifts ``(p,)`` in cm⁻¹ within its range."""
        from scipy.interpolate import CubicSpline

        return np.asarray(np.exp(CubicSpline(self.shift, self.log_response)(shift)), dtype=np.float64)

    def words(self) -> str:
        """Return it in a sentence, as tables and models carry it."""
        largest = 196 * float(self.uncertainty.max())
        return f"{BEGINS} {self.standard} ({self.shift[0]:.0f}-{self.shift[-1]:.0f} cm-1, +- {largest:.1f} %)"

    def applied(self, table: SpectraTable) -> SpectraTable:
        """Return a table whose intensities were divided by the response, on the part of the axis where it is known.

        The quality of a spectrum is judged before: a detector that was full no longer looks so afterwards.

        Parameters
        ----------
        table
            On the corrected axis.

        Raises
        ------
        DataError
            The response is known for fewer than three points of the axis.
        """
        known = (table.wavenumber >= self.shift[0]) & (table.wavenumber <= self.shift[-1])
        if known.sum() < _FEWEST_POINTS:
            raise DataError(
                f"the response is known from {self.shift[0]:.0f} to {self.shift[-1]:.0f} cm-1, and the spectra are of {table.wavenumber[0]:.0f} to "
                f"{table.wavenumber[-1]:.0f}; measure the intensity standard over the range of the spectra"
            )
        _, verdicts = inspect(table)
        metadata = {
            **table.metadata,
            MEASURED: text_array(spectrum_hashes(table)),
            QUALITY: text_array([verdict.text() for verdict in verdicts]),
        }
        if not known.all():
            table = table.with_notes(
                f"{int((~known).sum())} points outside {self.shift[0]:.0f} to {self.shift[-1]:.0f} cm-1 were left out: the response is not known there"
            )
        part = table.points(known)
        return replace(part, intensity=part.intensity / self.at(part.wavenumber), metadata=metadata)

    def to_plain(self) -> dict[str, Any]:
        """Return what a calibration's file holds of it."""
        return {"standard": self.standard, **{name: getattr(self, name).tolist() for name in _ARRAYS}}

    @classmethod
    def of_plain(cls, values: Any) -> "IntensityResponse":
        """Return what `to_plain` gave.

        Raises
        ------
        ValueError, TypeError
            It is something else.
        """
        if not isinstance(values, dict) or set(values) != {"standard", *_ARRAYS}:
            raise ValueError("other fields")
        standard = values["standard"]
        if not isinstance(standard, str) or not 1 <= len(standard) <= 60 or not standard.isprintable():
            raise ValueError("the standard's name")
        arrays = {name: np.array(values[name], dtype=float) for name in _ARRAYS}
        if any(each.shape != (POINTS,) for each in arrays.values()):
            raise ValueError("shapes")
        shift, response, uncertainty = (arrays[name] for name in _ARRAYS)
        sound = (np.abs(shift) <= 1e5).all() and (np.diff(shift) > 1e-3).all()
        if not (
            sound
            and (np.abs(response) <= _LARGEST_LOG).all()
            and ((uncertainty >= 0) & (uncertainty <= 1)).all()
        ):
            raise ValueError("numbers")
        return cls(standard, **arrays)
