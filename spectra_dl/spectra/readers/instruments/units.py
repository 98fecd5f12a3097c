"""The unit an instrument's file gives its axis: Raman shift is read, anything else is refused by name."""

import re

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import nanometres
from spectra_dl.spectra.readers.text.header import INVERSE_CM
from spectra_dl.spectra.readers.wording import quoted

NANOMETRES = re.compile(r"nm|nanomet(?:er|re)s?|wavelength \(nm\)", re.IGNORECASE)
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
    text = unit.strip()
    if NANOMETRES.fullmatch(text):
        raise nanometres(f"{where}: the axis in {quoted(text)}")
    if not text or not SHIFT.fullmatch(text):
        raise unsupported_unit(text or "no unit", where)


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
