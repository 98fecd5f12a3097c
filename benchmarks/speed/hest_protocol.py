"""HEST-Benchmark's scores in closed form beside its trainer written out in scikit-learn, and per-gene Pearson beside a scipy loop.

Run: ``python benchmarks/speed/hest_protocol.py``. CPU time, one thread; each ratio is the median over pairs taken in turn.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
from cpu_time import cpu_seconds
from scipy.stats import pearsonr
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.hest_protocol import hest_scores

PAIRS = 5
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def main() -> None:
    """Print one line per figure."""
    print(
        f"{'spots x features, genes':<28}{'sklearn s':>11}{'ours s':>9}{'ratio':>8}{'exact':>10}{'as published':>14}"
    )
    for spots, features, genes in ((3000, 1280, 50), (3000, 2048, 50), (800, 1280, 250), (6000, 1024, 50)):
        data = _data(spots, features, genes)
        exact = np.abs(hest_scores(*data) - as_published(*data, svd="full", tol=1e-12)).max()
        loose = np.abs(hest_scores(*data) - as_published(*data)).max()
        plain, ours, ratio = compare(partial(as_published, *data), partial(hest_scores, *data))
        name = f"{spots} x {features}, {genes}"
        print(f"{name:<28}{plain:>11.2f}{ours:>9.2f}{ratio:>8.1f}{exact:>10.0e}{loose:>14.0e}")
    one, other = np.random.default_rng(0).normal(size=(2, 1000, 250))
    looped = pearson_loop(one, other)
    error = np.abs(pearson_per_column(one, other) - looped).max()
    plain, ours, ratio = compare(lambda: pearson_loop(one, other), lambda: pearson_per_column(one, other))
    print(
        f"Pearson of 250 genes in 1,000 spots: scipy loop {plain:.4f} s, ours {ours:.4f} s, ratio {ratio:.0f}, difference {error:.0e}"
    )


def as_published(
    train: np.ndarray,
    wanted: np.ndarray,
    test: np.ndarray,
    measured: np.ndarray,
    *,
    svd: str = "auto",
    tol: float = 1e-4,
) -> np.ndarray:
    """Return HEST-Benchmark's per-gene Pearson; the defaults are what it runs with."""
    kept = min(256, *train.shape)
    pipe = Pipeline(
        [("scaler", StandardScaler()), ("PCA", PCA(n_components=kept, svd_solver=svd, random_state=0))]
    )
    rows, unseen = pipe.fit_transform(train), pipe.transform(test)
    ridge = Ridge(
        solver="lsqr",
        alpha=100 / (kept * wanted.shape[1]),
        fit_intercept=False,
        random_state=0,
        max_iter=1000,
        tol=tol,
    )
    return pearson_loop(ridge.fit(rows, wanted).predict(unseen), measured)


def pearson_loop(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what scipy says, gene by gene."""
    return np.array([pearsonr(one[:, gene], other[:, gene])[0] for gene in range(one.shape[1])])


def _data(spots: int, features: int, genes: int) -> Arrays:
    """Draw features whose variances fall off as an encoder's do, and targets that depend on some of them."""
    generator = np.random.default_rng(0)
    latent = generator.normal(size=(spots + 500, 200)) * np.geomspace(1, 0.05, 200)
    rows = latent @ generator.normal(size=(200, features)) + 0.1 * generator.normal(
        size=(spots + 500, features)
    )
    targets = latent[:, :40] @ generator.normal(size=(40, genes)) + 3 * generator.normal(
        size=(spots + 500, genes)
    )
    return rows[:spots], targets[:spots], rows[spots:], targets[spots:]


def compare(plain: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float, float]:
    """Return the median CPU seconds of both, taken in turn, and the median of the ratios."""
    pairs = [(cpu_seconds(plain), cpu_seconds(ours)) for _ in range(PAIRS)]
    slow, fast = (statistics.median(each) for each in zip(*pairs, strict=True))
    return slow, fast, statistics.median(one / other for one, other in pairs)


if __name__ == "__main__":
    main()
