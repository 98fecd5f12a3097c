"""Raman bands of biofluids and tissue that have a name, to read off what a model looks at.

`spectra_dl.spectra.simulation.serum_bands` lists the bands that a serum spectrum is simulated from, with width and height by molecule; here
stands what a position may mean in any sample, also in bone, tissue and after surface enhancement. One position can
have several sources: at 1003 cm⁻¹ urine shows urea where serum shows phenylalanine, and an assignment is a hint, not a proof.
"""

from dataclasses import dataclass

MOVASAGHI = "Movasaghi, Rehman & Rehman 2007, doi 10.1080/05704920701551530"
TALARI = "Talari, Movasaghi, Rehman & Rehman 2015, doi 10.1080/05704928.2014.923902"
MORRIS = "Morris & Mandair 2011, doi 10.1007/s11999-010-1692-y"  # bone
BONIFACIO = "Bonifacio, Cervo & Sergo 2015, doi 10.1007/s00216-015-8697-z"  # surface-enhanced, biofluids


@dataclass(frozen=True)
class KnownBand:
    """A Raman band and its usual assignment.

    Attributes
    ----------
    position
        Raman shift, cm⁻¹; sources differ by a few cm⁻¹.
    name
        What it is usually assigned to.
    source
        Where that is reported.
    """

    position: float
    name: str
    source: str


KNOWN_BANDS: tuple[KnownBand, ...] = (
    KnownBand(430, "phosphate of bone mineral (ν2)", MORRIS),
    KnownBand(488, "glycogen", MOVASAGHI),
    KnownBand(509, "disulphide bridges", MOVASAGHI),
    KnownBand(544, "disulphide bridges, cholesterol", TALARI),
    KnownBand(621, "phenylalanine", MOVASAGHI),
    KnownBand(638, "uric acid (surface-enhanced)", BONIFACIO),
    KnownBand(645, "tyrosine", MOVASAGHI),
    KnownBand(702, "cholesterol", MOVASAGHI),
    KnownBand(718, "choline head group of phospholipids", MOVASAGHI),
    KnownBand(726, "adenine, hypoxanthine", BONIFACIO),
    KnownBand(760, "tryptophan", MOVASAGHI),
    KnownBand(785, "pyrimidine bases and backbone of nucleic acids", MOVASAGHI),
    KnownBand(813, "backbone of RNA, collagen", MOVASAGHI),
    KnownBand(830, "tyrosine", MOVASAGHI),
    KnownBand(850, "tyrosine", MOVASAGHI),
    KnownBand(856, "proline and hydroxyproline of collagen, tyrosine", MOVASAGHI),
    KnownBand(876, "hydroxyproline of collagen, tryptophan", MOVASAGHI),
    KnownBand(920, "proline ring of collagen", MOVASAGHI),
    KnownBand(938, "C–C of the protein backbone, collagen", MOVASAGHI),
    KnownBand(960, "phosphate of hydroxyapatite (ν1)", MORRIS),
    KnownBand(1003, "phenylalanine ring breathing", MOVASAGHI),
    KnownBand(1032, "phenylalanine", MOVASAGHI),
    KnownBand(1047, "glycogen and other carbohydrates", MOVASAGHI),
    KnownBand(1064, "C–C of acyl chains", MOVASAGHI),
    KnownBand(1071, "carbonate of bone mineral (ν1), C–C of lipids", MORRIS),
    KnownBand(1085, "C–C and phosphate of phospholipids", TALARI),
    KnownBand(1095, "phosphate of the nucleic acid backbone", MOVASAGHI),
    KnownBand(1127, "C–N of proteins, C–C of lipids, glucose", TALARI),
    KnownBand(1157, "C–C of carotenoids", MOVASAGHI),
    KnownBand(1175, "tyrosine, phenylalanine", MOVASAGHI),
    KnownBand(1207, "phenylalanine, tyrosine, hydroxyproline", MOVASAGHI),
    KnownBand(1243, "amide III, sheet and coil", MOVASAGHI),
    KnownBand(1270, "amide III, helix", MOVASAGHI),
    KnownBand(1302, "CH₂ twisting of lipids", MOVASAGHI),
    KnownBand(1320, "CH₂ and CH₃ of proteins, guanine", TALARI),
    KnownBand(1339, "CH₂ and CH₃ of proteins, adenine", TALARI),
    KnownBand(1361, "tryptophan", TALARI),
    KnownBand(1401, "CH₃ and carboxylate of proteins", TALARI),
    KnownBand(1439, "CH₂ of lipids", MOVASAGHI),
    KnownBand(1450, "CH₂ and CH₃ of proteins", MOVASAGHI),
    KnownBand(1485, "guanine, adenine", MOVASAGHI),
    KnownBand(1521, "C=C of carotenoids", MOVASAGHI),
    KnownBand(1552, "tryptophan", MOVASAGHI),
    KnownBand(1577, "guanine, adenine", MOVASAGHI),
    KnownBand(1586, "phenylalanine", MOVASAGHI),
    KnownBand(1605, "phenylalanine, tyrosine", MOVASAGHI),
    KnownBand(1616, "tyrosine, tryptophan", MOVASAGHI),
    KnownBand(1655, "amide I, helix; C=C of lipids", MOVASAGHI),
    KnownBand(1671, "amide I, sheet and coil", MOVASAGHI),
    KnownBand(1745, "C=O of esters in lipids", MOVASAGHI),
)


def nearest_band(position: float, within: float = 10.0) -> KnownBand | None:
    """Return the known band nearest to a position, the lower of two equally near.

    Parameters
    ----------
    position
        Raman shift in cm⁻¹.
    within
        Largest distance in cm⁻¹.

    Returns
    -------
    KnownBand or None
        None where no band is near enough.

    Examples
    --------
    >>> nearest_band(1005.0).name
    'phenylalanine ring breathing'
    >>> nearest_band(1900.0) is None
    True
    """
    nearest = min(KNOWN_BANDS, key=lambda band: abs(band.position - position))
    return nearest if abs(nearest.position - position) <= within else None
