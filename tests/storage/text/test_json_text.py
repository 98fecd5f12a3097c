"""JSON text in one pass is what the standard library writes."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.storage.text.json_text import json_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=15,
)


@given(st.dictionaries(TEXTS, VALUES))
def test_the_text_is_that_of_the_standard_library(content):
    assert json_text(content) == json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def test_tuples_are_lists_and_numpys_floats_are_numbers():
    assert json.loads(json_text({"p": (np.float64(0.1), 2)})) == {"p": [0.1, 2]}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(value):
    assert json_text({"auc": value}) == '{\n "auc": null\n}\n'


def test_half_a_character_is_written_as_its_escape_in_keys_and_values():
    assert json.loads(json_text({"a\udcff": "b\udcff"}).encode()) == {"a\\udcff": "b\\udcff"}


@pytest.mark.parametrize("value", [np.int64(3), {1, 2}, b"x"])
def test_what_json_has_not_is_refused_by_name(value):
    with pytest.raises(TypeError, match="is not JSON serializable"):
        json_text({"a": value})
