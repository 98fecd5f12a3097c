"""Lines of substances and lamps by which an axis is calibrated, each with its uncertainty and source.

Sources: ASTM E1840-96 (2022) for polystyrene, acetonitrile, cyclohexane and paracetamol, means over the laboratories that took
part and, where they stand here, the standard deviations between them; NIST Atomic Spectra Database for neon (wavelengths in air).
"""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError

_ASTM = "ASTM E1840-96 (2022), means between laboratories"
# Refraction of air at 15 °C between 500 and 1,000 nm (Edlén 1966, doi 10.1088/0026-1394/2/2/002); it changes by 1e-6 there.
_REFRACTION_OF_AIR = 1.000275
_NEON_NM = (
    540.05618, 585.24878, 588.18950, 594.48340, 597.55343, 602.99968, 607.43376, 609.61630, 614.30627, 616.35937,
    621.72812, 626.64952, 630.47893, 633.44276, 638.29914, 640.22480, 650.65277, 653.28824, 659.89528, 667.82766,
    671.70430, 692.94672, 702.40500, 703.24128, 717.39380, 724.51665, 743.88981, 748.88712, 753.57739, 754.40439,
    794.31805, 808.24576, 813.64061, 830.03248, 837.76070, 841.84265, 849.53591, 865.43831, 878.06226, 885.38668,
)  # fmt: skip


@dataclass(frozen=True)
class Standard:
    """A substance or lamp whose lines are known.

    Attributes
    ----------
    name
        How it is asked for.
    lines
        Raman shifts, cm⁻¹, ascending; of a lamp, wavelengths in air, nm.
    uncertainty
        Standard uncertainty of each line, cm⁻¹.
    source
        Where the values are from.
    emits
        Whether it is a lamp, so that the laser decides at which shift a line appears.
    """

    name: str
    lines: tuple[float, ...]
    uncertainty: tuple[float, ...]
    source: str
    emits: bool = False

    def shifts(self, laser_nm: float | None = None) -> tuple[FloatArray, FloatArray]:
        """Return the lines and their uncertainty in cm⁻¹ of Raman shift, ascending.

        Parameters
        ----------
        laser_nm
            The laser's wavelength in air, nm; a lamp needs it.

        Raises
        ------
        UsageError
            A lamp without the laser's wavelength.

        Examples
        --------
        >>> STANDARDS["silicon"].shifts()[0].tolist()
        [520.7]
        """
        lines, uncertainty = np.array(self.lines), np.array(self.uncertainty)
        if not self.emits:
            return lines, uncertainty
        if laser_nm is None:
            raise UsageError(
                f"{self.name} is a lamp, and the Raman shift of its lines follows from the laser; give its wavelength (--laser)"
            )
        shifts = 1e7 / _REFRACTION_OF_AIR * (1 / laser_nm - 1 / lines)
        return shifts, uncertainty


def _of(name: str, source: str, lines: dict[float, float], *, emits: bool = False) -> Standard:
    return Standard(name, tuple(lines), tuple(lines.values()), source, emits)


_POLYSTYRENE = {
    620.9: 0.69, 795.8: 0.78, 1001.4: 0.54, 1031.8: 0.43, 1155.3: 0.56, 1450.5: 0.56,
    1583.1: 0.86, 1602.3: 0.73, 2852.4: 0.89, 2904.5: 1.22, 3054.3: 1.36,
}  # fmt: skip
_CYCLOHEXANE = {
    384.1: 0.78, 426.3: 0.41, 801.3: 0.96, 1028.3: 0.45, 1157.6: 0.94, 1266.4: 0.58,
    1444.4: 0.30, 2664.4: 0.42, 2852.9: 0.32, 2923.8: 0.36, 2938.3: 0.51,
}  # fmt: skip
_ACETONITRILE = (378.5, 919.0, 1374.4, 2253.7, 2940.8)
_PARACETAMOL = (
    213.3, 329.2, 390.9, 465.1, 504.0, 651.6, 710.8, 797.2, 834.5, 857.9, 968.7, 1105.5, 1168.5, 1236.8, 1278.5,
    1323.9, 1371.5, 1515.1, 1561.6, 1648.4, 2931.1, 3064.6, 3102.4, 3326.6,
)  # fmt: skip
_CALCITE = (155.0, 282.0, 712.0, 1086.0)
_CONVENTION = (
    "520.7 by convention; a certified wafer states 520.45 (NMIJ CRM 5606-a), which the uncertainty covers"
)
_TEXTBOOK = "textbook values, good to about 1 cm⁻¹; take another standard where one is at hand"
_NIST = "NIST Atomic Spectra Database, wavelengths in air"

STANDARDS = {
    standard.name: standard
    for standard in (
        _of("silicon", _CONVENTION, {520.7: 0.3}),
        _of("polystyrene", _ASTM, _POLYSTYRENE),
        _of("acetonitrile", _ASTM, dict.fromkeys(_ACETONITRILE, 0.7)),
        _of("cyclohexane", _ASTM, _CYCLOHEXANE),
        _of("paracetamol", _ASTM, dict.fromkeys(_PARACETAMOL, 0.6)),
        _of("calcite", _TEXTBOOK, dict.fromkeys(_CALCITE, 1.0)),
        _of("neon", _NIST, dict.fromkeys(_NEON_NM, 0.02), emits=True),
    )
}


def standard_named(name: str) -> Standard:
    """Return a standard by its name.

    Raises
    ------
    UsageError
        None is called so.
    """
    if name not in STANDARDS:
        raise UsageError(f"no standard is called {name!r:.80}; those that are known: {', '.join(STANDARDS)}")
    return STANDARDS[name]
