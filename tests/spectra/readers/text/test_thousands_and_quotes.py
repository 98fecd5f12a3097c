"""Thousands with a point, columns named by their numbers and stray quotes are never read as what they are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

AXIS = np.arange(400, 1802, 2)
SPECTRA = np.random.default_rng(0).integers(9_000, 60_000, (24, AXIS.size))


def grouped(number, mark="."):
    return f"{number:,}".replace(",", mark)


def written(tmp_path, lines):
    path = tmp_path / "swab.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("header", ["Raman shift (cm-1)", "Wavenumber", "cm-1"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_an_axis_of_thousands_with_a_point_is_refused(tmp_path, separator, header, backwards, count):
    rows = [separator.join([grouped(shift), *map(str, SPECTRA[:count, k])]) for k, shift in enumerate(AXIS)]
    lines = [
        separator.join([header, *"ABC"[:count]]),
        *(rows[::-1] if backwards else rows),
    ]
    with pytest.raises(DataError, match="thousands with a point"):
        read_spectra(written(tmp_path, lines))


@pytest.mark.parametrize("header", ["Raman shift (cm-1)", "Raman shift [1000/cm]", "Raman shift (10^3 cm-1)"])
def test_an_axis_over_1000_that_is_written_as_decimals_is_refused(tmp_path, header):
    lines = [f"{header};A", *(f"{shift / 1000:.3f};{SPECTRA[0, k]}" for k, shift in enumerate(AXIS))]
    with pytest.raises(DataError, match="too short for Raman shifts"):
        read_spectra(written(tmp_path, lines))


def test_the_wavenumbers_say_what_a_mark_in_the_cells_means(tmp_path):
    lines = [";".join(["sample_id", *(f"{shift},5" for shift in AXIS)])]
    lines += [";".join([f"S{k}", *map(grouped, row)]) for k, row in enumerate(SPECTRA)]
    table = read_spectra(written(tmp_path, lines))
    np.testing.assert_array_equal(table.intensity, SPECTRA)
    assert table.wavenumber[0] == 400.5
    assert any("thousands mark '.'" in note for note in table.notes)


@pytest.mark.parametrize("prefix", ["V", "X", "Var", "Column", ""])
@pytest.mark.parametrize("first", [1, 0])
@pytest.mark.parametrize("before", [2, 4, 9])
def test_columns_named_by_their_numbers_are_no_wavenumbers(tmp_path, prefix, first, before):
    metadata = ["sample_id", *(f"site{letter}" for letter in "abcdefgh")][:before]
    names = [*metadata, *(f"{prefix}{before + first + k}" for k in range(AXIS.size))]
    lines = [",".join(names)]
    lines += [",".join([f"S{k}", *"x" * (before - 1), *map(str, row)]) for k, row in enumerate(SPECTRA)]
    with pytest.raises(DataError, match="named by their own numbers"):
        read_spectra(written(tmp_path, lines))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.integers(1, 20), st.integers(1, 6), st.sampled_from(",;\t"))
def test_stray_quotes_swallow_no_row(tmp_path_factory, column, first, apart, separator):
    rows = [
        [f"S{k}", f"P{k // 2}", "sick" if k % 4 < 2 else "well", "swab", *map(str, values)]
        for k, values in enumerate(SPECTRA)
    ]
    last = min(first + apart, len(rows) - 1)
    rows[first][column] = '"' + rows[first][column]
    rows[last][column] += '"'
    lines = [["sample_id", "patient_id", "label", "origin", *map(str, AXIS)], *rows]
    path = written(tmp_path_factory.mktemp("quotes"), [separator.join(line) for line in lines])
    if first == last:
        assert len(read_spectra(path)) == len(rows)
        return
    with pytest.raises(DataError, match=rf"line {first + 2}: a quoted field holds whole rows"):
        read_spectra(path)


def test_a_column_that_pandas_renamed_is_named(tmp_path):
    lines = [",".join(["sample_id", *(f"{shift}.0" for shift in AXIS), "1002.0.1"])]
    lines += [",".join([f"S{k}", *map(str, row), "7"]) for k, row in enumerate(SPECTRA)]
    with pytest.raises(
        DataError, match=r"'1002.0.1' use '.' in two senses \(pandas writes a column that stands twice so\)"
    ):
        read_spectra(written(tmp_path, lines))


@pytest.mark.parametrize("line", [1, 2, 3, 12])
def test_a_quote_that_is_not_closed_is_named_by_its_line(tmp_path, line):
    lines = [",".join(["sample_id", "origin", *map(str, AXIS)])]
    lines += [",".join([f"S{k}", "swab", *map(str, row)]) for k, row in enumerate(SPECTRA)]
    lines[line - 1] = lines[line - 1].replace(",", ',"', 1)
    with pytest.raises(DataError, match=f"line {line}: a quoted field that never ends"):
        read_spectra(written(tmp_path, lines))


def test_a_remark_over_several_lines_is_a_cell(tmp_path):
    lines = [",".join(["sample_id", "remark", *map(str, AXIS)])]
    lines += [",".join([f"S{k}", '"first, then\nsecond"', *map(str, row)]) for k, row in enumerate(SPECTRA)]
    assert len(read_spectra(written(tmp_path, lines))) == len(SPECTRA)
