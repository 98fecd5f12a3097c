"""Is the noise ceiling right? Simulated sections whose rates are known, ours beside the split-half recipe, then real sections.

Run: ``python benchmarks/honesty/noise_ceiling.py [FOLDER]``; FOLDER holds her2st's counts (default ../shared/data/st/her2st/counts).

The truth is the correlation of log(1 + 10,000 p) with the measured log(1 + counts per 10,000), averaged over redrawn counts. The first
table says how far that predictor is from the best one there is.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from pathlib import Path

import numpy as np
import pandas
from scipy.sparse import csr_matrix, vstack
from scipy.stats import poisson

from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling

GENES, REDRAWS = 100, 12
SECTIONS = {300: 8, 2000: 3}
MEANS = (0.05, 0.2, 1.0, 5.0, 20.0)
SHAPES = {
    "gamma": "gamma (negative binomial)",
    "log-normal": "log-normal",
    "regions": "two regions",
    "gradient": "even gradient",
    "three": "three regions",
}
LIBRARIES = {"narrow": "sd .3", "wide": "sd .6", "tied": "sd .4, goes with rates"}
PER = 10_000.0


def main() -> None:
    """Print every table."""
    predictors()
    print(
        "\n| rates | library | spots | mean count | truth | ours: bias | worst section | RMSE of one gene | in the 95 % interval | split half: bias |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for shape in SHAPES:
        for library in LIBRARIES:
            for spots in (300, 2000):
                for mean in MEANS:
                    print(simulated(shape, library, spots, mean), flush=True)
    no_signal()
    speed()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/st/her2st/counts")
    if folder.is_dir():
        real(folder)


def predictors() -> None:
    """Say what a model gains that knows the expected measured value of a spot, or its library size too."""
    print("| mean count | log(1 + 10,000 p) | expected value given p | expected value given p and library |")
    print("|---|---|---|---|")
    spots, generator = 20_000, np.random.default_rng(0)
    library = 1000 * np.exp(generator.normal(0, 0.5, spots))
    for mean in MEANS:
        share = generator.gamma(1 / 0.65, 0.65, spots) * mean / library.mean()
        rate = share * library
        each = np.arange(int(rate.max() + 8 * np.sqrt(rate.max()) + 20))
        expected = np.zeros(spots)
        for count in each:
            expected += poisson.pmf(count, rate) * np.log1p(count * PER / library)
        smooth = np.empty(spots)
        order = np.argsort(share)
        smooth[order] = np.repeat(expected[order].reshape(200, -1).mean(axis=1), spots // 200)
        predicted = np.stack([np.log1p(share * PER), smooth, expected], axis=1)
        found = np.mean(
            [
                pearson_per_column(
                    predicted, np.repeat(values(generator.poisson(rate)[:, None], library), 3, axis=1)
                )
                for _ in range(30)
            ],
            axis=0,
        )
        print(f"| {mean:g} | " + " | ".join(f"{one:.3f}" for one in found) + " |")


def simulated(shape: str, library: str, spots: int, mean: float) -> str:
    """Return one row: bias of both over several sections, how far the worst section's mean is off, error of single genes, coverage."""
    errors, halves, covered, truths = [], [], [], []
    for seed in range(SECTIONS[spots]):
        generator = np.random.default_rng(seed)
        share, size = section(shape, library, spots, mean, generator)
        best = np.log1p(share * PER)
        counts = [generator.poisson(share * size[:, None]).astype(float) for _ in range(REDRAWS)]
        truth = np.mean(
            [np.nan_to_num(pearson_per_column(best, values(one, size))) for one in counts], axis=0
        )
        found = noise_ceiling(counts[0], size)
        truths.append(truth)
        errors.append(np.nan_to_num(found.ceiling) - truth)
        halves.append(np.nan_to_num(split_half(counts[0], size, generator)) - truth)
        covered.append((found.low <= truth) & (truth <= found.high))
    off = np.mean(errors, axis=1)
    return (
        f"| {SHAPES[shape]} | {LIBRARIES[library]} | {spots} | {mean:g} | {np.mean(truths):.3f} | {off.mean():+.3f} | {np.abs(off).max():.3f} "
        f"| {np.sqrt(np.mean(np.square(errors))):.3f} | {100 * np.mean(covered):.0f} % | {np.mean(halves):+.3f} |"
    )


def section(
    shape: str, library: str, spots: int, mean: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return shares ``(spots, genes)`` and library sizes around 1,000; the squared coefficient of variation of a gene's share is .1 to 1.2."""
    spread = generator.uniform(0.1, 1.2, GENES)
    if shape == "gamma":
        relative = generator.gamma(1 / spread, spread, (spots, GENES))
    elif shape == "log-normal":
        deviation = np.sqrt(np.log1p(spread))
        relative = np.exp(generator.normal(0, 1, (spots, GENES)) * deviation - deviation**2 / 2)
    elif shape == "regions":
        inside = generator.random(spots)[:, None] < 0.3
        height = np.minimum(np.sqrt(spread * 0.21) / 0.21, 1.4)
        relative = np.where(inside, 1 + 0.7 * height, 1 - 0.3 * height)
    elif shape == "gradient":
        place = generator.uniform(-1, 1, spots)[:, None]
        relative = 1 + np.minimum(np.sqrt(3 * spread), 0.98) * place
    else:
        level = generator.permuted(np.array([0.1, 0.8, 2.5])[:, None].repeat(GENES, axis=1), axis=0)
        relative = level[generator.choice(3, spots, p=[0.3, 0.5, 0.2])]
        relative = relative / relative.mean(axis=0)
    noise = generator.normal(0, {"narrow": 0.3, "wide": 0.6, "tied": 0.4}[library], spots)
    tie = 0.3 * np.log(relative[:, :10].mean(axis=1)) if library == "tied" else 0.0
    size = np.maximum(50, np.rint(1000 * np.exp(noise + tie)))
    return relative * mean / size.mean(), size


def values(counts: np.ndarray, library: np.ndarray) -> np.ndarray:
    """Return log(1 + counts per 10,000)."""
    return np.log1p(counts * (PER / library)[:, None])


def split_half(counts: np.ndarray, library: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the ceiling by thinning the counts into halves: sqrt(2 r / (1 + r))."""
    first = generator.binomial(counts.astype(int), 0.5)
    own = generator.binomial(library.astype(int), 0.5).clip(1)
    r = pearson_per_column(values(first, own), values(counts - first, np.maximum(1, library - own)))
    return np.sqrt(np.clip(2 * r / (1 + r), 0, None))


def no_signal() -> None:
    """Say what is found where rates are constant and the true ceiling is 0."""
    print("\n| no signal: spots | mean count | ceiling found | lower end is 0 |")
    print("|---|---|---|---|")
    for spots in (300, 2000):
        for mean in MEANS:
            generator = np.random.default_rng(0)
            size = np.rint(1000 * np.exp(generator.normal(0, 0.5, spots)))
            counts = generator.poisson(mean * size[:, None] / size.mean(), (spots, 500)).astype(float)
            found = noise_ceiling(counts, size)
            print(
                f"| {spots} | {mean:g} | {np.nanmean(found.ceiling):.3f} | {100 * np.mean(found.low == 0):.0f} % |"
            )


def speed() -> None:
    """Time a whole section: 11,000 genes of log-normal means in 2,000 spots."""
    generator = np.random.default_rng(0)
    mean, size = np.exp(generator.normal(-2.2, 1.6, 11_000)), np.exp(generator.normal(0, 0.5, 2000))
    spread = generator.uniform(0.1, 1.2, 11_000)
    rows = [
        csr_matrix(generator.poisson(generator.gamma(1 / spread, spread) * mean * one).astype(float))
        for one in size
    ]
    counts = vstack(rows).tocsr()
    started = time.process_time()
    noise_ceiling(counts)
    print(
        f"\n11,000 genes x 2,000 spots, {counts.nnz / 22e6:.0%} not zero: {time.process_time() - started:.0f} s of CPU time"
    )


def real(folder: Path) -> None:
    """Print both estimates for real sections, the 250 genes of highest mean, and for counts of the same library sizes whose rates don't vary."""
    print(
        "\n| section | spots | 250 genes of highest mean: ours | split half | all genes: ours | simulated constant: ours | split half |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in ("C2", "B4"):
        counts = pandas.read_csv(folder / f"{name}.tsv.gz", sep="\t", index_col=0).to_numpy(dtype=np.float64)
        size = counts.sum(axis=1)
        counts, size = counts[size > 0], size[size > 0]
        top = np.argsort(-counts.sum(axis=0), kind="stable")[:250]
        generator = np.random.default_rng(0)
        found = noise_ceiling(counts, size)
        halves = split_half(counts[:, top], size, generator)
        even = generator.poisson(counts[:, top].sum(axis=0) / size.sum() * size[:, None]).astype(float)
        print(
            f"| {name} | {len(size)} | {found.ceiling[top].mean():.3f} | {np.nanmean(halves):.3f} | {np.nanmean(found.ceiling):.3f} "
            f"| {noise_ceiling(even, size).ceiling.mean():.3f} | {np.nanmean(split_half(even, size, generator)):.3f} |"
        )


if __name__ == "__main__":
    main()
