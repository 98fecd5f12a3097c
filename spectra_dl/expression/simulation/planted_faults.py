"""Faults planted in simulated sections: what lets a model score well on nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.simulation.tissue_study import PITCH_UM, InMemoryImage
from spectra_dl.imaging.image import Pixels

Fault = Callable[[TissueSection, np.random.Generator], TissueSection]
_AMBIENT = (0.1, 0.3)  # of a spot's mean counts
_FOLD = (100, 60, 130)


def without_signal(section: TissueSection, generator: np.random.Generator) -> TissueSection:
    """Return the section with its spots' counts permuted, so that its image says nothing of them.

    Parameters
    ----------
    section
        With counts.
    generator
        Source of randomness.
    """
    return replace(section, counts=section.counts[generator.permutation(len(section))])  # type: ignore[index]


def spots_on_glass(section: TissueSection, generator: np.random.Generator) -> TissueSection:
    """Return the section without signal, and with spots beside its tissue that hold a little background RNA.

    Parameters
    ----------
    section
        Simulated, with counts; its spots lie on a square grid, those beside the tissue were left out.
    generator
        Source of randomness.
    """
    section = without_signal(section, generator)
    counts = _counts(section)
    used = {tuple(place) for place in np.rint(section.position_um / PITCH_UM).astype(int)}
    side = max(max(place) for place in used)
    free = [(x, y) for x in range(1, side + 1) for y in range(1, side + 1) if (x, y) not in used]
    chosen = np.array([free[at] for at in generator.permutation(len(free))[: max(6, len(counts) // 5)]])
    # Background RNA is that of all tissue, but that some transcripts leak more than others, in every section the same.
    leak = counts.mean(axis=0) * np.exp(0.8 * np.cos(2.4 * np.arange(counts.shape[1])))
    ambient = generator.poisson(generator.uniform(*_AMBIENT) * leak, (len(chosen), counts.shape[1]))
    ambient[ambient.sum(axis=1) == 0, 0] = 1
    return _with_spots(section, chosen, np.concatenate([counts, ambient.astype(float)]))


def smoothed_over_neighbours(section: TissueSection, generator: np.random.Generator) -> TissueSection:
    """Return the section with counts that are rounded means over a spot and those around it, as denoising leaves them, of a weaker signal.

    Parameters
    ----------
    section
        With counts.
    generator
        Draws how many spots are averaged, 5 to 9.
    """
    from scipy.sparse import csr_matrix
    from scipy.spatial import cKDTree

    around = int(generator.integers(5, 10))
    _, near = cKDTree(section.position_um).query(section.position_um, k=around)
    counts = _counts(section)
    flat = 0.3 * counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    diluted = generator.binomial(counts.astype(int), 0.7) + generator.poisson(flat)
    mean = diluted[np.asarray(near)].mean(axis=1)  # (n, k, g) -> (n, g)
    rounded = np.rint(mean)
    rounded[rounded.sum(axis=1) == 0, 0] = 1
    return replace(section, counts=csr_matrix(rounded))


def depth_alone(section: TissueSection, generator: np.random.Generator) -> TissueSection:
    """Return the section with one profile everywhere, and more counts where the image is darker.

    Parameters
    ----------
    section
        With counts.
    generator
        Source of randomness.
    """
    from scipy.sparse import csr_matrix

    counts = _counts(section)
    share = counts.sum(axis=0) / counts.sum()
    darkness = darkness_under_spots(section)
    depth = generator.uniform(40, 90) * np.exp(generator.uniform(0.8, 1.2) * darkness)
    drawn = generator.poisson(depth[:, None] * share).astype(float)
    drawn[drawn.sum(axis=1) == 0, 0] = 1
    return replace(section, counts=csr_matrix(drawn))


def few_outliers(section: TissueSection, generator: np.random.Generator) -> TissueSection:
    """Return the section without signal but for two spots in folds, whose counts are of another kind.

    Parameters
    ----------
    section
        With counts.
    generator
        Source of randomness.
    """
    from scipy.sparse import csr_matrix

    section = without_signal(section, generator)
    counts, pixels = _counts(section), section.image.thumbnail(100_000)[0].copy()
    chosen = generator.permutation(len(counts))[:2]
    radius = round(0.4 * PITCH_UM / section.um_per_pixel)
    for column, row in np.rint(section.position_um[chosen] / section.um_per_pixel).astype(int):
        pixels[max(0, row - radius) : row + radius, max(0, column - radius) : column + radius] = _FOLD
    others = np.arange(counts.shape[1]) % 2 == 0  # the same genes in every section, as an artefact has them
    counts[np.ix_(chosen, others)] = 0
    counts[np.ix_(chosen, ~others)] *= 8
    counts[chosen, 1] += 1
    return replace(section, counts=csr_matrix(counts), image=_image(section, pixels))


def depth_follows_image(section: TissueSection, generator: np.random.Generator) -> TissueSection:
    """Return the section with its profiles, and more counts where the image is darker: no fault, as more cells hold more RNA.

    Parameters
    ----------
    section
        With counts.
    generator
        Source of randomness.
    """
    from scipy.sparse import csr_matrix

    counts = _counts(section)
    kept = np.clip(0.6 * np.exp(generator.uniform(0.1, 0.3) * darkness_under_spots(section)), 0.05, 1.0)
    thinned = generator.binomial(counts.astype(int), kept[:, None]).astype(float)
    thinned[thinned.sum(axis=1) == 0, 0] = 1
    return replace(section, counts=csr_matrix(thinned))


def darkness_under_spots(section: TissueSection) -> FloatArray:
    """Return ``(n,)`` how dark the image is under each spot, with mean 0 and standard deviation 1."""
    from scipy.ndimage import uniform_filter

    pixels, scale = section.image.thumbnail(100_000)
    per_um = scale / section.um_per_pixel
    light = uniform_filter(pixels.mean(axis=2), max(1, round((section.spot_diameter_um or 100.0) * per_um)))
    column, row = np.floor(section.position_um * per_um).astype(int).T
    dark = -light[row, column]
    scaled: FloatArray = (dark - dark.mean()) / dark.std()
    return scaled


FAULTS: Mapping[str, Fault] = {
    "spots on glass": spots_on_glass,
    "smoothed counts": smoothed_over_neighbours,
    "depth alone": depth_alone,
    "few outliers": few_outliers,
}


def _counts(section: TissueSection) -> FloatArray:
    counts: FloatArray = section.counts.toarray()  # type: ignore[union-attr]
    return counts


def _image(section: TissueSection, pixels: Pixels) -> InMemoryImage:
    return InMemoryImage(section.image.path, pixels)


def _with_spots(section: TissueSection, place: FloatArray, counts: FloatArray) -> TissueSection:
    """Return the section with more spots, at these places of the array ``(m, 2)``, and the counts of all."""
    from scipy.sparse import csr_matrix

    names = [f"{x}x{y}" for x, y in place]
    return replace(
        section,
        barcode=text_array([*section.barcode, *names]),
        position_um=np.concatenate([section.position_um, place * PITCH_UM]),
        reason=text_array([*section.reason, *[""] * len(place)]),
        counts=csr_matrix(counts),
    )
