"""The unit an instrument's file gives its axis: Raman shift is read, anything else is refused by name."""

import re

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.stated.conversion import is_convertible, no_raman_shift
from spectra_dl.spectra.readers.stated.units import AxisUnit, StatedUnit, stated_unit
from spectra_dl.spectra.readers.text.header import INVERSE_CM
from spectra_dl.spectra.readers.wording import quoted

SHIFT = re.compile(rf"(?:raman ?shift|wavenumbers?)?\W*(?:{INVERSE_CM}|rel)?\W*", re.IGNORECASE)


def check_unit(unit: str, where: str) -> None:
    """Refuse a unit, or an axis' name with its unit, that is not that of a Raman shift.

    Parameters
    ----------
    unit
        As the file writes it.
    where
        The file, for messages.

    Raises
    ------
    DataError
        With the way to convert nm, or to export anew.
    """
    other = other_unit(unit, where)
    if other is not None:
        raise no_raman_shift(other, where, "")


def other_unit(unit: str, where: str) -> StatedUnit | None:
    """Return the unit of an axis that is none of a Raman shift, but can be converted to one; None for Raman shift.

    Parameters
    ----------
    unit
        As the file writes it, perhaps with the axis' name.
    where
        The file, for messages.

    Raises
    ------
    DataError
        The unit is of neither kind.
    """
    text = unit.strip()
    if text and SHIFT.fullmatch(text):
        return None
    stated = stated_unit(text) if text else None
    if stated is not None and stated.unit is AxisUnit.SHIFT:
        return None
    if stated is None or not is_convertible(stated):
        raise unsupported_unit(text or "no unit", where)
    return stated


def unsupported_unit(unit: str, where: str) -> DataError:
    """Return the refusal of an axis that is no Raman shift.

    Parameters
    ----------
    unit
        As the file writes it, or its meaning.
    where
        The file, for messages.
    """
    return DataError(
        f"{where}: the axis is in {quoted(unit)}, not Raman shift in cm⁻¹; choose Raman shift in the instrument's program "
        f"and export again"
    )
