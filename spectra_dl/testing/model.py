"""The contract of a classical model."""

from collections.abc import Callable
from typing import Any

import numpy as np

from spectra_dl.testing.claims import claim


def check_model(build: Callable[[], Any]) -> None:
    """Check a classifier: probabilities of each class that sum to 1, the same each time, and text as classes.

    Parameters
    ----------
    build
        Returns the unfitted scikit-learn classifier. `sklearn.utils.estimator_checks.check_estimator` asks for more.

    Raises
    ------
    AssertionError
        It breaks the contract; the sentence says how.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> check_model(LogisticRegression)
    """
    from sklearn.base import clone

    generator = np.random.default_rng(0)
    rows, label = generator.normal(size=(30, 50)), np.array(["B", "A", "C"] * 10)
    fitted, again = (clone(build()).fit(rows, label) for _ in range(2))
    probability = fitted.predict_proba(rows)
    claim(list(fitted.classes_) == ["A", "B", "C"], "classes_ are not the classes in sorted order")
    claim(probability.shape == (30, 3), f"probabilities are {probability.shape}, not (rows, classes)")
    claim(bool(np.isfinite(probability).all()), "probabilities are not finite")
    claim(np.allclose(probability.sum(axis=1), 1.0, atol=1e-6), "probabilities don't sum to 1")
    claim(
        np.array_equal(probability, again.predict_proba(rows)),
        "the same rows give another model: fix its seed",
    )
    apart = np.concatenate([fitted.predict_proba(rows[number : number + 1]) for number in range(30)])
    claim(np.allclose(probability, apart, atol=1e-6), "a row's probabilities depend on those beside it")
