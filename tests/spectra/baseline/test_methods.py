"""Baseline methods by name."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.baseline import METHODS, asls, correct
from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS

FloatArray = NDArray[np.float64]


@pytest.fixture(scope="module")
def spectra() -> FloatArray:
    """Three noisy spectra with two bands each, 200 points."""
    x = np.linspace(0, 1, 200)
    bands = np.exp(-0.5 * ((x - 0.3) / 0.02) ** 2) + np.exp(-0.5 * ((x - 0.7) / 0.02) ** 2)
    return 5 + 3 * x + bands + np.random.default_rng(0).normal(0, 0.02, (3, 200))


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("snip", {"max_half_window": 20, "decreasing": True}),
        ("imodpoly", {"poly_order": 3}),
        ("mor", {"half_window": 15}),
        ("rubberband", {}),
        ("pspline_asls", {"lam": 10.0}),
    ],
)
def test_methods_of_pybaselines_give_what_pybaselines_gives(
    method: str, parameters: dict[str, float], spectra: FloatArray
) -> None:
    from pybaselines import Baseline

    wavenumber = np.linspace(400, 1800, 200)
    result = correct(spectra, method, parameters, wavenumber)
    for row, spectrum in enumerate(spectra):
        expected, _ = getattr(Baseline(wavenumber), method)(spectrum, **parameters)
        np.testing.assert_array_equal(result.baseline[row], expected)
        assert result.certificate.fraction_below_zero[row] == np.mean(spectrum < expected)


def test_own_methods_are_the_named_functions(spectra: FloatArray) -> None:
    by_name = correct(spectra, "asls", {"lam": 1e4, "p": 0.02})
    assert np.array_equal(by_name.baseline, asls(spectra, lam=1e4, p=0.02).baseline)


def test_every_listed_method_exists_and_needs_nothing_but_data() -> None:
    from pybaselines import Baseline

    for method in set(METHODS) - set(WHITTAKER_METHODS):
        parameters = list(inspect.signature(getattr(Baseline, method)).parameters.values())[2:]
        assert all(each.default is not each.empty or each.kind is each.VAR_KEYWORD for each in parameters), (
            method
        )


# A process of its own, in which numba needn't compile two of them for ten seconds first.
_ALL_METHODS = """
import numpy as np
from spectra_dl.spectra.baseline import METHODS, correct
spectrum = np.linspace(0, 3, 300)[None] ** 2 + np.random.default_rng(0).random((1, 300))
print(*(method for method in METHODS if np.isfinite(correct(spectrum, method, {}).baseline).all()))
"""


def test_every_method_runs_on_its_defaults() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _ALL_METHODS], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == list(METHODS)


def test_an_unknown_method_is_refused_with_similar_names() -> None:
    with pytest.raises(UsageError, match="'imodpolly'; did you mean imodpoly"):
        correct(np.ones((1, 20)), "imodpolly", {})


@pytest.mark.parametrize(("method", "known"), [("asls", "lam, p, max_iter, tol"), ("imodpoly", "poly_order")])
def test_an_unknown_parameter_is_refused_with_the_right_names(method: str, known: str) -> None:
    with pytest.raises(UsageError, match=f"{method} has no parameter 'lambda'.*{known}"):
        correct(np.ones((1, 20)), method, {"lambda": 3})


def test_a_parameter_that_is_an_array_is_refused() -> None:
    with pytest.raises(UsageError, match="give one number"):
        correct(np.ones((1, 20)), "asls", {"lam": np.ones(3)})  # type: ignore[dict-item]


def test_a_parameter_pybaselines_refuses_is_refused_with_the_spectrum(spectra: FloatArray) -> None:
    with pytest.raises(DataError, match="irsqr, spectrum 1"):
        correct(spectra, "irsqr", {"quantile": 2.0})


def test_an_iteration_cut_short_is_flagged(spectra: FloatArray) -> None:
    assert not correct(spectra, "psalsa", {"max_iter": 1}).certificate.converged.any()
    assert correct(spectra, "psalsa", {}).certificate.converged.all()
