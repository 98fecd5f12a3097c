"""Shapley's axioms, which only his value has."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.fusion.contributions.shapley import block_subsets, shapley_values

GAMES = st.tuples(st.integers(1, 6), st.integers(0, 10**6))


def game(count, seed):
    """Return blocks and a worth for each subset of them."""
    blocks = [f"block {number}" for number in range(count)]
    generator = np.random.default_rng(seed)
    return blocks, {subset: generator.normal(size=3) for subset in block_subsets(blocks)}


@settings(max_examples=60, deadline=None)
@given(GAMES)
def test_efficiency_the_values_add_up_to_the_worth_of_all(drawn):
    blocks, worth = game(*drawn)
    assert sum(shapley_values(worth, blocks).values()) == pytest.approx(worth[frozenset(blocks)])


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(2, 6), st.integers(0, 10**6)))
def test_symmetry_blocks_that_add_the_same_everywhere_get_the_same(drawn):
    blocks, worth = game(*drawn)
    first, second = blocks[:2]
    exchanged = {first: second, second: first}
    alike = {
        subset: worth[subset] + worth[frozenset(exchanged.get(block, block) for block in subset)]
        for subset in worth
    }
    values = shapley_values(alike, blocks)
    assert values[first] == pytest.approx(values[second])


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(2, 6), st.integers(0, 10**6)))
def test_dummy_a_block_that_adds_its_own_worth_everywhere_gets_that(drawn):
    blocks, worth = game(*drawn)
    dummy, own = blocks[0], np.array([0.0, 0.2, -1.0])
    nothing = np.zeros(3)
    with_dummy = {subset: worth.get(subset - {dummy}, nothing) + own * (dummy in subset) for subset in worth}
    assert shapley_values(with_dummy, blocks)[dummy] == pytest.approx(own)


@settings(max_examples=60, deadline=None)
@given(GAMES)
def test_additivity_values_of_a_sum_are_sums_of_values(drawn):
    blocks, worth = game(*drawn)
    _, other = game(drawn[0], drawn[1] + 1)
    summed = shapley_values({subset: worth[subset] + other[subset] for subset in worth}, blocks)
    apart = shapley_values(worth, blocks), shapley_values(other, blocks)
    for block in blocks:
        assert summed[block] == pytest.approx(apart[0][block] + apart[1][block])


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(1, 4), st.integers(0, 10**6)))
def test_they_are_means_over_all_orders_as_shapley_defined_them(drawn):
    blocks, worth = game(*drawn)
    worth[frozenset()] = np.zeros(3)
    for block in blocks:
        gains = [
            worth[frozenset(order[: order.index(block) + 1])] - worth[frozenset(order[: order.index(block)])]
            for order in permutations(blocks)
        ]
        assert shapley_values(worth, blocks)[block] == pytest.approx(np.mean(gains, axis=0))


def test_a_missing_subset_and_too_many_blocks_are_refused():
    blocks, worth = game(2, 0)
    del worth[frozenset(blocks[:1])]
    with pytest.raises(DataError, match="1 of 3 subsets"):
        shapley_values(worth, blocks)
    with pytest.raises(UsageError, match="1 to 6 blocks"):
        block_subsets("abcdefg")
    with pytest.raises(UsageError, match="each once"):
        block_subsets("aa")
