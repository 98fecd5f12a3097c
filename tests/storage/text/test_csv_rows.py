"""No cell of a file that is written runs in a spreadsheet, and each comes back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.storage.text.csv_rows import csv_rows, csv_text, harmless, restored

SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@given(st.text() | st.builds(str.__add__, st.text(alphabet=SIGNS + "'", min_size=1), st.text()))
def test_any_text_comes_back(text):
    assert restored(harmless(text)) == text


@given(st.sampled_from(SIGNS), st.text())
def test_what_begins_with_a_sign_is_marked_unless_it_is_a_number(sign, rest):
    written = harmless(sign + rest)
    if written == sign + rest:
        float(written)  # raises where it is no number
    else:
        assert written == f"'{sign}{rest}"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers())
def test_numbers_stay_numbers(value, count):
    for text in (repr(value), f"{value:+.6f}", f"{value:e}", str(count), f"{count:+}"):
        assert harmless(text) == text


@pytest.mark.parametrize("text", ["-inf", "+nan", "-1+1", "-1e5-A1", "+1 ", "-٣", "--1"])
def test_what_only_looks_like_a_number_is_marked(text):
    assert harmless(text) == f"'{text}"


def test_headers_and_rows_of_a_file_are_marked(tmp_path):
    path = tmp_path / "a.csv"
    with csv_rows(path) as write_row:
        write_row(["=name", "value"])
        write_row(["@SUM(A1)", -0.5])
    expected = [["'=name", "value"], ["'@SUM(A1)", "-0.5"]]
    assert list(csv.reader(io.StringIO(path.read_text()))) == expected
    assert csv_text([["=name", "value"], ["@SUM(A1)", -0.5]]) == path.read_text()


def test_every_csv_is_written_here(repository):
    elsewhere = [
        path
        for folder in ("spectra_dl", "cli", "datasets")
        for path in (repository / folder).rglob("*.py")
        if any(word in path.read_text() for word in ("csv.writer", "DictWriter", ".to_csv("))
    ]
    assert [path.name for path in elsewhere] == ["csv_rows.py"]
