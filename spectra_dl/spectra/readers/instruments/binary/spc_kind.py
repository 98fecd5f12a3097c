"""What an SPC file states of itself: the unit of its axis, what its intensities are, and which experiment it was.

The codes are those of Galactic's SPC.H. A file may leave experiment and quantity open (0), and programs that convert Raman
spectra write "absorbance" without meaning it, so a quantity alone is a note. The code of FT-IR is shared by FT-Raman: with it,
the axis or the quantity decides.
"""

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.binary.spc_header import SpcHeader
from spectra_dl.spectra.readers.instruments.quantity import foreign_quantity, quantity_note
from spectra_dl.spectra.readers.instruments.units import other_unit, unsupported_unit
from spectra_dl.spectra.readers.stated.units import StatedUnit
from spectra_dl.spectra.readers.wording import quoted

ARBITRARY, WAVENUMBER, RAMAN_SHIFT = 0, 1, 13
# Units that light is measured in; they have a relation to Raman shift.
UNITS_OF_LIGHT = {2: "µm", 3: "nm", 6: "Hz", 7: "kHz", 8: "MHz", 14: "eV", 26: "GHz"}
UNSUPPORTED_UNITS = {
    4: "seconds",
    5: "minutes",
    9: "mass (m/z)",
    10: "parts per million",
    11: "days",
    12: "years",
    15: "text labels",
    16: "diode number",
    17: "channel",
    18: "degrees",
    19: "temperature (°F)",
    20: "temperature (°C)",
    21: "temperature (K)",
    22: "data points",
    23: "milliseconds",
    24: "microseconds",
    25: "nanoseconds",
    27: "centimetres",
    28: "metres",
    29: "millimetres",
    30: "hours",
    255: "interferogram",
}
INTERFEROGRAM = 1
QUANTITIES = {
    2: "absorbance",
    3: "Kubelka-Munk",
    5: "volts",
    6: "degrees",
    7: "milliamperes",
    8: "millimetres",
    9: "millivolts",
    10: "log(1/R)",
    16: "decibels",
    19: "temperature (°F)",
    20: "temperature (°C)",
    21: "temperature (K)",
    22: "refractive index",
    23: "extinction coefficient",
    24: "real part",
    25: "imaginary part",
    26: "complex",
    128: "transmittance",
    129: "reflectance",
    130: "single beam",
    131: "emission",
}
INFRARED_QUANTITIES = (
    "absorbance",
    "Kubelka-Munk",
    "log(1/R)",
    "transmittance",
    "reflectance",
    "single beam",
)
FT_IR, RAMAN = 4, 11
OTHER_EXPERIMENTS = {
    1: "gas chromatogram",
    2: "chromatogram",
    3: "HPLC chromatogram",
    5: "NIR",
    7: "UV-VIS",
    8: "X-ray diffraction",
    9: "mass spectrum",
    10: "NMR",
    12: "fluorescence",
    13: "atomic spectrum",
    14: "chromatography diode array",
}


def checked_kind(header: SpcHeader, where: str) -> tuple[bool | StatedUnit, tuple[str, ...]]:
    """Return whether the file states Raman shift, or its other unit, and the notes on what it states otherwise.

    Parameters
    ----------
    header
        Of the file.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        An axis that is no Raman shift, an interferogram, or another experiment than Raman.
    """
    x_label, y_label = _labels(header)
    stated, unit_notes = _checked_unit(header.unit, x_label, where)
    quantity = foreign_quantity(y_label) if y_label else QUANTITIES.get(header.quantity, "")
    experiment = OTHER_EXPERIMENTS.get(header.experiment, "")
    if header.experiment == FT_IR:
        experiment = "FT-IR"
    infrared = header.experiment == FT_IR and not stated and quantity in INFRARED_QUANTITIES
    if infrared or header.experiment in OTHER_EXPERIMENTS:
        measured = f" and its intensities {quantity}" if quantity else ""
        raise DataError(
            f"{where}: the file calls its experiment {experiment}{measured}, no Raman spectrum; give a file of Raman spectra, or "
            f"export it again as Raman if that is what was measured"
        )
    if header.quantity == INTERFEROGRAM and not y_label:
        raise DataError(
            f"{where}: the file calls its intensities an interferogram; transform it in the instrument's program"
        )
    notes = [quantity_note(quantity, experiment)] if quantity or experiment else []
    if header.experiment not in (0, RAMAN, FT_IR):
        notes.append(f"the code {header.experiment} of its experiment is not known; Raman was assumed")
    return stated, (*unit_notes, *notes)


def _labels(header: SpcHeader) -> tuple[str, str]:
    """Return the names the file gives its axes in words, "" where it gives none."""
    parts = [*header.labels.split(b"\0"), b"", b""]
    x_label, y_label = (part.decode("cp1252", "replace").strip() for part in parts[:2])
    return x_label, y_label


def _checked_unit(unit: int, label: str, where: str) -> tuple[bool | StatedUnit, tuple[str, ...]]:
    """Return whether the axis is stated to be Raman shift, or its other unit, and what was guessed."""
    if label:
        other = other_unit(label, where)
        code = {**UNSUPPORTED_UNITS, **UNITS_OF_LIGHT}.get(unit, "")
        if other is None and code:
            raise DataError(
                f"{where}: the file calls its axis {quoted(label)} and, by the code of its unit, {code}; one of them is wrong, export Raman "
                "shift in cm⁻¹ again"
            )
        return other or "raman" in label.lower(), ()
    if unit in UNITS_OF_LIGHT:
        return other_unit(UNITS_OF_LIGHT[unit], where) or False, ()
    if unit not in (ARBITRARY, WAVENUMBER, RAMAN_SHIFT):
        raise unsupported_unit(UNSUPPORTED_UNITS.get(unit, f"unit {unit}"), where)
    if unit == RAMAN_SHIFT:
        return True, ()
    naming = "calls its axis wavenumber" if unit == WAVENUMBER else "does not name the unit of its axis"
    return False, (f"the file {naming}; it was taken as Raman shift in cm⁻¹",)
