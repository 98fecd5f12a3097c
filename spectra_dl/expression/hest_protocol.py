"""Scores as the trainer of HEST-Benchmark computes them, comparable with published ones.

Its protocol differs from `evaluation.profiles`: Pearson correlation is pooled over all test spots whatever their section, so differences between sections count as skill, and
targets need not be divided by library size.
"""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError

_PENALTY = 100.0


def hest_scores(
    train_features: FloatArray,
    train_targets: FloatArray,
    test_features: FloatArray,
    test_targets: FloatArray,
    *,
    components: int = 256,
) -> FloatArray:
    """Return each gene's Pearson correlation ``(g,)`` as HEST-Benchmark's ridge trainer does; NaN for a gene constant in the test spots.

    Features are standardised and reduced to principal components on the training spots, then follows ridge regression without intercept and with
    a penalty of 100 / (components x genes) (Jaume et al. 2024, doi 10.48550/arXiv.2406.16192). Components and ridge come out of one
    eigendecomposition for all genes: exact, where the original iterates (LSQR) and may draw (randomised SVD).

    Parameters
    ----------
    train_features, test_features
        ``(n, d)`` and ``(m, d)``, one row per spot, sections one below the other.
    train_targets, test_targets
        ``(n, g)`` and ``(m, g)``, in any units; HEST takes log(1 + counts).
    components
        Of the principal components, 1 or more; fewer where there are fewer features or training spots.

    Raises
    ------
    DataError
        Shapes that don't fit together, no rows, or a value that is not finite.
    UsageError
        Fewer than 1 component.
    """
    from spectra_dl.evaluation.profiles.metrics import pearson_per_column

    if components < 1:
        raise UsageError(f"{components} components; give 1 or more")
    train, targets, test, measured = (
        np.asarray(each, dtype=np.float64)
        for each in (train_features, train_targets, test_features, test_targets)
    )
    _check(train, targets, test, measured)
    centre, scale = train.mean(axis=0), _scale(train)
    weight = _ridge_on_components((train - centre) / scale, targets, components)
    return pearson_per_column((test - centre) / scale @ weight, measured)


def _ridge_on_components(rows: FloatArray, targets: FloatArray, components: int) -> FloatArray:
    """Return ``(d, g)`` ridge weights within the leading principal components of centred ``rows`` (n, d).

    Rows on their components have a diagonal Gram matrix, the eigenvalues, so the ridge solution is a division.
    """
    from scipy.linalg import eigh

    n, d = rows.shape
    kept = min(components, n, d)
    penalty = _PENALTY / (kept * targets.shape[1])
    wide = d > n
    gram = rows @ rows.T if wide else rows.T @ rows
    values, vectors = eigh(gram, subset_by_index=(len(gram) - kept, len(gram) - 1), overwrite_a=True)
    shrunk = 1.0 / (np.maximum(values, 0.0) + penalty)[:, None]
    if wide:
        return np.asarray(rows.T @ (vectors @ (shrunk * (vectors.T @ targets))), dtype=np.float64)
    return np.asarray(vectors @ (shrunk * (vectors.T @ (rows.T @ targets))), dtype=np.float64)


def _scale(rows: FloatArray) -> FloatArray:
    """Return the standard deviation of each column, 1 where it is constant but for rounding."""
    mean, variance = rows.mean(axis=0), rows.var(axis=0)
    rounding = np.finfo(np.float64).eps * len(rows)
    constant = variance <= rounding * variance + (rounding * mean) ** 2
    return np.where(constant, 1.0, np.sqrt(variance))


def _check(train: FloatArray, targets: FloatArray, test: FloatArray, measured: FloatArray) -> None:
    shapes = [array.shape for array in (train, targets, test, measured)]
    fits = all(len(shape) == 2 and min(shape) > 0 for shape in shapes) and (
        len(train) == len(targets)
        and len(test) == len(measured)
        and train.shape[1] == test.shape[1]
        and targets.shape[1] == measured.shape[1]
    )
    if not fits:
        raise DataError(
            f"training features and targets of shapes {shapes[0]} and {shapes[1]}, test ones of {shapes[2]} and {shapes[3]}; "
            "give (spots, features) and (spots, genes), the same spots in a pair and the same columns in both"
        )
    for name, array in (
        ("training features", train),
        ("training targets", targets),
        ("test features", test),
        ("test targets", measured),
    ):
        if not np.isfinite(array).all():
            row, column = np.argwhere(~np.isfinite(array))[0]
            raise DataError(
                f"{name}, row {row} column {column} (from 0): {array[row, column]} is no finite number; leave such spots out"
            )
