"""What is written as text comes back bit for bit, whatever the delimiter and the decimal mark."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.evenness import foreign_points
from spectra_dl.spectra.readers.text.columns.companions import is_no_sample
from spectra_dl.spectra.readers.text.header import AxisNames
from spectra_dl.spectra.readers.text.numbers import NumberFormat, decide_format

IDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=12
)
VALUES = st.floats(allow_nan=False, allow_infinity=False, width=64)


@st.composite
def tables(draw):
    points = draw(st.integers(20, 40))
    count = draw(st.integers(1, 6))
    step = draw(st.sampled_from([0.5, 1.0, 1.37, 2.0, 7.5]))
    axis = draw(st.sampled_from([-20.0, 100.25, 400.0])) + step * np.arange(points)
    ids = draw(
        st.lists(
            IDS.filter(lambda text: not text.startswith("#") and not is_no_sample("S" + text)),
            min_size=count,
            max_size=count,
            unique=True,
        )
    )
    values = draw(
        st.lists(st.lists(VALUES, min_size=points, max_size=points), min_size=count, max_size=count)
    )
    return axis, ["S" + name for name in ids], values


def as_text(axis, ids, values, delimiter, decimal, order):
    def spell(number):
        return repr(float(number)).replace(".", decimal)

    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["sample_id", *(spell(axis[k]) for k in order)])
    for name, row in zip(ids, values, strict=True):
        writer.writerow([name, *(spell(row[k]) for k in order)])
    return stream.getvalue()


@pytest.mark.parametrize("name", ['S"', 'a"b', '"', "two\nlines", 'a,"b"'])
def test_one_spectrum_whose_id_needs_quotes_survives(write, name):
    axis = -20 + 0.5 * np.arange(24)
    read = read_spectra(write(as_text(axis, [name], [np.zeros(24)], ",", ".", range(24))))
    assert list(read.sample_id) == [name]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tables(),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ".")]),
    st.booleans(),
)
def test_a_table_survives_text_bit_for_bit(write, table, marks, descending):
    axis, ids, values = table
    order = np.arange(axis.size)[:: -1 if descending else 1]
    read = read_spectra(write(as_text(axis, ids, values, *marks, order)))
    np.testing.assert_array_equal(read.wavenumber, axis)
    np.testing.assert_array_equal(read.intensity, values)
    assert list(read.sample_id) == ids


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_a_row_of_numbers_is_read_as_float_reads_it(values):
    for form in (NumberFormat(), NumberFormat(",", ""), NumberFormat(",", "."), NumberFormat(".", "'")):
        texts = [repr(value).replace(".", form.decimal) for value in values]
        assert form.row(texts) == values


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-1e9, 1e9).map(lambda value: round(value, 4)),
    st.sampled_from([(".", ","), (",", "."), (".", "'"), (",", "\u00a0"), (".", " ")]),
)
def test_grouped_numbers_are_never_wrong_by_a_thousand(value, marks):
    decimal, thousands = marks
    text = f"{value:,.4f}".replace(",", "_").replace(".", decimal).replace("_", thousands)
    form, _ = decide_format([text, f"1{thousands}234{decimal}5678"], "x.csv")
    assert form.row([text]) == [value]


@pytest.mark.parametrize(
    "text",
    ["1,23,456.5", "12,34", ",123", "1,2345.0", "1.2.3", "1e", "e5", "--1", "1 2", "0x1", "1_0", "1d5", "٤"],
)
def test_misshapen_numbers_are_no_numbers(text):
    assert NumberFormat(".", ",").number(text) is None


@pytest.mark.parametrize(
    "tokens", [["1.234,5", "1,234.5"], ["1,5", "1.5"], ["1.234", "1,234"], ["1.234.567", "0.5"]]
)
def test_numbers_that_contradict_each_other_are_refused(tokens):
    with pytest.raises(DataError, match=r"sense|thousands or decimals"):
        decide_format(tokens, "x.csv")


@pytest.mark.parametrize(
    ("name", "value"),
    [("400.0", 400.0), ("400.0 cm-1", 400.0), ("400 cm^-1", 400.0), ("400 (1/cm)", 400.0), ("-20", -20.0), ("−20", -20.0),
     ("4e2", 400.0), ("1.002.1", None), ("label", None), ("400 nmol", None), ("S00_0", None), ("", None)],
)  # fmt: skip
def test_names_of_wavenumbers_are_separated_from_other_names(name, value):
    assert AxisNames("", NumberFormat(), "x.csv").wavenumber(name) == value


@pytest.mark.parametrize(
    ("values", "foreign"),
    [
        (np.arange(400, 1800, 2.0), []),
        (np.concatenate([np.arange(400, 1800, 2.0), np.arange(2800, 3100, 2.0)]), []),
        (np.random.default_rng(0).permutation(np.arange(400, 1800, 2.0)), []),
        (np.insert(np.arange(400, 1800, 2.0), 0, 2023), [0]),
        (np.append(np.arange(1800, 400, -2.0), 785), [700]),
        (np.insert(np.arange(400, 1800, 2.0), [0, 5], [63, 785]), [0, 6]),
        (np.roll(np.arange(400, 1800, 2.0), 1), []),
    ],
)
def test_numbers_foreign_to_an_axis_are_found(values, foreign):
    assert foreign_points(values) == foreign
