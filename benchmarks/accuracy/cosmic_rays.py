"""Cosmic rays that are found, and narrow bands that are taken for them, in the simulated study: python benchmarks/accuracy/cosmic_rays.py.

Rays of one to six points and bands of 1.2 to 4 points at half height are planted in spectra without either. What recurs is learnt on one half of the
spectra; both are counted on the other half. "Before" is the rule of the versions before: one or two points, nothing learnt.
The rule's constants were chosen on seed 0; ``--seed`` draws another study and other places. With files after the command, what is removed
from them is counted too.
"""

import argparse
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing import two_point_rays
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.readers import iter_spectra
from spectra_dl.spectra.simulation.detector import ELECTRONS_PER_COUNT
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

BEFORE = 10.0  # the default threshold of the versions before
WIDTHS = (1, 2, 3, 4, 5, 6)
HEIGHTS = (8, 16, 64)
FWHM = (1.2, 1.5, 2.0, 2.5, 3.0, 4.0)
SHARES = (0.05, 0.2, 1.0)
PLACES = 20  # where a band is planted, one after the other
PATIENTS = 400

Mask = NDArray[np.bool_]


@functools.cache
def study(seed: int) -> tuple[FloatArray, FloatArray]:
    """Return ``(n, p)`` spectra without rays, and the noise of each point."""
    simulated = simulate_study(StudySettings(patients=PATIENTS, seed=seed))
    intensity = simulated.table.intensity - simulated.truth.spikes
    noise = np.sqrt(np.maximum(simulated.truth.bands + simulated.truth.baseline, 1.0) / ELECTRONS_PER_COUNT)
    rows = np.random.default_rng(seed).permutation(len(intensity))
    return intensity[rows], noise[rows]


def replaced_after(training: FloatArray, test: FloatArray, wavenumber: FloatArray) -> Mask:
    """Return which points of the test spectra are replaced by the step fitted on the training spectra."""
    cleaned = Despike().fit(training, wavenumber).apply(test, wavenumber).intensity
    return np.asarray(cleaned != test)


def replaced_before(training: FloatArray, test: FloatArray, wavenumber: FloatArray) -> Mask:
    """Return which points of the test spectra the rule of before replaces."""
    return two_point_rays.without_rays(test, BEFORE)[1]


def rays_found(replaced: Callable[..., Mask], width: int, height: float, seed: int) -> float:
    """Return the share of planted rays of which every point is replaced.

    Parameters
    ----------
    replaced
        What removes rays.
    width
        In points.
    height
        Over the noise.
    seed
        Of the study and of what is planted.
    """
    clean, noise = study(seed)
    intensity = clean.copy()
    generator = np.random.default_rng(2 * seed + 1)
    half = len(intensity) // 2
    order = np.arange(len(intensity))
    struck = np.flatnonzero((order >= half) | (order % 4 == 0))  # one in four of those that are learnt from
    first = generator.integers(1, intensity.shape[1] - width, struck.size)
    points = first[:, None] + np.arange(width)
    intensity[struck[:, None], points] += height * noise[struck[:, None], points]
    mask = replaced(intensity[:half], intensity[half:], np.arange(intensity.shape[1], dtype=float))
    tested = struck >= half
    return float(mask[struck[tested, None] - half, points[tested]].all(axis=1).mean())


def bands_removed(replaced: Callable[..., Mask], fwhm: float, share: float, seed: int) -> float:
    """Return the share of planted bands, 8 to 100 times the noise, of which any point within their width is replaced.

    Parameters
    ----------
    replaced
        What removes rays.
    fwhm
        Full width at half maximum in points.
    share
        Of the spectra that have the band.
    seed
        Of the study and of what is planted.
    """
    clean, noise = study(seed)
    generator = np.random.default_rng(2 * seed + 2)
    axis = np.arange(clean.shape[1], dtype=float)
    half, hit, planted = len(clean) // 2, 0, 0
    for _ in range(PLACES):
        centre = generator.uniform(10, axis.size - 10)
        height = np.exp(generator.uniform(np.log(8), np.log(100))) * np.exp(
            generator.normal(0, 0.2, len(clean))
        )
        height *= noise[:, int(centre)]
        # The same number in both halves.
        has = np.concatenate([generator.permutation(half) < round(share * half) for _ in range(2)])
        band = np.exp(-4 * np.log(2) * ((axis - centre) / fwhm) ** 2)
        counts = np.where(has, height, 0.0)[:, None] * band
        shot = generator.standard_normal(counts.shape) * np.sqrt(counts / ELECTRONS_PER_COUNT)
        mask = replaced(clean[:half] + (counts + shot)[:half], clean[half:] + (counts + shot)[half:], axis)
        near = np.abs(axis - centre) <= max(fwhm, 1.0)
        hit += int(mask[has[half:]][:, near].any(axis=1).sum())
        planted += int(has[half:].sum())
    return hit / planted


def real_data(path: Path) -> str:
    """Return what both rules replace in the spectra of a file."""
    blocks = list(iter_spectra(path))
    intensity = np.concatenate([block.intensity for block in blocks])
    intensity, wavenumber = intensity[np.isfinite(intensity).all(axis=1)], blocks[0].wavenumber
    before = replaced_before(intensity, intensity, wavenumber)
    alone = Despike(places=()).apply(intensity, wavenumber).remarks["spikes_removed"]
    after = Despike().fit(intensity, wavenumber)
    result = after.apply(intensity, wavenumber)
    removed = result.remarks["spikes_removed"]
    mask = result.intensity != intensity
    return (
        f"{path.name}: {len(intensity)} spectra; points replaced before {before.sum()} in {before.any(1).sum()} spectra, "
        f"after {removed.sum()} in {np.count_nonzero(removed)} (nothing learnt: {alone.sum()} in {np.count_nonzero(alone)}), "
        f"at one point in {mask.sum(0).max()} spectra at most; "
        f"{len(after.places or ())} places kept; {'; '.join(after.notes()) or 'no note'}"
    )


def main() -> None:
    """Print the tables, and what is replaced in the files given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    seed = given.seed
    print("rays found, % (before / after)")
    print("| width, points | " + " | ".join(f"{height} x noise" for height in HEIGHTS) + " |")
    for width in WIDTHS:
        cells = [
            " / ".join(
                f"{100 * rays_found(rule, width, height, seed):.1f}"
                for rule in (replaced_before, replaced_after)
            )
            for height in HEIGHTS
        ]
        print(f"| {width} | {' | '.join(cells)} |", flush=True)
    print("bands removed, % (before / after)")
    print("| FWHM, points | " + " | ".join(f"in {share:.0%} of spectra" for share in SHARES) + " |")
    for fwhm in FWHM:
        cells = [
            " / ".join(
                f"{100 * bands_removed(rule, fwhm, share, seed):.1f}"
                for rule in (replaced_before, replaced_after)
            )
            for share in SHARES
        ]
        print(f"| {fwhm:g} | {' | '.join(cells)} |", flush=True)
    for path in given.files:
        print(real_data(path), flush=True)


if __name__ == "__main__":
    main()
