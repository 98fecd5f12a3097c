"""What every map has: names of files that differ, however many and however alike names of slides are."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.imaging.overlays.map_parts import file_stems


@given(st.lists(st.text(alphabet="aA1_/2\u00e9", max_size=4), max_size=30))
def test_all_stems_differ_also_where_case_is_ignored(names):
    stems = file_stems(names, "map_")
    assert len(stems) == len(names) == len({stem.lower() for stem in stems})
    assert all(stem.isascii() and "/" not in stem for stem in stems)


@given(st.lists(st.sampled_from(["a", "A", "a_2", "A_3", "a_2_2", "b"]), max_size=12))
def test_a_name_gets_the_lowest_number_that_is_free(names):
    taken = []
    for name, stem in zip(names, file_stems(names), strict=True):
        numbered = [name, *(f"{name}_{number}" for number in range(2, 20))]
        assert stem == next(each for each in numbered if each.lower() not in taken)
        taken.append(stem.lower())


@pytest.mark.parametrize("name", ["slide", "slide{}", "/{}", "slide_2"])
def test_twenty_thousand_names_are_no_work(name):
    started = time.process_time()
    assert len(set(file_stems([name.format(number) for number in range(20_000)]))) == 20_000
    assert time.process_time() - started < 5
