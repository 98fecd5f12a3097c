"""The Raman bands of human serum that the study is simulated from, with where each was reported.

Positions and assignments follow the two reviews that list bands of biological samples,

- Movasaghi, Rehman & Rehman 2007, Applied Spectroscopy Reviews 42:493, doi 10.1080/05704920701551530,
- Talari, Movasaghi, Rehman & Rehman 2015, Applied Spectroscopy Reviews 50:46, doi 10.1080/05704928.2014.923902,

within the few cm⁻¹ by which their sources differ. Widths and relative heights are ours: no table lists them for serum,
so they were set to look like a protein-dominated spontaneous Raman spectrum taken at 785 nm with about 8 cm⁻¹ resolution.
"""

from dataclasses import dataclass
from typing import Literal

Family = Literal["protein", "lipid", "nucleic acid", "small molecule", "mineral", "blood", "sugar"]


@dataclass(frozen=True)
class Band:
    """One Raman band.

    Attributes
    ----------
    position
        Raman shift of its top, cm⁻¹.
    width
        Full width at half height, cm⁻¹.
    height
        Height of its top relative to phenylalanine at 1003 cm⁻¹ in the mean serum spectrum.
    """

    position: float
    width: float
    height: float


@dataclass(frozen=True)
class BandGroup:
    """Bands that rise and fall together, because one kind of molecule or bond carries them.

    Attributes
    ----------
    name, family
        What carries the bands, and the family whose members vary together between patients.
    variation
        Standard deviation between patients of the logarithm of the group's amplitude, before it is made relative to
        the other groups.
    disease
        Direction and relative size of the change of that logarithm with bone metastasis.
    bands
        Its bands in ascending position.
    """

    name: str
    family: Family
    variation: float
    disease: float
    bands: tuple[Band, ...]


# The disease column says which groups differ between the simulated classes. More free nucleic acid bases (725 and
# 1328 cm⁻¹) were seen by SERS in the plasma of patients whose prostate cancer later recurred (Pan et al. 2019,
# doi 10.2147/IJN.S186226); bands of amino acids and DNA changed between androgen-dependent and castration-resistant
# cancer in cells and tissue (Wang et al. 2013, doi 10.1117/1.JBO.18.8.087001). The smaller changes of carotenoid, lipid
# and collagen-like protein are plausible, not measured.
SERUM_BANDS: tuple[BandGroup, ...] = (
    BandGroup(
        "phenylalanine",
        "protein",
        variation=0.12,
        disease=0.0,
        bands=(
            Band(621, 9, 0.16),
            Band(1003, 9, 1.00),
            Band(1031, 12, 0.27),
            Band(1206, 14, 0.20),
            Band(1586, 12, 0.12),
            Band(1605, 12, 0.22),
        ),
    ),
    BandGroup(
        "tyrosine",
        "protein",
        variation=0.14,
        disease=0.3,
        bands=(
            Band(643, 10, 0.20),
            Band(829, 14, 0.30),
            Band(853, 14, 0.34),
            Band(1176, 14, 0.16),
            Band(1615, 14, 0.26),
        ),
    ),
    BandGroup(
        "tryptophan",
        "protein",
        variation=0.15,
        disease=-0.3,
        bands=(
            Band(759, 12, 0.26),
            Band(879, 13, 0.18),
            Band(1013, 12, 0.12),
            Band(1360, 18, 0.12),
            Band(1552, 15, 0.28),
        ),
    ),
    BandGroup(
        "amide, helix",
        "protein",
        variation=0.12,
        disease=-0.4,
        bands=(Band(938, 20, 0.36), Band(1272, 32, 0.34), Band(1316, 26, 0.24), Band(1653, 36, 0.78)),
    ),
    BandGroup(
        "amide, sheet and coil",
        "protein",
        variation=0.15,
        disease=0.4,
        bands=(Band(960, 22, 0.16), Band(1241, 36, 0.36), Band(1672, 38, 0.46)),
    ),
    BandGroup(
        "CH₂ and CH₃ of side chains",
        "protein",
        variation=0.10,
        disease=0.0,
        bands=(Band(1127, 18, 0.26), Band(1342, 24, 0.44), Band(1402, 24, 0.24), Band(1450, 24, 0.84)),
    ),
    BandGroup(
        "disulphide bridges",
        "protein",
        variation=0.18,
        disease=0.0,
        bands=(Band(509, 18, 0.22), Band(524, 18, 0.14), Band(542, 18, 0.12)),
    ),
    BandGroup(
        "phospholipid",
        "lipid",
        variation=0.28,
        disease=0.5,
        bands=(Band(718, 11, 0.14), Band(875, 14, 0.08), Band(1085, 24, 0.18), Band(1770, 30, 0.03)),
    ),
    BandGroup(
        "acyl chains",
        "lipid",
        variation=0.30,
        disease=0.7,
        bands=(
            Band(1064, 14, 0.12),
            Band(1130, 14, 0.12),
            Band(1300, 18, 0.28),
            Band(1438, 22, 0.32),
            Band(1657, 18, 0.16),
            Band(1745, 22, 0.12),
        ),
    ),
    BandGroup(
        "cholesterol",
        "lipid",
        variation=0.25,
        disease=0.0,
        bands=(
            Band(428, 12, 0.09),
            Band(548, 12, 0.09),
            Band(608, 11, 0.10),
            Band(702, 11, 0.16),
            Band(1440, 18, 0.14),
        ),
    ),
    BandGroup(
        "nucleic acid bases",
        "nucleic acid",
        variation=0.25,
        disease=1.0,
        bands=(
            Band(725, 12, 0.18),
            Band(785, 14, 0.16),
            Band(1330, 20, 0.20),
            Band(1485, 18, 0.12),
            Band(1578, 16, 0.14),
        ),
    ),
    BandGroup(
        "phosphate backbone",
        "nucleic acid",
        variation=0.25,
        disease=0.6,
        bands=(Band(813, 16, 0.12), Band(1095, 18, 0.16)),
    ),
    BandGroup(
        "carotenoid",
        "small molecule",
        variation=0.40,
        disease=-1.0,
        bands=(
            Band(957, 14, 0.06),
            Band(1006, 11, 0.14),
            Band(1157, 13, 0.44),
            Band(1191, 13, 0.06),
            Band(1521, 14, 0.46),
        ),
    ),
    BandGroup(
        "carbohydrate",
        "small molecule",
        variation=0.22,
        disease=-0.3,
        bands=(
            Band(450, 20, 0.10),
            Band(480, 18, 0.12),
            Band(914, 16, 0.10),
            Band(1046, 18, 0.16),
            Band(1122, 16, 0.14),
        ),
    ),
)

# Correlation of the log-amplitudes of two groups: patients with much of one protein (lipid, ...) have much of the others.
CORRELATION_WITHIN_FAMILY = 0.5
CORRELATION_BETWEEN_FAMILIES = 0.1
