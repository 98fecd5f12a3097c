"""Ids that stand twice are found however far apart they stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.table import SpectraTable


def block(ids, start=0):
    """Return a table of spectra with these ids in lines from ``start``."""
    places = text_array([f"line {start + at}" for at in range(len(ids))])
    return SpectraTable(np.zeros((len(ids), 3)), np.arange(3.0), text_array(ids), source=places)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=[]), min_size=1, max_size=3), min_size=1, max_size=6
        ),
        max_size=9,
    )
)
def test_a_stream_of_blocks_is_refused_exactly_where_an_id_stands_again(blocks):
    ids, seen, start = UniqueIds("a file"), {}, 0
    for names in blocks:
        first_again = None
        for at, name in enumerate(names):
            if name in seen or name in names[:at]:
                first_again = name
                break
        if first_again is None:
            ids.check(block(names, start))
        else:
            with pytest.raises(DataError, match="stands twice"):
                ids.check(block(names, start))
            return
        seen.update((name, start + at) for at, name in enumerate(names))
        start += len(names)


def test_both_places_are_named():
    ids = UniqueIds("a file")
    for start in range(0, 5000, 100):
        ids.check(block([f"S{start + at}" for at in range(100)], start))
    with pytest.raises(
        DataError, match=r"a file: sample id 'S1234' stands twice, in line 1234 and line 5001"
    ):
        ids.check(block(["other", "S1234"], 5000))


def test_an_empty_id_is_refused_with_its_place():
    with pytest.raises(DataError, match=r"line 8: the sample id is empty"):
        UniqueIds("a file").check(block(["a", ""], 7))
