"""The quick way through a row gives what the careful way gives, or nothing."""

import math
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spectra_dl.spectra.readers.text.numbers import NumberFormat
from spectra_dl.spectra.readers.text.plain_row import PlainRow

POINT, COMMA = NumberFormat("."), NumberFormat(",")
digits = st.from_regex(r"[+-]?[0-9]{0,20}\.?[0-9]{0,20}([eE][+-]?[0-9]{1,3})?", fullmatch=True)
cells = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**25), 10**25).map(str),
    digits,
    st.sampled_from(
        ["", " 1", "nan", "null", "true", "[1]", '"1"', "1_0", "٣", "1,5", "0x1", "-0", "1e999", "{}"]
    ),
)


@given(st.lists(cells, min_size=3, max_size=8))
@example(["9007199254740993", "0.1", "1e23"])
@example(["5e-324", "2.2250738585072011e-308", "1.7976931348623157e308"])
def test_it_reads_what_the_careful_way_reads_to_the_last_bit_or_leaves_the_row(numbers):
    fields = PlainRow(";", ".", 1, len(numbers)).read(";".join(["id", *numbers]))
    if fields is not None:
        texts, values = fields
        assert texts == ["id"]
        np.testing.assert_array_equal(values, POINT.row(numbers))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
@example([sys.float_info.min, math.ulp(0.0), sys.float_info.max])
def test_numbers_as_python_and_numpy_write_them_are_read_the_quick_way(values):
    row = ",".join(["a", "b", *map(repr, values)])
    texts, fields = PlainRow(",", ".", 2, len(values)).read(row)
    assert texts == ["a", "b"]
    np.testing.assert_array_equal(fields, values)


def test_a_decimal_comma_is_read_and_a_point_beside_it_is_left():
    plain = PlainRow.of(";", COMMA, 1, 2)
    np.testing.assert_array_equal(plain.read("a;1,5;-2,25e3")[1], [1.5, -2250.0])
    assert plain.read("a;1.500,5;2") is None


@pytest.mark.parametrize(
    "row",
    [
        "id,1,2",
        "id,1,2,3,4",
        "id,1,,3",
        "id,1,2,",
        "id",
        "",
        "id,1,2,NA",
        "id,1,[2],3",
        "id,1,2,3]",
        "id,true,2,3",
        "id,1,null,3",
        "id,1,{},3",
        "id,1,[2,3]",
        'id,1,"2",3',
    ],
)
def test_rows_that_are_short_long_or_not_of_plain_numbers_are_left(row):
    assert PlainRow(",", ".", 1, 3).read(row) is None


def test_blanks_around_a_number_change_nothing():
    np.testing.assert_array_equal(PlainRow(",", ".", 1, 3).read("id,1 , 2,3\t")[1], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("delimiter", "spelling"),
    [(" ", POINT), (",", COMMA), (";", NumberFormat(",", ".")), (",", NumberFormat(".", "'"))],
)
def test_spellings_that_need_care_have_no_quick_way(delimiter, spelling):
    assert PlainRow.of(delimiter, spelling, 1, 3) is None
