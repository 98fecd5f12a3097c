"""A simulated tissue study whose rates are a known function of its images; nothing in it is real.

Two smooth fields run through each section: how densely nuclei lie, and how much eosin the tissue takes up. Both can be seen in the image, and
each gene's rate is exponential in them with known slopes. So what a perfect model could reach is known, and what counting noise takes away.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.whole_image import WholeImage

PITCH_UM, SPOT_UM = 200.0, 100.0
NOTE = "simulated: no tissue was cut, and nothing was counted"
_NUCLEUS_UM = 8.0
_FIELD_UM = 350.0  # the standard deviation of the blur that makes the fields smooth
_GLASS, _EOSIN, _PALE, _NUCLEUS = (242, 241, 243), (214, 120, 170), (238, 205, 222), (92, 62, 140)


@dataclass(frozen=True)
class TissueSettings:
    """Settings of a simulated study.

    Attributes
    ----------
    patients, sections_per_patient
        How many, 1 or more.
    spots_per_side
        Of the square grid, 4 to 200; those in the tissue are kept, about three in four.
    genes
        4 to 20,000; the first half depend on the image, the others don't.
    um_per_pixel
        Of the images, 0.5 to 8.
    depth
        Mean counts per spot over all genes, above 0.
    overdispersion
        Of the counts: their variance is mean + overdispersion x mean²; 0 is Poisson.
    patient_spread
        The standard deviation, 0 to 2, by which the genes' slopes on the image differ between patients; 0: every patient has the same.
    between
        The standard deviation, 0 to 2, of both fields' means between patients, in units of their spread within a section; 0: every section has as many cells and as much eosin.
    seed
        The same seed gives the same study.
    """

    patients: int = 4
    sections_per_patient: int = 1
    spots_per_side: int = 16
    genes: int = 60
    um_per_pixel: float = 4.0
    depth: float = 1500.0
    overdispersion: float = 0.0
    seed: int = 0
    patient_spread: float = 0.0
    between: float = 0.0

    def __post_init__(self) -> None:
        if min(self.patients, self.sections_per_patient) < 1 or not 4 <= self.spots_per_side <= 200:
            raise UsageError(
                f"{self.patients} patients, {self.sections_per_patient} sections each, {self.spots_per_side} spots a side: at least 1, 1, and 4 to 200"
            )
        if not 4 <= self.genes <= 20_000 or not 0.5 <= self.um_per_pixel <= 8.0:
            raise UsageError(
                f"{self.genes} genes at {self.um_per_pixel:g} um per pixel: 4 to 20,000, and 0.5 to 8"
            )
        spreads = (self.patient_spread, self.between)
        if not (
            self.depth > 0 and 0 <= self.overdispersion <= 10 and all(0 <= each <= 2 for each in spreads)
        ):
            raise UsageError(
                f"depth {self.depth:g}, overdispersion {self.overdispersion:g}, patient_spread {self.patient_spread:g}, between {self.between:g}: "
                "above 0, 0 to 10, and 0 to 2 twice"
            )


@dataclass(frozen=True, eq=False)
class InMemoryImage(WholeImage):
    """An image that is in memory and in no file; ``path`` is only its name."""

    path: Path
    pixels: Pixels

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[0])

    def sha256(self) -> str:
        """Return the pixels' digest."""
        import hashlib

        return hashlib.sha256(self.pixels.tobytes()).hexdigest()

    def decoded(self) -> Pixels:
        """Return the whole image, ``(height, width, 3)``."""
        return self.pixels


@dataclass(frozen=True, eq=False)
class SimulatedSection:
    """A section and its true rates.

    Attributes
    ----------
    section
        With simulated counts.
    rate
        ``(n, g)`` the counts that each spot was expected to have.
    """

    section: TissueSection
    rate: FloatArray


def simulate_tissue(settings: TissueSettings | None = None) -> list[SimulatedSection]:
    """Simulate all sections of a study, patient by patient; each patient has a stain and expression levels of their own."""
    settings = settings or TissueSettings()
    genes = _genes(settings)
    drawn = []
    for patient in range(settings.patients):
        person = np.random.default_rng((settings.seed, 1, patient))
        stain = person.normal(0.0, 6.0, 3)
        level = genes.level * np.exp(person.normal(0.0, 0.2, settings.genes))
        slope = genes.slope + person.normal(0.0, settings.patient_spread, genes.slope.shape)
        shifted = replace(genes, level=level, slope=slope)
        for number in range(settings.sections_per_patient):
            generator = np.random.default_rng((settings.seed, 2, patient, number))
            drawn.append(_section(settings, (patient, number), stain, shifted, generator))
    return drawn


@dataclass(frozen=True, eq=False)
class _Genes:
    """Slopes ``(2, g)`` of the genes' log rates on the fields, and levels ``(g,)``, shares of a spot's counts."""

    slope: FloatArray
    level: FloatArray


def _genes(settings: TissueSettings) -> _Genes:
    generator = np.random.default_rng((settings.seed, 0))
    slopes = generator.normal(0.0, 0.8, (2, settings.genes))
    slopes[:, settings.genes // 2 :] = 0.0
    level = np.exp(generator.normal(0.0, 0.7, settings.genes))
    return _Genes(slopes, level / level.sum())


def _section(
    settings: TissueSettings,
    number: tuple[int, int],
    stain: FloatArray,
    genes: _Genes,
    generator: np.random.Generator,
) -> SimulatedSection:
    side = round((settings.spots_per_side + 1) * PITCH_UM / settings.um_per_pixel)
    means = np.random.default_rng((settings.seed, 3, number[0])).normal(0.0, settings.between, 2)
    fields = [mean + _field(side, settings.um_per_pixel, generator) for mean in means]
    inside = _tissue(side, generator)
    pixels = _image(fields, inside, stain, settings.um_per_pixel, generator)
    place = _places(settings, inside)
    field_means = np.stack([_spot_means(field, place, settings.um_per_pixel) for field in fields], axis=1)
    share = genes.level * np.exp(field_means @ genes.slope)  # (n, 2) @ (2, g) -> (n, g)
    depth = settings.depth * np.exp(generator.normal(0.0, 0.25, (len(place), 1)))
    rate = depth * share / share.sum(axis=1, keepdims=True)
    return SimulatedSection(
        _as_section(number, place, pixels, draw_counts(rate, settings.overdispersion, generator), settings),
        rate,
    )


def draw_counts(rate: FloatArray, overdispersion: float, generator: np.random.Generator) -> FloatArray:
    """Draw counts around known rates.

    Parameters
    ----------
    rate
        ``(n, g)`` expected counts, 0 or more.
    overdispersion
        Counts have the variance rate + overdispersion x rate²; 0 is Poisson.
    generator
        Source of randomness.

    Returns
    -------
    FloatArray
        ``(n, g)`` whole numbers.
    """
    if overdispersion > 0:
        rate = rate * generator.gamma(1 / overdispersion, overdispersion, rate.shape)
    return generator.poisson(rate).astype(np.float64)


def _field(side: int, um_per_pixel: float, generator: np.random.Generator) -> FloatArray:
    """Return ``(side, side)`` smooth noise with mean 0 and standard deviation 1."""
    from scipy.ndimage import gaussian_filter, zoom

    # The field is smooth at the blur's scale, so a subsampled copy holds it all.
    step = max(1, int(_FIELD_UM / um_per_pixel / 6))
    nodes = -(-side // step) + 1
    small = gaussian_filter(
        generator.normal(size=(nodes, nodes)), _FIELD_UM / um_per_pixel / step, mode="wrap"
    )
    field: FloatArray = zoom(small, step, order=1)[:side, :side]
    scaled: FloatArray = (field - field.mean()) / field.std()
    return scaled


def _tissue(side: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Return ``(side, side)``: a blob that is no mirror image of itself."""
    row, column = (np.mgrid[:side, :side] - side / 2) / (side / 2)
    angle = np.arctan2(row, column)
    first, second = generator.uniform(0, 2 * np.pi, 2)
    edge = 0.8 + 0.08 * np.cos(angle - first) + 0.08 * np.cos(3 * angle - second)
    return np.asarray(np.hypot(row, column) < edge, dtype=bool)


def _image(
    fields: list[FloatArray],
    inside: NDArray[np.bool_],
    stain: FloatArray,
    um_per_pixel: float,
    generator: np.random.Generator,
) -> Pixels:
    from scipy.ndimage import gaussian_filter

    cells, eosin = (1 / (1 + np.exp(-1.5 * field)) for field in fields)
    tissue = eosin[..., None] * np.array(_EOSIN, dtype=float) + (1 - eosin[..., None]) * np.array(_PALE)
    # A nucleus is a blurred dot; their density follows the field, at most one on 4 nucleus areas.
    radius = max(0.6, _NUCLEUS_UM / 2 / um_per_pixel)
    dots = generator.random(inside.shape) < 0.06 * cells / radius**2
    dark = np.clip(gaussian_filter(dots.astype(float), radius) * 2 * np.pi * radius**2, 0, 1)[..., None]
    tissue = tissue * (1 - dark) + np.array(_NUCLEUS) * dark + stain
    image = np.where(inside[..., None], tissue, np.array(_GLASS))
    noisy = image + generator.normal(0.0, 3.0, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _places(settings: TissueSettings, inside: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return ``(n, 2)`` array columns and rows, from 1, of the spots that lie in the tissue."""
    step = PITCH_UM / settings.um_per_pixel
    row, column = (
        axis.ravel() + 1 for axis in np.mgrid[: settings.spots_per_side, : settings.spots_per_side]
    )
    kept = inside[np.rint(row * step).astype(int), np.rint(column * step).astype(int)]
    return np.stack([column[kept], row[kept]], axis=1)


def _spot_means(field: FloatArray, place: NDArray[np.intp], um_per_pixel: float) -> FloatArray:
    from scipy.ndimage import uniform_filter

    smooth = uniform_filter(field, max(1, round(SPOT_UM / um_per_pixel)))
    column, row = np.rint(place.T * PITCH_UM / um_per_pixel).astype(int)
    means: FloatArray = smooth[row, column]
    return means


def _as_section(
    number: tuple[int, int],
    place: NDArray[np.intp],
    pixels: Pixels,
    counts: FloatArray,
    settings: TissueSettings,
) -> TissueSection:
    from scipy.sparse import csr_matrix

    name = f"SIM{number[0] + 1}-{number[1] + 1}"
    return TissueSection(
        name=name,
        patient=f"SIM{number[0] + 1}",
        image=InMemoryImage(Path(f"{name}.jpg"), pixels),
        um_per_pixel=settings.um_per_pixel,
        um_per_pixel_source="as simulated",
        barcode=text_array([f"{column}x{row}" for column, row in place]),
        position_um=place.astype(np.float64) * PITCH_UM,
        reason=text_array([""] * len(place)),
        counts=csr_matrix(counts),
        gene=text_array([f"GENE{gene + 1}" for gene in range(settings.genes)]),
        spot_diameter_um=SPOT_UM,
        spot_pitch_um=PITCH_UM,
        notes=(f"{name}: {NOTE}",),
    )
