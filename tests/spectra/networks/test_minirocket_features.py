"""MiniRocket's features in machine code are those of torch, to the last bit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.spectra.networks import minirocket_compiled
from spectra_dl.spectra.networks.minirocket_compiled import compiled_features
from spectra_dl.spectra.networks.minirocket_features import features_on_processor
from spectra_dl.spectra.networks.minirocket_kernels import KERNELS, dilation_counts, rocket_features


def problem(points: int, per_kernel: int, rows: int, seed: int, grid: float = 0.0):
    """Spectra, dilations and thresholds; on a grid many outputs equal a threshold exactly."""
    generator = np.random.default_rng(seed)
    spectra = generator.normal(size=(rows, points))
    spectra = (np.round(spectra / grid) * grid if grid else spectra).astype(np.float32)
    dilations, counts = dilation_counts(points, per_kernel)
    thresholds = []
    for count in counts:
        drawn = 3 * generator.normal(size=(KERNELS, count))
        thresholds.append((np.round(drawn / grid) * grid if grid else drawn).astype(np.float32))
    return spectra, dilations, thresholds


def by_torch(spectra, dilations, thresholds):
    compared = [torch.from_numpy(each) for each in thresholds]
    return rocket_features(torch.from_numpy(spectra), dilations, compared).numpy()


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(
    points=st.one_of(st.integers(9, 60), st.integers(61, 1200)),
    per_kernel=st.sampled_from([1, 5, 50]),
    rows=st.integers(1, 3),
    seed=st.integers(0, 99),
    grid=st.sampled_from([0.0, 0.5]),
)
def test_machine_code_gives_the_bits_of_torch(
    points: int, per_kernel: int, rows: int, seed: int, grid: float
) -> None:
    given_ = problem(points, per_kernel, rows, seed, grid)
    np.testing.assert_array_equal(compiled_features(*given_), by_torch(*given_))


def test_a_spectrum_has_its_features_whatever_stands_beside_it() -> None:
    spectra, *fitted = problem(300, 50, 9, 0)
    alone = np.concatenate([compiled_features(spectra[row : row + 1], *fitted) for row in range(9)])
    np.testing.assert_array_equal(compiled_features(spectra, *fitted), alone)
    broken = spectra.copy()
    broken[4] = np.nan
    beside = np.delete(compiled_features(broken, *fitted), 4, axis=0)
    np.testing.assert_array_equal(beside, np.delete(alone, 4, axis=0))


def test_no_spectra_have_no_features() -> None:
    spectra, *fitted = problem(40, 5, 1, 0)
    assert compiled_features(spectra[:0], *fitted).shape == (0, 5 * KERNELS)


def test_without_a_compiler_torch_forms_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given_ = problem(200, 50, 70, 1)

    def refuses(*arguments: object) -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(minirocket_compiled, "_compiled", refuses)
    np.testing.assert_array_equal(features_on_processor(*given_), by_torch(*given_))
    assert features_on_processor(given_[0][:0], *given_[1:]).shape == (0, 50 * KERNELS)
