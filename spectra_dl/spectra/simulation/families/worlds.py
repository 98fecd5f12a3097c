"""What the studies of one variant have in common: bands, line shape, covariance, background, and who may carry signal."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.spectra.simulation.families.settings import Variant
from spectra_dl.spectra.simulation.families.tissue_bands import TISSUE_BANDS
from spectra_dl.spectra.simulation.line_shapes import LORENTZIAN_SHARE
from spectra_dl.spectra.simulation.optics import SALIVA_BACKGROUND, BackgroundShape
from spectra_dl.spectra.simulation.serum_bands import (
    CORRELATION_BETWEEN_FAMILIES,
    CORRELATION_WITHIN_FAMILY,
    SERUM_BANDS,
    BandGroup,
)


@dataclass(frozen=True, eq=False)
class World:
    """What all studies of a variant share.

    Attributes
    ----------
    groups
        Band groups, ``k``.
    strong
        Names of the groups with a band strong enough that its position and height can be read off one spectrum; those of
        a signal are drawn from them, but for heights, which any group may carry.
    height_carriers
        How many groups carry a signal of heights.
    lorentzian_share
        Of the line shape; 0 is Gaussian.
    within_family, between_families
        Correlation between patients of two groups' log-amplitudes.
    low, high
        Ends of the axis, cm⁻¹.
    band_counts
        Counts of a band of height 1 at the median gain.
    fluorescence_counts, background
        Median strength and shape of the fluorescence.
    electrons_per_count
        The noise variance is the counts over it.
    position_sd
        Standard deviation between patients of a displaced band's position, cm⁻¹; batches displace the axis by .3.
    subset_share
        Chance that a spectrum of a positive patient carries the signal of a subset.
    """

    groups: tuple[BandGroup, ...]
    strong: tuple[str, ...]
    height_carriers: int
    lorentzian_share: float
    within_family: float
    between_families: float
    low: float
    high: float
    band_counts: float
    fluorescence_counts: float
    background: BackgroundShape
    electrons_per_count: float
    position_sd: float
    subset_share: float

    def index(self, name: str) -> int:
        """Return the place of a group by its name."""
        return [group.name for group in self.groups].index(name)


SERUM = World(
    groups=SERUM_BANDS,
    strong=(
        "phenylalanine",
        "tyrosine",
        "amide, helix",
        "CH₂ and CH₃ of side chains",
        "acyl chains",
        "nucleic acid bases",
        "carotenoid",
    ),
    height_carriers=5,
    lorentzian_share=LORENTZIAN_SHARE,
    within_family=CORRELATION_WITHIN_FAMILY,
    between_families=CORRELATION_BETWEEN_FAMILIES,
    low=400.0,
    high=1800.0,
    band_counts=2_500.0,
    fluorescence_counts=5_000.0,
    background=SALIVA_BACKGROUND,
    electrons_per_count=10.0,
    position_sd=0.6,
    subset_share=0.3,
)

TISSUE = World(
    groups=TISSUE_BANDS,
    strong=(
        "phosphate",
        "collagen ring",
        "phenylalanine",
        "CH₂ of proteins",
        "haem ring",
        "haem marker",
        "stored fat",
        "nucleic acid",
    ),
    height_carriers=len(TISSUE_BANDS),
    lorentzian_share=0.0,
    within_family=0.3,
    between_families=-0.05,
    low=520.0,
    high=1790.0,
    band_counts=3_500.0,
    fluorescence_counts=9_000.0,
    background=BackgroundShape(
        mean=np.array([0.310, 0.090, -0.040, 0.020]),
        between=np.array([0.120, 0.040, 0.020, 0.010]),
        within=np.array([0.050, 0.020, 0.010, 0.008]),
    ),
    electrons_per_count=8.0,
    position_sd=0.8,
    subset_share=0.25,
)

WORLDS: dict[Variant, World] = {"A": SERUM, "B": TISSUE}
