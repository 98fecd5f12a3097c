"""From other units to Raman shift, where the laser is known."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import FEWEST_IN_FILE, HIGHEST_SHIFT
from spectra_dl.spectra.readers.stated.units import AxisUnit, StatedUnit, names_a_count
from spectra_dl.spectra.readers.wording import quoted

# e / (100 h c) and 1e12 / (100 c) with the exact constants of the SI of 2019.
INVERSE_CM_PER_EV = 8065.543937349212
INVERSE_CM_PER_THZ = 33.35640951981521
_WAVELENGTHS = {AxisUnit.NM: 1.0, AxisUnit.ANGSTROM: 0.1, AxisUnit.MICROMETRE: 1000.0}
_WAVENUMBERS = {
    AxisUnit.ABSOLUTE: 1.0,
    AxisUnit.EV: INVERSE_CM_PER_EV,
    AxisUnit.MEV: INVERSE_CM_PER_EV / 1000,
    AxisUnit.THZ: INVERSE_CM_PER_THZ,
    AxisUnit.GHZ: INVERSE_CM_PER_THZ / 1000,
}
_LASERS_ALIKE = 0.005  # 785 beside 784.6: a nominal wavelength, not another laser


@dataclass(frozen=True)
class Laser:
    """The wavelength of the exciting laser, from the user and from the file.

    Attributes
    ----------
    given_nm
        By the user; None if the user gave none.
    stated_nm
        By the file; None if it gives none.
    """

    given_nm: float | None = None
    stated_nm: float | None = None

    def checked(self, where: str) -> float | None:
        """Return the user's wavelength, in nm.

        Raises
        ------
        DataError
            The file names another laser.
        """
        if self.given_nm is None or self.stated_nm is None:
            return self.given_nm
        if abs(self.given_nm - self.stated_nm) > _LASERS_ALIKE * self.stated_nm:
            raise DataError(
                f"{where}: the file names a laser of {self.stated_nm:g} nm, and --laser {self.given_nm:g} another; correct --laser, or "
                "leave the file out"
            )
        return self.given_nm


def to_raman_shift(
    values: FloatArray, stated: StatedUnit, laser: Laser, where: str
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return an axis as Raman shifts, with the note about what was converted.

    From wavelengths, shift = 1e7 / laser - 1e7 / wavelength; absolute wavenumbers, photon energies and frequencies are brought
    to cm⁻¹ and counted from the laser line: shift = 1e7 / laser - wavenumber. Energies and frequencies that are differences
    already ("shift", "loss", or too small to be anything else) are only brought to cm⁻¹.

    Parameters
    ----------
    values
        ``(p,)`` float64 in the file's order and unit.
    stated
        What the file says of its unit.
    laser
        The laser's wavelength; without one given by the user, an axis that is no Raman shift is refused.
    where
        The file, for messages.

    Returns
    -------
    values
        ``(p,)`` Raman shifts in cm⁻¹, in the same order.
    notes
        One note where the axis was converted.

    Raises
    ------
    DataError
        The unit is none of Raman shift and the user names no laser, or the unit or the numbers can't be converted.

    References
    ----------
    The constants e, h and c of the SI: CODATA 2018, doi 10.1103/RevModPhys.93.025010.

    Examples
    --------
    >>> to_raman_shift(np.array([785.0, 850.0]), StatedUnit(AxisUnit.NM, "nm", True), Laser(785), "a.txt")[0].round(1)
    array([  0. , 974.1])
    """
    given = laser.checked(where)
    if stated.unit is AxisUnit.SHIFT:
        return values, ()
    if not is_convertible(stated):
        raise no_raman_shift(stated, where, "")
    if given is None:
        known = f"; the file names {laser.stated_nm:g}" if laser.stated_nm else ""
        raise no_raman_shift(
            stated, where, f"give --laser NM (the laser's wavelength{known}) to convert it, or "
        )
    shifts, kind = _converted(values, stated, 1e7 / given, where)
    if not np.all(np.abs(shifts) <= HIGHEST_SHIFT):
        raise DataError(
            f"{where}: with a laser of {given:g} nm the axis in {quoted(stated.text)}, {values.min():g} to {values.max():g}, would be "
            f"{shifts.min():.0f} to {shifts.max():.0f} cm⁻¹, no Raman shifts; correct --laser, or export Raman shift in cm⁻¹"
        )
    note = f"the axis in {quoted(stated.text)} was converted from {kind} to Raman shift with a laser of {given:g} nm"
    return shifts, (note,)


def is_convertible(stated: StatedUnit) -> bool:
    """Return whether an axis in a unit can be converted with the laser's wavelength."""
    return stated.unit in _WAVELENGTHS or stated.unit in _WAVENUMBERS


@dataclass(frozen=True)
class StatedAxis:
    """An axis as Raman shifts.

    Attributes
    ----------
    values
        ``(p,)`` float64, cm⁻¹, in the file's order.
    stated
        Whether the file writes their unit, so that none is guessed from the numbers.
    notes
        What was converted or guessed.
    """

    values: FloatArray
    stated: bool
    notes: tuple[str, ...]


def as_raman_shift(
    values: FloatArray, stated: StatedUnit | None, laser: Laser, where: str, unknown: str = ""
) -> StatedAxis:
    """Return an axis as Raman shifts, also where the file does not say what its numbers are.

    Numbers without a word are taken as Raman shifts, unless the user names a laser with which they are wavelengths of Raman
    scattering; where they could be either, a note says what would settle it. So does one about a name that is none of an axis,
    and whole numbers in steps of one under a word that counts ("Point") are refused: they are no shifts by the file's own word.

    Parameters
    ----------
    values
        ``(p,)`` float64 in the file's order and unit.
    stated
        What the file says of its unit; None for nothing.
    laser
        The laser's wavelength.
    where
        The file, for messages.
    unknown
        The name over the axis where it is none of an axis, as `spectra_dl.spectra.readers.text.header.unknown_name` gives it.

    Raises
    ------
    DataError
        As `to_raman_shift`.
    """
    if stated is not None:
        shifts, notes = to_raman_shift(values, stated, laser, where)
        if values.size >= FEWEST_IN_FILE and np.ptp(shifts) < _SHORTEST_RANGE:
            raise DataError(
                f"{where}: the axis {values.min():g} to {values.max():g} is too short for Raman shifts (thousands with a point, or a multiple of its "
                "unit?); write wavenumbers in cm⁻¹, without a thousands mark"
            )
        return StatedAxis(shifts, bool(notes) or stated.spelled, notes)
    given = laser.checked(where)
    if given is not None and _are_wavelengths(values, given):
        shifts, notes = to_raman_shift(values, StatedUnit(AxisUnit.NM, "no unit", False), laser, where)
        return StatedAxis(shifts, True, notes)
    if values.size >= FEWEST_IN_FILE and np.ptp(values) < _SHORTEST_RANGE:
        raise DataError(
            f"{where}: the axis {values.min():g} to {values.max():g} names no unit, and is too short for Raman shifts in cm⁻¹ (eV, µm or THz?); "
            "name its unit in the header, such as 'Energy (eV)' or 'Raman shift (cm-1)'"
        )
    if unknown and names_a_count(unknown) and _in_ones(values):
        raise no_raman_shift(StatedUnit(AxisUnit.PIXEL, unknown, True), where, "")
    notes = (unknown_name_note(unknown),) if unknown else ()
    if _may_be_wavelengths(values):
        return StatedAxis(values, False, (*notes, NO_UNIT))
    return StatedAxis(values, False, notes)


def unknown_name_note(name: str) -> str:
    """Return the note about an axis whose name is none of an axis.

    Parameters
    ----------
    name
        Over the axis, as the file writes it.
    """
    return (
        f"the axis is called {quoted(name)}, no word for Raman shift; its numbers were read as Raman shifts in cm⁻¹: call it 'Raman "
        "shift (cm-1)' if they are, or export Raman shift"
    )


def _in_ones(values: FloatArray) -> bool:
    """Return whether numbers are whole and go up or down by one."""
    whole = bool(np.all(values == np.round(values)))
    return whole and values.size > 1 and bool(np.all(np.abs(np.diff(values)) == 1))


NO_UNIT = (
    "the file names no unit, and its axis fits wavelengths in nm as well as Raman shifts in cm⁻¹; it was read as Raman shifts: call it "
    "'Raman shift (cm-1)', or give --laser NM if it is in nm"
)
# Silicon detectors see up to 1,100 nm, InGaAs ones to 1,700 nm.
_DETECTOR_NM = (180.0, 1100.0)
_LONGEST_NM = 1750.0
_SHORTEST_RANGE = (
    5.0  # cm⁻¹ of as many points as a file has at least: the finest spectrometers have .3 a pixel
)


def _are_wavelengths(values: FloatArray, laser_nm: float) -> bool:
    """Return whether numbers are wavelengths that a laser's Raman scattering can have."""
    if not np.all((values > _DETECTOR_NM[0]) & (values < 2 * _LONGEST_NM)):
        return False
    return bool(np.all(np.abs(1e7 / laser_nm - 1e7 / values) <= HIGHEST_SHIFT))


def _may_be_wavelengths(values: FloatArray) -> bool:
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    if low < _DETECTOR_NM[0]:
        return False
    return high <= _DETECTOR_NM[1] or (high <= _LONGEST_NM and 1e7 / low - 1e7 / high <= HIGHEST_SHIFT)


def _converted(values: FloatArray, stated: StatedUnit, laser: float, where: str) -> tuple[FloatArray, str]:
    """Return Raman shifts, and what the values were."""
    if stated.unit in _WAVELENGTHS:
        if not np.all(values > 0):
            raise DataError(
                f"{where}: the axis in {quoted(stated.text)} holds {values.min():g}, no wavelength; export the file again"
            )
        return laser - 1e7 / (values * _WAVELENGTHS[stated.unit]), stated.unit.value
    wavenumbers = values * _WAVENUMBERS[stated.unit]
    small = bool(np.all(np.abs(wavenumbers) <= HIGHEST_SHIFT))
    near_laser = bool(np.all(np.abs(laser - wavenumbers) <= HIGHEST_SHIFT))
    difference = small and (stated.difference or not near_laser)
    if stated.unit is not AxisUnit.ABSOLUTE and difference:
        return wavenumbers, f"{stated.unit.value}, counted from the laser line,"
    return laser - wavenumbers, stated.unit.value


def no_raman_shift(stated: StatedUnit, where: str, remedy: str) -> DataError:
    """Return the refusal of an axis that the file says is no Raman shift.

    Parameters
    ----------
    stated
        The unit, as the file writes it.
    where
        The file, for messages.
    remedy
        What can be done before exporting anew, ending in "or "; "" for nothing.
    """
    return DataError(
        f"{where}: the file says {quoted(stated.text)}, so its axis is {stated.unit.value}, not Raman shift in cm⁻¹; {remedy}export "
        "Raman shift in cm⁻¹ from the instrument's program"
    )
