"""The maps against plain loops, worked cases and what they promise by definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spectra_dl.spectra.transfer.methods import (
    direct_standardisation,
    external_parameter_orthogonalisation,
    piecewise_direct_standardisation,
    transfer_by_orthogonal_projection,
)

seeds = st.integers(0, 10_000)
short = hypothesis_settings(max_examples=25, deadline=None, derandomize=True)


def drawn(seed: int, samples: int = 6, points: int = 17) -> tuple[np.ndarray, np.ndarray]:
    """Slave and master of random samples."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(samples, points)), generator.normal(size=(samples, points))


def plain_pds(
    slave: np.ndarray, master: np.ndarray, half: int, components: int, spectra: np.ndarray
) -> np.ndarray:
    """Piecewise direct standardisation as it is written down: one regression on principal components after the other."""
    mapped = np.zeros(spectra.shape)
    for point in range(slave.shape[1]):
        low, high = max(0, point - half), min(slave.shape[1], point + half + 1)
        window = slave[:, low:high]
        values, vectors = np.linalg.eigh(window.T @ window)
        order = np.argsort(values)[::-1][: min(components, len(slave))]
        directions = vectors[:, [one for one in order if values[one] > 1e-12 * values.max()]]
        coefficients = np.linalg.lstsq(window @ directions, master[:, point], rcond=None)[0]
        mapped[:, point] = spectra[:, low:high] @ (directions @ coefficients)
    return mapped


@pytest.mark.parametrize(("half", "components"), [(0, 1), (1, 1), (2, 2), (3, 3), (3, 9)])
def test_pds_is_what_a_plain_loop_computes(half, components):
    slave, master = drawn(1)
    others, _ = drawn(2)
    mapped = piecewise_direct_standardisation(slave, master, half, components)(others)
    np.testing.assert_allclose(mapped, plain_pds(slave, master, half, components, others), atol=1e-9)


def test_a_response_is_worked_out_by_hand():
    slave, master = np.array([[1.0, 2.0], [2.0, 2.0]]), np.array([[2.0, 1.0], [4.0, 1.0]])
    learned = piecewise_direct_standardisation(slave, master, 0, 1)
    np.testing.assert_allclose(learned.weights, [[2.0], [0.5]])
    np.testing.assert_allclose(learned(np.array([[3.0, 4.0]])), [[6.0, 2.0]])


def test_a_shift_by_a_point_is_worked_out_by_hand():
    slave = np.eye(4)
    master = np.roll(slave, 1, axis=1)
    master[:, 0] = 0  # what would come from beyond the end
    learned = piecewise_direct_standardisation(slave, master, 1, 3)
    np.testing.assert_allclose(learned.weights, [[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(learned(np.array([[5.0, 6.0, 7.0, 8.0]])), [[0, 5, 6, 7]], atol=1e-12)


@short
@given(seed=seeds)
def test_ds_is_exact_where_the_instruments_differ_by_any_linear_map(seed):
    generator = np.random.default_rng(seed)
    slave, response = (
        generator.normal(size=(8, 5)) @ generator.normal(size=(5, 12)),
        generator.normal(size=(12, 12)),
    )
    learned = direct_standardisation(slave, slave @ response, 8)
    new = generator.normal(size=(3, 8)) @ slave
    np.testing.assert_allclose(learned(new), new @ response, atol=1e-7 * np.abs(new @ response).max())


@short
@given(seed=seeds, directions=st.integers(1, 3))
def test_epo_takes_away_the_subspace_in_which_instruments_differ_and_nothing_else(seed, directions):
    generator = np.random.default_rng(seed)
    master = generator.normal(size=(9, 14))
    subspace, _ = np.linalg.qr(generator.normal(size=(14, directions)))
    slave = master + generator.normal(size=(9, directions)) @ subspace.T
    project = external_parameter_orthogonalisation(slave, master, directions)
    np.testing.assert_allclose(project(slave), project(master), atol=1e-9)
    np.testing.assert_allclose(project(subspace.T), 0.0, atol=1e-9)
    others = generator.normal(size=(4, 14))
    orthogonal = others - others @ subspace @ subspace.T
    np.testing.assert_allclose(project(orthogonal), orthogonal, atol=1e-9)


def test_top_makes_the_means_equal_and_does_nothing_where_they_are():
    slave, master = drawn(3)
    project = transfer_by_orthogonal_projection(slave, master)
    np.testing.assert_allclose(project(slave).mean(axis=0), project(master).mean(axis=0), atol=1e-12)
    np.testing.assert_array_equal(transfer_by_orthogonal_projection(master, master)(slave), slave)


@short
@given(seed=seeds, factor=st.floats(0.01, 100))
def test_every_map_is_linear_without_an_intercept_and_projections_are_idempotent(seed, factor):
    slave, master = drawn(seed)
    others, more = drawn(seed + 1)
    maps = [
        direct_standardisation(slave, master, 3),
        piecewise_direct_standardisation(slave, master, 2, 2),
        external_parameter_orthogonalisation(slave, master, 2),
        transfer_by_orthogonal_projection(slave, master),
    ]
    for learned in maps:
        expected = factor * learned(others) + learned(more)
        np.testing.assert_allclose(learned(factor * others + more), expected, rtol=1e-7, atol=1e-7 * factor)
    for project in maps[2:]:
        np.testing.assert_allclose(project(project(others)), project(others), atol=1e-9)
