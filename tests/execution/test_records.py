"""An outcome goes through JSON and arrays to the same bits, and nothing is made that the job doesn't name."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from spectra_dl.errors import ModelFileError, UsageError
from spectra_dl.execution.records import Record, recorded, restored


@dataclass(frozen=True)
class Figure:
    name: str
    value: object


@dataclass(frozen=True)
class Foreign:
    value: float


def through_json(outcome, types=()):
    record = recorded(outcome, types)
    text = json.dumps(record.content, allow_nan=False)
    return restored(Record(json.loads(text), record.arrays), types)


NUMBERS = st.floats(allow_nan=True) | st.integers(-(2**60), 2**60) | st.booleans() | st.none()
ARRAYS = st_numpy.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
    st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0),
)
VALUES = st.recursive(
    NUMBERS | st.text() | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
        | st.builds(Figure, st.text(), inner)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_every_outcome_comes_back_as_it_was(outcome):
    same(through_json(outcome, (Figure,)), outcome)


def same(after, before):
    assert type(after) is type(before)
    if isinstance(before, np.ndarray):
        assert (after.dtype, after.shape, after.tobytes()) == (before.dtype, before.shape, before.tobytes())
    elif isinstance(before, float):
        assert (
            math.isnan(after)
            if math.isnan(before)
            else (after, math.copysign(1, after))
            == (
                before,
                math.copysign(1, before),
            )
        )
    elif isinstance(before, dict):
        assert list(after) == list(before)
        for key, value in before.items():
            same(after[key], value)
    elif isinstance(before, list | tuple):
        assert len(after) == len(before)
        for one, other in zip(after, before, strict=True):
            same(one, other)
    elif isinstance(before, Figure):
        same(after.name, before.name)
        same(after.value, before.value)
    else:
        assert after == before


@pytest.mark.parametrize(
    "array", [np.array(["a", "bc"]), np.array([["x"], ["yz"]], dtype=object), np.array([], dtype=object)]
)
def test_arrays_of_texts_keep_their_kind(array):
    after = through_json(array)
    assert (after.dtype, after.shape, after.tolist()) == (array.dtype, array.shape, array.tolist())


def test_single_numbers_of_numpy_stay_what_they_are():
    after = through_json((np.float64(0.1), np.int64(3), np.bool_(True)))
    assert [type(one) for one in after] == [np.float64, np.int64, np.bool_]
    assert after == (0.1, 3, True)


@pytest.mark.parametrize("outcome", [Foreign(1.0), object(), {1: "a"}, np.array([object()]), {"a": {2.0}}])
def test_what_nobody_could_read_again_is_refused(outcome):
    with pytest.raises(UsageError, match="journal"):
        recorded(outcome, (Figure,))


@pytest.mark.parametrize(
    "content",
    [
        {"record": "Foreign", "fields": {"value": 1.0}},
        {"record": "Figure", "fields": {"name": "x"}},
        {"record": "Figure", "fields": [1]},
        {"array": "7"},
        {"float": "many"},
        {"tuple": 3},
        {"mapping": [[1, 2, 3]]},
        {"eval": "1"},
        {"a": 1, "b": 2},
        {},
    ],
)
def test_what_no_job_has_written_is_refused(content):
    with pytest.raises(ModelFileError, match="not the record of a finished job"):
        restored(Record(content, {}), (Figure,))
