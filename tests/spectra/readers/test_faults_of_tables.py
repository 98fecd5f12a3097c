"""One table of what comes in broken: the same spectra, or a refusal that says what to do."""

from dataclasses import replace

import numpy as np
import pytest

from broken_tables import REFUSED, SAME, with_cell
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, read_spectra


@pytest.mark.parametrize("fault", SAME)
def test_harmless_spelling_gives_the_same_spectra(fault, clean, write):
    content, words = SAME[fault]
    table = read_spectra(write(content(clean)))
    clean.check(table)
    assert words in "\n".join(table.notes)


def test_every_harmless_spelling_of_an_odd_table_reads_without_a_named_sample_column(clean, write):
    anonymous = clean.reordered([1, 2, *range(3, 704)])
    table = read_spectra(write(anonymous.text()))
    assert list(table.sample_id[:2]) == ["1", "2"]
    assert any("rows were numbered" in note for note in table.notes)


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doubtful_table_is_refused_with_place_and_remedy(fault, clean, write):
    content, words = REFUSED[fault]
    with pytest.raises(DataError) as refusal:
        read_spectra(write(content(clean)))
    message = str(refusal.value)
    assert [word for word in words if word not in message] == []
    assert len(message) <= 500
    assert message.isprintable()
    assert "spectra.csv" in message


def test_ambiguous_commas_are_decimals_and_said_so(clean, write):
    table = read_spectra(write(clean.cells(lambda v: f"{v[0]},{v[1:4]}").text(";")))
    assert table.intensity[0, 0] == float(f"{clean.rows[0][3][0]}.{clean.rows[0][3][1:4]}")
    assert any("decimal comma" in note for note in table.notes)


def test_a_numeric_name_becomes_metadata_by_option(clean, write):
    table = read_spectra(write(clean.with_column("2023", ["b"] * 36).text()), ReadOptions(batch="2023"))
    clean.check(table)
    assert list(table.batch) == ["b"] * 36


@pytest.mark.parametrize("token", ["", "NaN", "NA", "--", "#DIV/0!", "n.d.", "<LOD", "null"])
def test_a_missing_value_is_nan_and_its_place_noted(token, clean, write):
    table = read_spectra(write(with_cell(clean, 4, 10, token).text()))
    assert np.argwhere(np.isnan(table.intensity)).tolist() == [[4, 7]]
    assert any(f"line 6, column 11: '{token}'" in note for note in table.notes)


def test_an_empty_spectrum_keeps_its_row(clean, write):
    rows = [list(row) for row in clean.rows]
    rows[5][3:] = [""] * 701
    table = read_spectra(write(replace(clean, rows=rows).text()))
    assert len(table) == 36
    assert np.isnan(table.intensity[5]).all()


def test_a_row_of_separators_between_spectra_is_kept_where_rows_are_numbered(clean, write):
    rows = [row[3:] for row in clean.rows]
    rows[5] = [""] * 701
    table = read_spectra(write(replace(clean, header=clean.header[3:], rows=rows).text()))
    assert list(table.sample_id) == [str(k + 1) for k in range(36)]
    assert np.isnan(table.intensity[5]).all()


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("1e308", 1e308),
        ("inf", np.inf),
        ("-Infinity", -np.inf),
        ("1" * 400, np.inf),
        ("1e999", np.inf),
        ("5e-324", 5e-324),
    ],
)
def test_extreme_values_are_kept_for_the_verdict_on_their_row(token, value, clean, write):
    assert read_spectra(write(with_cell(clean, 4, 10, token).text())).intensity[4, 7] == value


def test_ids_stay_text(clean, write):
    rows = [[row[0], ["7", "07"][k % 2], *row[2:]] for k, row in enumerate(clean.rows)]
    assert set(read_spectra(write(replace(clean, rows=rows).text())).patient) == {"7", "07"}


@pytest.mark.parametrize(
    "sample",
    [
        "=cmd|'/c calc'!A0",
        "<script>",
        "../../etc/passwd",
        'a"b',
        "line\nbreak",
        "x, y",
        "\x1b[31mred",
        "\u202eabc",
    ],
)
def test_odd_ids_come_through_unchanged(sample, clean, write):
    written = '"' + sample.replace('"', '""') + '"'
    table = read_spectra(write(with_cell(clean, 3, 0, written).text()))
    assert table.sample_id[3] == sample
    assert len(table) == 36
    np.testing.assert_array_equal(table.intensity, clean.intensity)


def test_latin1_metadata_is_read_and_noted(clean, write):
    content = clean.with_column("site", ["Tübingen"] * 36).text().encode("cp1252")
    table = read_spectra(write(content))
    clean.check(table)
    assert table.metadata["site"][0] == "Tübingen"
    assert any("Windows-1252" in note for note in table.notes)


def test_missing_labels_are_empty_and_labels_that_mean_none_are_kept(clean, write):
    rows = [[*row[:2], ["NA", "none", "cancer"][k % 3], *row[3:]] for k, row in enumerate(clean.rows)]
    assert list(read_spectra(write(replace(clean, rows=rows).text())).label[:3]) == ["", "none", "cancer"]


def test_metadata_keep_their_text_and_never_enter_the_spectrum(clean, write):
    table = read_spectra(write(clean.with_column("PSA", ["04.10"] * 36).text()))
    assert table.metadata["PSA"][0] == "04.10"
    assert table.wavenumber.size == 701


def test_the_source_names_file_and_line(clean, write):
    table = read_spectra(write(clean.text()))
    assert table.source is not None
    assert table.source[0] == "spectra.csv line 2"


def test_an_option_that_names_a_missing_column_lists_the_columns(clean, write):
    with pytest.raises(UsageError, match=r"'diagnosis'.*sample_id, patient_id, label"):
        read_spectra(write(clean.text()), ReadOptions(label="diagnosis"))


def test_a_column_can_be_the_patient_although_its_name_says_sample(clean, write):
    renamed = replace(clean, header=["id", "sample_id", *clean.header[2:]])
    table = read_spectra(write(renamed.text()), ReadOptions(patient="sample_id", sample_id="id"))
    clean.check(table)


def test_numeric_sample_ids_beside_a_numeric_header_are_refused_until_named(clean, write):
    rows = [[str(1001 + k), *row[3:]] for k, row in enumerate(clean.rows)]
    path = write(replace(clean, header=["ID", *clean.header[3:]], rows=rows).text())
    with pytest.raises(DataError, match="both look like a wavenumber axis"):
        read_spectra(path)
    assert list(read_spectra(path, ReadOptions(sample_id="ID")).sample_id[:2]) == ["1001", "1002"]


def test_numeric_column_names_beside_an_axis_called_wavenumber_are_samples(clean, write):
    lines = [["wavenumber", *(str(1001 + k) for k in range(36))]]
    lines += [[clean.header[3 + p], *(row[3 + p] for row in clean.rows)] for p in range(701)]
    table = read_spectra(write("\n".join(map(",".join, lines))))
    np.testing.assert_array_equal(table.intensity, clean.intensity)
    assert list(table.sample_id[:2]) == ["1001", "1002"]


def test_columns_of_a_wire_map_become_spectra(clean, write):
    lines = ["#X\t\t#Y\t\t#Wave\t\t#Intensity"]
    for k in range(4):
        lines += [f"{k}.5\t\t-2.0\t\t{clean.header[p]}\t\t{clean.rows[k][p]}" for p in range(703, 2, -1)]
    table = read_spectra(write("\n".join(lines).replace("\t\t", "\t")))
    np.testing.assert_array_equal(table.intensity, clean.intensity[:4])
    np.testing.assert_array_equal(table.wavenumber, clean.wavenumber)
    assert list(table.sample_id) == ["0.5/-2.0", "1.5/-2.0", "2.5/-2.0", "3.5/-2.0"]


def test_a_wire_map_whose_places_differ_in_axis_is_refused(write):
    lines = [
        "#X\t#Y\t#Wave\t#Intensity",
        *(f"0\t0\t{w}\t1" for w in range(400, 440, 2)),
        *(f"1\t0\t{w}\t1" for w in (*range(400, 438, 2), 439)),
    ]
    with pytest.raises(DataError, match=r"line 22.*first place"):
        read_spectra(write("\n".join(lines)))


@pytest.mark.parametrize(("old", "new"), [("500.0", "500.4"), ("400.0", "400.01"), ("1800.0", "1800.7")])
def test_a_wavenumber_with_a_wrong_digit_is_noted(old, new, clean, write):
    table = read_spectra(write(clean.names(lambda name: new if name == old else name).text()))
    assert any("the step of the axis changes near" in note for note in table.notes)


@pytest.mark.parametrize("spelling", [".1f", ".2f", ".4f"])
def test_an_axis_of_pixels_bent_and_rounded_is_not_noted(spelling, write):
    pixels = np.linspace(400, 1800, 701) + 3e-5 * (np.arange(701) - 350) ** 2
    header = ",".join(["sample_id", *(format(value, spelling) for value in pixels)])
    table = read_spectra(write(header + "\n" + ",".join(["S1", *["1.5"] * 701]) + "\n"))
    assert not any("step of the axis" in note for note in table.notes)


def test_numbers_beside_the_wavenumbers_are_said_to_be_metadata(clean, write):
    renamed = clean.names(lambda name: "abc" if name == "1800.0" else name)
    notes = read_spectra(write(renamed.text())).notes
    assert "column 'abc' beside the wavenumbers holds numbers; it was read as metadata" in notes
    assert not any("beside the wavenumbers" in note for note in read_spectra(write(clean.text())).notes)


@pytest.mark.parametrize("name", ["--", "NaN", "n.d."])
def test_a_missing_value_as_the_last_wavenumber_is_refused(name, clean, write):
    path = write(clean.names(lambda column: name if column == "1800.0" else column).text())
    with pytest.raises(DataError, match=r"column 704 .*misspelt wavenumber"):
        read_spectra(path)
