"""All five methods against pybaselines on generated spectra: any length, smoothing parameter and kind of input."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.spectra.baseline import correct

METHODS = ("asls", "arpls", "airpls", "iasls", "drpls")
KINDS = ("noisy", "negative", "saturated", "bands", "steep")
FloatArray = NDArray[np.float64]


def spectrum_of(kind: str, n_points: int, seed: int) -> FloatArray:
    """Make one spectrum of a kind that real files hold."""
    random = np.random.default_rng(seed)
    x = np.linspace(0, 1, n_points)
    noise = random.normal(size=n_points)
    background = 200 * np.exp(-random.uniform(1, 4) * x)
    bands = 80 * np.exp(-0.5 * ((x - random.random()) / 0.02) ** 2)
    match kind:
        case "noisy":
            return 50 * noise
        case "negative":
            return -background + bands + noise
        case "saturated":
            return np.minimum(background + 3 * bands + noise, 0.8 * background.max())
        case "steep":
            return 1e5 * np.exp(8 * x) + 30 * noise
        case _:
            return background + bands + noise


@pytest.mark.filterwarnings("ignore::pybaselines.utils.ParameterWarning")
@given(
    st.sampled_from(METHODS),
    st.sampled_from(KINDS),
    st.integers(20, 3000),
    st.floats(0, 9),
    st.integers(0, 2**32 - 1),
)
@example("airpls", "steep", 20, 0.482251155220799, 243000872)
@example("airpls", "steep", 1503, 8.09375, 0)
@example("airpls", "steep", 371, 4.977804738945386, 0)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_reweightings_agree_at_any_length_lam_and_kind(
    method: str, kind: str, n_points: int, log_lam: float, seed: int
) -> None:
    """Few iterations: later ones may hang on the sign of a rounding error, and on a detector's ceiling even the first."""
    from pybaselines import Baseline

    spectrum = spectrum_of(kind, n_points, seed)
    lam = 10.0**log_lam
    max_iter = 0 if kind == "saturated" else 2
    ours = correct(spectrum[np.newaxis], method, {"lam": lam, "max_iter": max_iter, "tol": 1e-6})
    expected, details = getattr(Baseline(), method)(spectrum, lam=lam, max_iter=max_iter, tol=1e-6)
    history = details["tol_history"]
    # Where the last step changed nothing but rounding, the one before may have changed nothing at all.
    fewest = len(history) - (history[-1] < 1e-12)
    assert fewest <= ours.certificate.iterations[0] <= len(history)
    # Systems of a larger lam and smaller weights are worse conditioned: exact algorithms then differ by rounding alone.
    weight = {"asls": 1e-2, "iasls": 1e-4}.get(method, 1e-3)  # the others' reach 0, then few points carry all
    # Rounding goes with the solution's size: a line drawn from a few points through the rest may leave the spectrum far behind. In the
    # second example the peer is 37,337 from a solution in extended precision, and ours 176.
    size = max(np.abs(spectrum).max(), np.abs(expected).max())
    # There the system is worse conditioned too: in the third example they differ by 1.01e-7 of it.
    left_behind = size > 2 * np.abs(spectrum).max()
    tolerance = (1e-6 if left_behind else 1e-7) * max(1.0, lam / 1e6 * 1e-2 / weight) * size
    np.testing.assert_allclose(ours.baseline[0], expected, rtol=0, atol=tolerance)


@given(
    st.sampled_from(METHODS),
    st.integers(5, 3000),
    st.floats(-3, 9),
    st.floats(-1e6, 1e6),
    st.sampled_from(["constant", "linear"]),
)
@settings(max_examples=100, deadline=None)
def test_what_never_bends_is_its_own_baseline(
    method: str, n_points: int, log_lam: float, height: float, kind: str
) -> None:
    slope = 0.0 if kind == "constant" or method == "drpls" else 1.0  # drpls penalises slopes too
    spectrum = height + slope * np.arange(n_points)
    result = correct(spectrum[np.newaxis], method, {"lam": 10.0**log_lam})
    size = max(1.0, np.abs(spectrum).max())
    # All residuals are rounding errors, whose signs make weights: two points may carry the whole line, and the
    # condition of that system grows with the fourth power of its length. The peer loses as much: of 1,500 lines the highest relative errors
    # of arpls were .0020 and .0019, of a hundred one was above .0007 of ours and .0017 of the peer's.
    tolerance = 1e-5 + 16 * 10.0**log_lam / 1e-4 * 1e-15 + 1e-16 * float(n_points) ** 4
    assert np.abs(result.baseline[0] - spectrum).max() <= tolerance * size


@given(st.sampled_from(METHODS), st.integers(0, 4))
def test_spectra_too_short_for_a_second_difference_are_refused(method: str, n_points: int) -> None:
    with pytest.raises(DataError, match="needs at least 5"):
        correct(np.ones((2, n_points)), method, {})


@given(st.sampled_from(METHODS), st.integers(5, 400), st.integers(1, 20), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_spectrum_has_the_same_bits_in_any_company(
    method: str, n_points: int, n_spectra: int, seed: int
) -> None:
    spectra = np.stack([spectrum_of(KINDS[k % 5], n_points, seed + k) for k in range(n_spectra)])
    batch = correct(spectra[::-1], method, {"lam": 1e4}).baseline[::-1]
    alone = [correct(spectrum[np.newaxis], method, {"lam": 1e4}).baseline[0] for spectrum in spectra]
    assert np.array_equal(batch, np.stack(alone))
