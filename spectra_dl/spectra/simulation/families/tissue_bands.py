"""The bands of variant B: tissue with mineral, blood and stored fat, unlike the serum of variant A.

Positions lie within the few cm⁻¹ by which the sources listed in :mod:`spectra_dl.spectra.simulation.serum_bands` differ;
widths, relative heights and variations are ours. No group here says anything about a disease.
"""

from spectra_dl.spectra.simulation.serum_bands import Band, BandGroup, Family


def _group(name: str, family: Family, variation: float, *bands: tuple[float, float, float]) -> BandGroup:
    return BandGroup(name, family, variation, disease=0.0, bands=tuple(Band(*band) for band in bands))


# Position and full width in cm⁻¹, height relative to the phosphate band at 960 cm⁻¹.
TISSUE_BANDS: tuple[BandGroup, ...] = (
    _group("phosphate", "mineral", 0.30, (589, 22, 0.15), (960, 16, 1.00), (1044, 18, 0.12)),
    _group("carbonate", "mineral", 0.25, (1071, 16, 0.34)),
    _group(
        "collagen ring", "protein", 0.16, (815, 14, 0.14), (857, 15, 0.34), (876, 15, 0.28), (921, 18, 0.22)
    ),
    _group("amide of collagen", "protein", 0.14, (1246, 34, 0.42), (1271, 28, 0.34), (1668, 40, 0.64)),
    _group("phenylalanine", "protein", 0.12, (621, 8, 0.10), (1004, 8, 0.56), (1032, 10, 0.16)),
    _group("CH₂ of proteins", "protein", 0.12, (1340, 28, 0.26), (1452, 26, 0.62)),
    _group("haem ring", "blood", 0.35, (675, 12, 0.20), (755, 13, 0.36), (1225, 16, 0.22), (1375, 18, 0.24)),
    _group("haem marker", "blood", 0.28, (1548, 16, 0.28), (1583, 14, 0.20), (1620, 16, 0.36)),
    _group(
        "stored fat", "lipid", 0.34, (1080, 22, 0.16), (1302, 16, 0.42), (1441, 20, 0.40), (1748, 20, 0.22)
    ),
    _group("unsaturated chains", "lipid", 0.24, (968, 14, 0.08), (1266, 12, 0.20), (1657, 14, 0.34)),
    _group("choline", "lipid", 0.26, (717, 11, 0.26)),
    _group("nucleic acid", "nucleic acid", 0.24, (782, 14, 0.30), (1098, 18, 0.18), (1487, 18, 0.20)),
    _group("glycogen", "sugar", 0.28, (576, 16, 0.12), (849, 14, 0.16), (938, 16, 0.26), (1127, 18, 0.22)),
)
