"""The certified relative intensity of a standard: a polynomial or a table, as its certificate states it."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.readers.options import LONGEST_LASER_NM, SHORTEST_LASER_NM

_LARGEST = 1 << 16  # bytes
_WHAT = (
    "a certificate: TOML with the polynomial, or a table of two columns, see docs/intensity_calibration.md"
)
_POINTS = 512
_LONGEST_NAME = 60


class _Polynomial(BaseModel):
    """The file with the polynomial, of which nothing is unknown or converted.

    That of NIST SRM 2241 is of the fifth degree in the Raman shift, certified from 200 to 3,500 cm⁻¹ for lasers of 785 nm (Choquette et al. 2007, doi 10.1366/000370207779947585).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=_LONGEST_NAME)
    laser_nm: float = Field(ge=SHORTEST_LASER_NM, le=LONGEST_LASER_NM)
    coefficients: list[Annotated[float, Field(ge=-1e12, le=1e12)]] = Field(min_length=1, max_length=12)
    first: float = Field(ge=-10_000, le=10_000)
    last: float = Field(ge=-10_000, le=10_000)
    expanded_uncertainty_percent: float | None = Field(default=None, gt=0, le=50)

    @model_validator(mode="after")
    def _is_range(self) -> Self:
        if self.first >= self.last or not self.name.isprintable():
            raise ValueError("'first' must lie below 'last', and the name must be printable")
        return self


@dataclass(frozen=True, eq=False)
class Certificate:
    """What a standard truly emits, up to a factor.

    Attributes
    ----------
    name
        Of the standard.
    shift
        ``(m,)`` Raman shift, cm⁻¹, ascending.
    intensity
        ``(m,)`` above 0.
    laser_nm
        For which it holds, nm; None where the certificate's file does not say.
    uncertainty
        Relative standard uncertainty; 0 where the file states none.
    """

    name: str
    shift: FloatArray
    intensity: FloatArray
    laser_nm: float | None = None
    uncertainty: float = 0.0

    def at(self, shift: FloatArray) -> FloatArray:
        """Return the relative intensity ``(p,)`` at Raman shifts ``(p,)`` in cm⁻¹ within the certificate's range."""
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(self.shift, self.intensity)(shift), dtype=np.float64)


def read_certificate(path: Path) -> Certificate:
    """Read a certificate's file.

    Parameters
    ----------
    path
        TOML with ``name``, ``laser_nm``, ``first``, ``last`` (cm⁻¹), ``coefficients`` (the constant first, of the Raman shift in cm⁻¹) and where it is stated
        ``expanded_uncertainty_percent`` (coverage factor 2); or any file with one spectrum, as a table of Raman shift and relative intensity.

    Raises
    ------
    DataError
        It is neither, or an intensity is not above 0.
    """
    try:
        with path.open("rb") as stream:
            stated = tomllib.loads(stream.read(_LARGEST).decode("utf-8").removeprefix("\ufeff"))
    except OSError as err:
        raise DataError(f"{path.name}: {err.strerror}; give {_WHAT}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return _of_table(path)
    return _of_polynomial(path, stated)


def _of_polynomial(path: Path, stated: dict[str, object]) -> Certificate:
    try:
        given = _Polynomial.model_validate(stated)
    except ValidationError as err:
        raise DataError(f"{path.name}: {_problem(err)}; give {_WHAT}") from err
    shift = np.linspace(given.first, given.last, _POINTS)
    intensity = np.asarray(np.polynomial.polynomial.polyval(shift, given.coefficients), dtype=np.float64)
    _require_positive(
        path, shift, intensity, "; give the coefficients in ascending order, the constant first"
    )
    uncertainty = (given.expanded_uncertainty_percent or 0.0) / 200
    return Certificate(given.name, shift, intensity, given.laser_nm, uncertainty)


def _problem(err: ValidationError) -> str:
    first = err.errors()[0]
    name = ".".join(map(str, first["loc"]))[:60]
    if first["type"] == "missing":
        return f"{name} is missing"
    if first["type"] == "extra_forbidden":
        return f"{name} is not known here"
    message = first["msg"].removeprefix("Value error, ")[:200]
    return f"{name}: {message}" if name else message


def _of_table(path: Path) -> Certificate:
    table = read_spectra(path, ReadOptions())
    if len(table) != 1:
        raise DataError(f"{path.name}: {len(table)} curves, and a certificate is one; give {_WHAT}")
    _require_positive(path, table.wavenumber, table.intensity[0], "")
    name = "".join(sign for sign in path.stem if sign.isprintable())[:_LONGEST_NAME]
    return Certificate(name, table.wavenumber, table.intensity[0])


def _require_positive(path: Path, shift: FloatArray, intensity: FloatArray, remedy: str) -> None:
    sound = (intensity > 0) & (intensity < 1e12)
    if not sound.all():
        row = int(np.flatnonzero(~sound)[0])
        raise DataError(
            f"{path.name}: the certified intensity at {shift[row]:g} cm-1 is {intensity[row]:g}, and must be above 0{remedy}"
        )
