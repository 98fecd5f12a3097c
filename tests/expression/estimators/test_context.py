"""The inputs of a model: each section by itself, rings worked by hand, blocks of one weight."""

import numpy as np
import pytest

from spectra_dl.expression.estimators.context import design, head_inputs, ring_means, standardised
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock


def grid(side, pitch=100.0):
    """Return places ``(side², 2)`` of a square grid, row by row."""
    row, column = np.mgrid[:side, :side]
    return np.stack([column.ravel(), row.ravel()], axis=1) * pitch


def spots(features, section, widths=None, *, position=None, pitch=100.0):
    """Return a table of spots; each section a square grid where no places are given."""
    n = len(features)
    if position is None:
        sizes = [list(section).count(name) for name in dict.fromkeys(section)]
        position = np.concatenate([grid(round(size**0.5)) for size in sizes])
    widths = widths or [features.shape[1]]
    return SpotTable(
        features=np.asarray(features, dtype=np.float32),
        blocks=tuple(FeatureBlock(f"simulated{at}", 100.0, width) for at, width in enumerate(widths)),
        position_um=position,
        pitch_um=np.broadcast_to(pitch, n).astype(float),
        section=np.array(list(section), dtype=object),
        patient=np.array(list(section), dtype=object),
        library=np.ones(n),
    )


def drawn(n, width=4, seed=0):
    """Return features ``(n, width)`` of unlike means and scales."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, width)) * generator.uniform(0.1, 30, width) + 50


def test_rings_on_a_grid_of_five_by_five_are_as_counted_by_hand():
    # Numbered 0 to 24 row by row: the middle, 12, touches eight; the sixteen at the edge lie two steps away.
    values = np.arange(25.0)[:, None] ** 2
    near, far = ring_means(values, grid(5), np.full(25, 100.0))
    touching = [6, 7, 8, 11, 13, 16, 17, 18]
    edge = sorted(set(range(25)) - {12, *touching})
    assert near[12, 0] == pytest.approx(np.mean([at**2 for at in touching]))
    assert far[12, 0] == pytest.approx(np.mean([at**2 for at in edge]))


def test_rings_of_a_corner_hold_what_there_is():
    values = np.arange(25.0)[:, None] ** 2
    near, far = ring_means(values, grid(5), np.full(25, 100.0))
    assert near[0, 0] == pytest.approx(np.mean([1**2, 5**2, 6**2]))
    assert far[0, 0] == pytest.approx(np.mean([2**2, 7**2, 10**2, 11**2, 12**2]))


def test_rings_of_a_hexagonal_grid_hold_6_and_24_spots():
    row, column = (axis.ravel() for axis in np.mgrid[:9, :9])
    position = np.stack([(column + 0.5 * (row % 2)) * 100.0, row * 3**0.5 * 50], axis=1)
    middle = 40
    ranked = np.argsort(np.linalg.norm(position - position[middle], axis=1), kind="stable")
    # By hand: 6 spots at 1 pitch; then 6 at the root of 3, 6 at 2 and 12 at the root of 7; the next lie at 3.
    values = np.zeros((81, 2))
    values[ranked[1:7], 0], values[ranked[7:31], 1] = 6.0, 24.0
    near, far = ring_means(values, position, np.full(81, 100.0))
    np.testing.assert_allclose(near[middle], [6.0, 0.0])
    np.testing.assert_allclose(far[middle], [0.0, 24.0])


def test_a_spot_without_neighbours_stands_for_its_own_surroundings():
    position = np.array([[0.0, 0.0], [100.0, 0.0], [9000.0, 9000.0]])
    near, far = ring_means(np.array([[1.0], [3.0], [8.0]]), position, np.full(3, 100.0))
    np.testing.assert_allclose(near[:, 0], [3.0, 1.0, 8.0])
    np.testing.assert_allclose(far[:, 0], [1.0, 3.0, 8.0])


def test_rings_are_counted_in_pitches_whatever_the_unit():
    values = drawn(25)
    coarse_pitch = ring_means(values, grid(5), np.full(25, 100.0))
    fine_pitch = ring_means(values, grid(5, pitch=7.0), np.full(25, 7.0))
    np.testing.assert_allclose(coarse_pitch, fine_pitch)


def test_columns_get_mean_0_and_deviation_1_and_constant_ones_become_0():
    values = drawn(30)
    values[:, 2] = 0.1 + 0.2
    scaled = standardised(values)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0, 1], atol=1e-12)


def test_each_section_is_standardised_over_its_own_spots():
    features = np.concatenate([drawn(25), 1000 + 9 * drawn(36, seed=1)])
    inputs = design(spots(features, "a" * 25 + "b" * 36), surroundings=True)
    for rows in (slice(0, 25), slice(25, 61)):
        np.testing.assert_allclose(inputs[rows].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(inputs[rows].std(axis=0), 1, atol=1e-5)


def test_the_surroundings_are_the_standardised_means_of_the_rings():
    features = drawn(25)
    inputs = design(spots(features, "a" * 25), surroundings=True)
    scaled = standardised(features.astype(np.float32).astype(np.float64))
    for ring, mean in enumerate(ring_means(scaled, grid(5), np.full(25, 100.0)), start=1):
        np.testing.assert_allclose(inputs[:, ring], standardised(mean), atol=1e-5)


def test_a_section_is_shown_the_same_whatever_else_is_in_the_table():
    first, second = drawn(25), drawn(36, seed=1)
    alone = design(spots(first, "a" * 25), surroundings=True)
    # The other section lies at the very same places.
    both = design(spots(np.concatenate([first, second]), "a" * 25 + "b" * 36), surroundings=True)
    np.testing.assert_array_equal(both[:25], alone)
    changed = design(spots(np.concatenate([first, -7 * second]), "a" * 25 + "b" * 36), surroundings=True)
    np.testing.assert_array_equal(changed[:25], alone)


def test_sections_whose_spots_are_mixed_are_told_apart():
    first, second = drawn(25), drawn(25, seed=1)
    order = np.random.default_rng(2).permutation(50)
    table = spots(np.concatenate([first, second]), "a" * 25 + "b" * 25)
    np.testing.assert_allclose(
        design(table[order], surroundings=True), design(table, surroundings=True)[order], atol=1e-5
    )


def test_another_stain_of_the_same_tissue_is_shown_the_same():
    features = drawn(25)
    stained = features * np.array([2.0, 0.5, 3.0, 1.5]) + np.array([5.0, -40.0, 0.0, 9.0])
    np.testing.assert_allclose(
        *(design(spots(each, "a" * 25), surroundings=True) for each in (features, stained)), atol=1e-4
    )


def test_blocks_of_unlike_width_have_one_weight():
    inputs = design(spots(drawn(36, width=21), "a" * 36, [1, 4, 16]), surroundings=True)
    for place in range(3):
        squares = (inputs[:, place].astype(np.float64) ** 2).mean(axis=0)
        weight = [squares[at].sum() for at in (slice(0, 1), slice(1, 5), slice(5, 21))]
        np.testing.assert_allclose(weight, 7.0, rtol=1e-4)  # 21 features in 3 blocks


@pytest.mark.parametrize(("surroundings", "places"), [(True, 3), (False, 1)])
def test_the_surroundings_are_shown_where_they_are_asked_for(surroundings, places):
    table = spots(drawn(25), "a" * 25)
    inputs = design(table, surroundings=surroundings)
    assert inputs.shape == (25, places, 4)
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[:, 0], design(table, surroundings=False)[:, 0])


def test_a_head_on_tiles_is_shown_the_pixels_as_they_are():
    table = spots(drawn(25), "a" * 25)
    np.testing.assert_array_equal(head_inputs("fine-tuned", table, surroundings=False)[:, 0], table.features)
    np.testing.assert_array_equal(
        head_inputs("context", table, surroundings=True), design(table, surroundings=True)
    )
