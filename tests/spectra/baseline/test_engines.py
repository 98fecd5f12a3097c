"""The compiled kernels and LAPACK against pybaselines and each other; what no batch may change."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import binding
from numpy.typing import NDArray

from spectra_dl.errors import SpectraDLWarning, UsageError
from spectra_dl.spectra.baseline import BaselineResult, airpls, arpls, asls, compiled, drpls, iasls
from spectra_dl.spectra.baseline.compiled import KERNELS
from spectra_dl.spectra.baseline.whittaker import Engine
from spectra_dl.spectra.compiler.aligned import aligned_empty

FloatArray = NDArray[np.float64]
FUNCTIONS = {"asls": asls, "arpls": arpls, "airpls": airpls, "iasls": iasls, "drpls": drpls}
# The least a point may weigh with the default p: two exact solvers differ by rounding in proportion to lam over it.
LEAST_WEIGHT = {"iasls": 1e-4}


def tolerance(method: str, lam: float) -> float:
    return 1e-7 * max(1.0, lam / 1e8 / LEAST_WEIGHT.get(method, 1e-2))


@st.composite
def ordinary_spectra(draw: st.DrawFn) -> FloatArray:
    """One spectrum of 50 to 3,000 points with noise: bands on a slope, steps, below zero, tiny or huge."""
    n_points = draw(st.sampled_from([50, 51, 128, 700, 1000, 3000]))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    x = np.linspace(0, 1, n_points)
    spectrum = 100 * np.exp(-x * random.random()) + random.normal(size=n_points)
    for _ in range(draw(st.integers(0, 5))):
        spectrum += 300 * random.random() * np.exp(-0.5 * ((x - random.random()) / 0.02) ** 2)
    if draw(st.booleans()):
        spectrum = np.round(spectrum, 1)
    return spectrum * draw(st.sampled_from([1.0, -1.0, 1e-9, 1e9]))


@pytest.mark.filterwarnings("ignore:almost all baseline points")  # pybaselines of its own result
@pytest.mark.parametrize("engine", ["auto", "banded"])
@pytest.mark.parametrize("method", FUNCTIONS)
@given(spectrum=ordinary_spectra(), power=st.floats(0, 9))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_engines_take_the_steps_of_pybaselines(
    method: str, engine: Engine, spectrum: FloatArray, power: float
) -> None:
    from pybaselines import Baseline

    lam = 10**power
    result = FUNCTIONS[method](spectrum[np.newaxis], lam=lam, engine=engine)
    expected, details = getattr(Baseline(), method)(spectrum, lam=lam)
    assert result.certificate.iterations[0] == len(details["tol_history"])
    difference = np.abs(result.baseline[0] - expected).max() / np.abs(spectrum).max()
    assert difference <= tolerance(method, lam)


@st.composite
def hard_spectra(draw: st.DrawFn) -> FloatArray:
    """Constant, straight, clipped, near-empty or very short spectra: rounding decides on weights."""
    n_points = draw(st.sampled_from([5, 6, 7, 8, 20, 999, 3000]))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    x = np.linspace(0, 1, n_points)
    bands = 100 + 50 * np.exp(-0.5 * ((x - 0.5) / 0.1) ** 2) + random.normal(size=n_points)
    kinds = {
        "constant": np.full(n_points, 3.7),
        "zero": np.zeros(n_points),
        "straight": 5 - 900 * x,
        "clipped": np.minimum(bands, 110.0),
        "one point": np.where(x == x[n_points // 2], 1e6, 0.0),
        "noise": random.normal(size=n_points),
        "small": bands * 1e-150,
        "large": bands * 1e10,
    }
    return kinds[draw(st.sampled_from(sorted(kinds)))]


@pytest.mark.parametrize("method", FUNCTIONS)
@given(spectra=st.lists(hard_spectra(), min_size=1, max_size=4), power=st.floats(-3, 12))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_hard_spectra_end_with_a_finite_baseline_and_an_honest_certificate(
    method: str, spectra: list[FloatArray], power: float
) -> None:
    for spectrum in spectra:
        for engine in ("auto", "banded"):
            result = FUNCTIONS[method](spectrum[np.newaxis], lam=10**power, engine=engine)
            certificate = result.certificate
            assert np.isfinite(result.baseline).all()
            assert 0 <= certificate.iterations[0] <= 51
            assert certificate.converged[0] == (certificate.final_change[0] < 1e-3)


def assert_same_bits(actual: BaselineResult, expected: BaselineResult) -> None:
    assert np.array_equal(actual.baseline, expected.baseline)
    for name in ("converged", "iterations", "final_change", "fraction_below_zero", "roughness"):
        np.testing.assert_array_equal(getattr(actual.certificate, name), getattr(expected.certificate, name))


@pytest.fixture(scope="module")
def mixed() -> FloatArray:
    """Three hundred spectra that need from few to all iterations, with hopeless ones among them."""
    random = np.random.default_rng(4)
    x = np.linspace(0, 1, 200)
    spectra = 100 * np.exp(-x * random.random((300, 1))) + random.normal(size=(300, 200))
    spectra += 200 * random.random((300, 1)) * np.exp(-0.5 * ((x - random.random((300, 1))) / 0.02) ** 2)
    spectra[::17] = 0
    spectra[5::31] *= 1e150
    spectra[7::29] = random.normal(size=200)
    return spectra


def select(result: BaselineResult, rows: slice) -> BaselineResult:
    names = ("converged", "iterations", "final_change", "fraction_below_zero", "roughness")
    return BaselineResult(
        result.baseline[rows],
        type(result.certificate)(*(getattr(result.certificate, name)[rows] for name in names)),
    )


@pytest.mark.parametrize("method", FUNCTIONS)
def test_no_batch_size_and_no_neighbour_changes_a_bit(method: str, mixed: FloatArray) -> None:
    fit = FUNCTIONS[method]
    whole = fit(mixed, lam=1e4)
    for rows in (
        slice(0, 1),
        slice(0, 7),
        slice(3, 11),
        slice(4, 8),
        slice(8, 13),
        slice(20, 22),
        slice(50, 59),
        slice(299, 300),
        slice(100, 300),
    ):
        assert_same_bits(fit(mixed[rows], lam=1e4), select(whole, rows))


@pytest.mark.parametrize("method", FUNCTIONS)
@pytest.mark.parametrize("threads", [2, 3, 4])
def test_the_number_of_threads_changes_no_bit(method: str, threads: int, mixed: FloatArray) -> None:
    fit = FUNCTIONS[method]
    assert_same_bits(fit(mixed, lam=1e4, threads=threads), fit(mixed, lam=1e4, threads=1))


@pytest.mark.parametrize("method", FUNCTIONS)
def test_what_stood_in_the_memory_before_changes_no_bit(
    method: str, mixed: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = mixed[:3]  # fewer than lanes: some never get a spectrum
    expected = FUNCTIONS[method](few, lam=1e4)
    for left in (np.nan, np.inf, -1.0, 5e-324):

        def used_before(length: int, left: float = left) -> FloatArray:
            memory = aligned_empty(length)
            memory.fill(left)
            return memory

        monkeypatch.setattr(compiled, "aligned_empty", used_before)
        assert_same_bits(FUNCTIONS[method](few, lam=1e4), expected)


@pytest.mark.parametrize("method", FUNCTIONS)
def test_lanes_without_a_spectrum_compute_on_nothing_subnormal(
    method: str, mixed: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A processor takes twenty times as long for it, and memory that held whole numbers is full of it."""
    handed_out = []

    def used_before(length: int) -> FloatArray:
        handed_out.append(aligned_empty(length))
        handed_out[-1].view(np.int64)[:] = np.arange(1, length + 1)
        return handed_out[-1]

    monkeypatch.setattr(compiled, "aligned_empty", used_before)
    for n_spectra in (1, 3, 5):
        FUNCTIONS[method](mixed[:n_spectra], lam=1e4)
        lanes = 4 if n_spectra <= 4 else 8
        tile = handed_out.pop()[: KERNELS[method].slots * mixed.shape[1] * lanes]
        idle = tile.reshape(-1, lanes)[:, n_spectra:]
        assert not np.any((idle != 0) & (np.abs(idle) < np.finfo(np.float64).tiny))


@pytest.mark.parametrize("method", FUNCTIONS)
@pytest.mark.parametrize(
    ("processor", "needs"), [("nehalem", "sse4.2"), ("haswell", "fma"), ("skylake-avx512", "avx512f")]
)
def test_few_and_many_have_the_same_bits_on_other_processors(
    method: str, processor: str, needs: str, mixed: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few are compiled apart, four side by side: where a processor fuses products and sums, it does so at the same places."""
    if not binding.get_host_cpu_features().get(needs):
        pytest.skip(f"this processor can't run code for {processor}")
    monkeypatch.setattr(binding, "get_host_cpu_name", lambda: processor)
    monkeypatch.setattr(binding, "get_host_cpu_features", binding.FeatureMap)
    monkeypatch.setattr(compiled, "_compiled", cache(compiled._compiled.__wrapped__))
    whole = FUNCTIONS[method](mixed[:40], lam=1e4)
    for rows in (slice(0, 1), slice(1, 5), slice(30, 33)):
        assert_same_bits(FUNCTIONS[method](mixed[rows], lam=1e4), select(whole, rows))


def test_memory_layout_changes_no_bit(mixed: FloatArray) -> None:
    assert_same_bits(asls(np.asfortranarray(mixed)), asls(mixed))
    assert_same_bits(asls(mixed[::-1]), asls(mixed[::-1].copy()))


@pytest.mark.parametrize("method", ["asls", "arpls", "drpls"])
def test_a_spectrum_the_kernels_cannot_solve_gets_the_banded_result(method: str) -> None:
    """A lam so large that in double precision no pivot is safe; next to a sound spectrum, which must not change."""
    random = np.random.default_rng(0)
    rough = np.cumsum(random.normal(size=(3, 3000)), axis=1)
    fit = FUNCTIONS[method]
    result = fit(rough, lam=1e12)
    assert np.isfinite(result.baseline).all()
    assert_same_bits(fit(rough[1:2], lam=1e12), select(result, slice(1, 2)))


def test_an_unknown_engine_or_thread_count_is_refused() -> None:
    with pytest.raises(UsageError, match="engine is 'gpu'; give one of auto, banded"):
        asls(np.ones((1, 9)), engine="gpu")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="threads is 0"):
        asls(np.ones((1, 9)), threads=0)


def test_without_the_compiler_lapack_takes_over_and_says_so(repository: Path) -> None:
    code = (
        "import sys, warnings, numpy as np\n"
        "sys.modules['llvmlite'] = None\n"
        "from spectra_dl.spectra.baseline import asls\n"
        "spectra = np.random.default_rng(0).random((3, 60))\n"
        "with warnings.catch_warnings(record=True) as warned:\n"
        "    warnings.simplefilter('always')\n"
        "    result = asls(spectra)\n"
        "assert np.array_equal(result.baseline, asls(spectra, engine='banded').baseline)\n"
        "print(warned[0].category.__name__, warned[0].message)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )
    assert completed.stdout.startswith(f"{SpectraDLWarning.__name__} baselines are fitted with LAPACK")


def test_where_memory_is_short_lapack_does_not_take_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait for ever; llvmlite says that it can't be found, and the loader of libraries why."""

    def without_room(*_: object) -> None:
        try:
            raise OSError("libllvmlite.so: failed to map segment from shared object")
        except OSError:
            raise OSError("Could not find/load shared object file")  # noqa: B904 - as llvmlite does

    monkeypatch.setattr(compiled, "fit", without_room)
    with pytest.raises(MemoryError, match="not enough memory to load the compiler"):
        asls(np.ones((1, 9)))


def test_the_kernels_import_no_scipy_and_no_numba(repository: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from spectra_dl.spectra.baseline import asls\n"
        "asls(np.random.default_rng(0).random((3, 60)))\n"
        "print([name for name in ('scipy', 'numba', 'pybaselines') if name in sys.modules])"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )
    assert completed.stdout.strip() == "[]"
