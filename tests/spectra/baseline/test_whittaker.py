"""The five penalised baselines against pybaselines, and what each promises by itself."""

import numpy as np
import pytest
from numpy.typing import NDArray

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.baseline import airpls, arpls, asls, correct, drpls, iasls
from spectra_dl.spectra.baseline.whittaker import Engine

FloatArray = NDArray[np.float64]
FUNCTIONS = {"asls": asls, "arpls": arpls, "airpls": airpls, "iasls": iasls, "drpls": drpls}


@pytest.fixture(scope="module")
def spectra() -> FloatArray:
    """Twenty serum-like spectra of 400 points: bands on fluorescence, with noise."""
    random = np.random.default_rng(7)
    x = np.linspace(0, 1, 400)
    rows = []
    for _ in range(20):
        heights, centres = random.random((2, 9, 1))
        bands = (heights * np.exp(-0.5 * ((x - centres) / 0.01) ** 2)).sum(axis=0)
        rows.append(300 * np.exp(-2 * x * random.random()) + 60 * bands + random.normal(size=x.size))
    return np.array(rows)


@pytest.mark.parametrize("method", FUNCTIONS)
@pytest.mark.parametrize("lam", [1e3, 1e5, 1e7])
def test_iterates_are_those_of_pybaselines(method: str, lam: float, spectra: FloatArray) -> None:
    from pybaselines import Baseline

    result = FUNCTIONS[method](spectra, lam=lam, max_iter=60)
    for row, spectrum in enumerate(spectra):
        expected, details = getattr(Baseline(), method)(spectrum, lam=lam, max_iter=60)
        assert result.certificate.iterations[row] == len(details["tol_history"])
        # Systems of a larger lam are worse conditioned: two exact algorithms then differ by rounding alone.
        weight = 1e-4 if method == "iasls" else 1e-2  # the least a point weighs
        tolerance = 1e-7 * max(1, lam / 1e6 * 1e-2 / weight) * np.abs(spectrum).max()
        np.testing.assert_allclose(result.baseline[row], expected, rtol=0, atol=tolerance)
        np.testing.assert_allclose(
            result.certificate.final_change[row], details["tol_history"][-1], rtol=1e-3, atol=1e-9
        )


@pytest.mark.parametrize("method", FUNCTIONS)
def test_parameters_reach_the_algorithm(method: str, spectra: FloatArray) -> None:
    from pybaselines import Baseline

    special = {"asls": {"p": 0.05}, "iasls": {"p": 0.03, "lam_1": 0.1}, "drpls": {"eta": 0.9}}.get(method, {})
    parameters = {"lam": 2e4, "tol": 1e-2, "max_iter": 5, **special}
    result = correct(spectra[:3], method, parameters)
    for row in range(3):
        expected, details = getattr(Baseline(), method)(spectra[row], **parameters)
        np.testing.assert_allclose(result.baseline[row], expected, rtol=1e-7)
        assert result.certificate.converged[row] == (details["tol_history"][-1] < 1e-2)


@pytest.mark.parametrize("method", FUNCTIONS)
def test_a_spectrum_gets_the_same_bits_alone_and_in_any_batch(method: str, spectra: FloatArray) -> None:
    fit = FUNCTIONS[method]
    together = fit(spectra, lam=1e5)
    reversed_order = fit(spectra[::-1], lam=1e5)
    assert np.array_equal(together.baseline, reversed_order.baseline[::-1])
    for row in (0, 7, 19):
        alone = fit(spectra[row : row + 1], lam=1e5)
        assert np.array_equal(alone.baseline[0], together.baseline[row])
        assert alone.certificate.final_change[0] == together.certificate.final_change[row]


@pytest.mark.parametrize("method", FUNCTIONS)
def test_input_is_not_changed(method: str, spectra: FloatArray) -> None:
    before = spectra.copy()
    FUNCTIONS[method](spectra)
    assert np.array_equal(before, spectra)


def test_certificate_counts_what_lies_below_and_how_rough_the_baseline_is(spectra: FloatArray) -> None:
    result = asls(spectra, lam=1e4)
    certificate = result.certificate
    for row, (spectrum, baseline) in enumerate(zip(spectra, result.baseline, strict=True)):
        assert (
            certificate.fraction_below_zero[row] == np.count_nonzero(spectrum - baseline < 0) / spectrum.size
        )
        bends = baseline[2:] - 2 * baseline[1:-1] + baseline[:-2]
        assert certificate.roughness[row] == pytest.approx(np.sqrt(np.mean(bends**2)))


def test_a_fit_cut_short_is_flagged(spectra: FloatArray) -> None:
    certificate = arpls(spectra, max_iter=1, tol=1e-6).certificate
    assert not certificate.converged.any()
    assert (certificate.iterations == 2).all()


@pytest.mark.parametrize("method", FUNCTIONS)
def test_constant_and_straight_spectra_are_their_own_baseline(method: str) -> None:
    straight = np.vstack([np.full(50, 7.0), np.zeros(50), np.linspace(-3, 40, 50), np.linspace(1e6, 0, 50)])
    if method == "drpls":  # penalises slopes too
        straight = straight[:2]
    result = FUNCTIONS[method](straight, lam=1e4)
    largest = np.abs(straight).max(axis=1, keepdims=True)
    assert (np.abs(result.baseline - straight) <= 1e-7 * largest).all()


@pytest.mark.filterwarnings("ignore:almost all baseline points")  # pybaselines of its own result
@pytest.mark.parametrize("method", FUNCTIONS)
@pytest.mark.parametrize("n_points", [5, 6, 7, 12])
def test_the_shortest_spectra_agree_with_pybaselines(method: str, n_points: int) -> None:
    """One reweighting: later airpls may pass through two points exactly, where rounding decides the signs."""
    from pybaselines import Baseline

    spectrum = np.abs(np.random.default_rng(n_points).normal(10, 3, n_points))
    result = FUNCTIONS[method](spectrum[np.newaxis], lam=10.0, max_iter=1)
    expected, _ = getattr(Baseline(), method)(spectrum, lam=10.0, max_iter=1)
    np.testing.assert_allclose(result.baseline[0], expected, rtol=1e-7)


def test_spectra_of_fewer_than_five_points_are_refused() -> None:
    with pytest.raises(DataError, match="4 points; a baseline needs at least 5"):
        asls(np.ones((3, 4)))


@pytest.mark.parametrize("engine", ["auto", "banded"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", FUNCTIONS)
def test_a_value_that_is_not_finite_is_refused_with_its_place(
    method: str, value: float, engine: Engine
) -> None:
    matrix = np.random.default_rng(0).normal(10, 1, (130, 20))
    for row, column in ((17, 0), (17, 11), (64, 19)):
        matrix[row, column] = value
        with pytest.raises(DataError, match=rf"spectrum {row + 1} holds .* at point {column + 1};"):
            FUNCTIONS[method](matrix, engine=engine, threads=2, max_iter=column % 2)
        matrix[row, column] = 10.0


@pytest.mark.parametrize("shape", [(20,), (2, 3, 20)])
def test_what_is_not_a_matrix_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="give a matrix"):
        asls(np.ones(shape))


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("asls", {"lam": 0.0}),
        ("asls", {"lam": float("nan")}),
        ("asls", {"lam": 1e13}),
        ("asls", {"lam": "1e5"}),
        ("asls", {"p": 1.0}),
        ("asls", {"tol": 0.0}),
        ("asls", {"max_iter": -1}),
        ("asls", {"max_iter": 2.5}),
        ("iasls", {"lam_1": -1.0}),
        ("drpls", {"eta": 1.1}),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(method: str, parameters: dict[str, float]) -> None:
    name = next(iter(parameters))
    with pytest.raises(UsageError, match=f"{method}: {name} is"):
        correct(np.ones((1, 20)), method, parameters)


def test_no_spectra_give_no_baselines() -> None:
    result = asls(np.empty((0, 30)))
    assert result.baseline.shape == (0, 30)
    assert result.certificate.converged.shape == (0,)
