"""clinical.csv is read strictly: a row a patient, numbers with units, levels in their order, nothing guessed in silence."""

from datetime import date

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.fusion.clinical import StatedColumn, read_clinical

TABLE = """patient,age,psa (ng/mL),gleason,sex,drawn,label
P1,61,4.5,3+4,m,2024-03-01,sick
P2,,12.0,4+5,f,2024-03-02,well
P3,70,n/a,3+3,m,2024-04-01,sick
P4,55,0.8,3+3,,2024-04-05,well
P5,64,2.2,3+4,f,2024-05-05,sick
P6,66,3.1,3+3,f,2024-05-05,well
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clinical.csv"
    path.write_text(TABLE)
    return path


def written(tmp_path, text):
    path = tmp_path / "clinical.csv"
    path.write_text(text)
    return path


def test_columns_are_what_their_values_are(file):
    table = read_clinical(file, label="label")
    assert table.patients == ("P1", "P2", "P3", "P4", "P5", "P6")
    assert {column.name: (column.kind, column.unit) for column in table.columns} == {
        "age": ("numeric", ""),
        "psa": ("numeric", "ng/mL"),
        "gleason": ("category", ""),
        "sex": ("category", ""),
    }
    np.testing.assert_array_equal(table.column("psa").values, [4.5, 12.0, np.nan, 0.8, 2.2, 3.1])
    np.testing.assert_array_equal(table.column("sex").values, [1, 0, 1, np.nan, 0, 0])
    assert list(table.label) == ["sick", "well"] * 3


def test_dates_are_no_features_unless_asked_for(file):
    assert any("'drawn' was left out: it holds dates" in note for note in read_clinical(file).notes)
    asked = read_clinical(file, columns={"drawn": StatedColumn("date")}).column("drawn")
    assert np.diff(asked.values)[:2].tolist() == [1.0, 30.0]
    with pytest.raises(DataError, match='say kind = "date"'):
        read_clinical(file, columns={"drawn": StatedColumn("numeric")})


def test_levels_are_in_the_order_that_is_stated(file):
    said = StatedColumn("ordinal", ("3+3", "3+4", "4+5"), known_before=True)
    column = read_clinical(file, columns={"gleason": said}).column("gleason")
    assert column.values.tolist() == [1, 2, 0, 0, 1, 0]
    assert column.known_before is True


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"gleason": StatedColumn("ordinal")}, "nobody says in which order"),
        ({"age": StatedColumn("ordinal")}, r"nobody says in which order its levels are \(55"),
        ({"gleason": StatedColumn("category", ("3+3", "3+4"))}, r"line 3: '4\+5' in column 'gleason' is none of its levels"),
        ({"sex": StatedColumn("numeric")}, "line 2: 'm' in column 'sex' is no number"),
        ({"psa": StatedColumn(unit="ug/L")}, "is in 'ng/mL', and the study says 'ug/L'"),
    ],
)  # fmt: skip
def test_what_is_stated_is_checked(file, said, message):
    with pytest.raises(DataError, match=message):
        read_clinical(file, columns=said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("patient,age\nP1,60\np 01,61\n", "patient 'p 01' stands in lines 2 and 3"),
        ("patient,age\nP1,60\n,61\n", "no patient id"),
        ("patient,age\nP1,60\nP2,inf\n", "line 3: 'inf' in column 'age' is no number"),
        ("patient,psa\nP1,4.0\nP2,<0.1\n", "'<0.1' in column 'psa' is no number"),
        ("patient,age (y),age [y]\nP1,60,60\nP2,6,6\n", "a column is called 'age'"),
        ("patient,remark\nP1,alpha\nP2,beta\n", "no clinical column is left"),
    ],
)
def test_what_can_not_be_used_is_refused_with_its_place(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_clinical(written(tmp_path, text))


def test_a_column_that_is_not_there_is_named(file):
    with pytest.raises(UsageError, match="no column 'PSA'"):
        read_clinical(file, columns={"PSA": StatedColumn()})


def test_blood_groups_are_no_numbers(tmp_path):
    groups = ["A", "0", "B", "0", "AB", "0", "A", "0"]
    rows = "".join(f"P{k},{group}\n" for k, group in enumerate(groups))
    column = read_clinical(written(tmp_path, f"patient,blood_group\n{rows}")).columns[0]
    assert (column.kind, column.levels) == ("category", ("0", "A", "AB", "B"))


def test_rows_are_taken_by_number(file):
    part = read_clinical(file, label="label")[np.array([2, 0])]
    assert part.patients == ("P3", "P1")
    assert part.column("age").values.tolist() == [70, 61]
    assert list(part.label) == ["sick", "sick"]


def column_of(tmp_path, cells):
    """Return the path of a table with a sane column and one of these cells."""
    rows = "".join(f"P{k},{k % 9},{cell}\n" for k, cell in enumerate(cells))
    return written(tmp_path, f"patient,age,x\n{rows}")


@pytest.mark.parametrize(
    ("cells", "said", "message"),
    [
        ([f"t{k}" for k in range(1001)], StatedColumn("category"), "line 1002: 't1000' in column 'x' is one level more than the 1,000"),
        (["a", "b" * 201] * 3, StatedColumn("category"), "line 3: 'b{58,60}.* in column 'x' is longer than the 200"),
        (["a", "b" * 201] * 3, None, "line 3: 'b{58,60}.* in column 'x' is longer than the 200"),
        (["", ""], StatedColumn("category"), "column 'x' is empty"),
        (["", ""], StatedColumn("ordinal"), "column 'x' is empty"),
        (["1", "2e15"], None, "line 3: '2e15' in column 'x' is beyond 1e\\+15"),
        (["1", "-2e15"], StatedColumn("numeric"), "line 3: '-2e15' in column 'x' is beyond 1e\\+15"),
    ],
)  # fmt: skip
def test_what_no_model_can_hold_is_refused_with_its_line(tmp_path, cells, said, message):
    with pytest.raises(DataError, match=message):
        read_clinical(column_of(tmp_path, cells), columns=None if said is None else {"x": said})


def test_an_empty_column_that_is_named_is_kept_with_a_note(tmp_path):
    table = read_clinical(column_of(tmp_path, ["", "NA", ""]), columns={"x": StatedColumn("numeric")})
    assert np.isnan(table.column("x").values).all()
    assert "column 'x' is empty" in table.notes


@pytest.mark.parametrize(
    ("cells", "noted"), [(["03/04/2024", "05/06/2024"], True), (["2024-04-03", "2024-06-05"], False)]
)
def test_how_a_date_was_read_is_said_where_it_can_be_read_in_two_ways(tmp_path, cells, noted):
    table = read_clinical(column_of(tmp_path, cells), columns={"x": StatedColumn("date")})
    assert table.column("x").values[0] == (date(2024, 4, 3) - date(1970, 1, 1)).days
    said = "column 'x': dates such as '03/04/2024' were read as day, month, year"
    assert (said in table.notes) == noted


@pytest.mark.parametrize(
    ("cells", "code"), [(["999", "61", "70", "999"], "999 for 2"), (["-9", "3", "7"], "-9 for 1")]
)
def test_a_code_for_missing_numbers_is_noted(tmp_path, cells, code):
    (note,) = (note for note in read_clinical(column_of(tmp_path, cells)).notes if "code" in note)
    assert note.startswith(f"column 'x' is {code} patients, and between")


@pytest.mark.parametrize("cells", [["999", "998", "870"], ["-9", "-8", "5"], ["61", "70", "55"]])
def test_numbers_among_their_like_are_no_code(tmp_path, cells):
    assert not any("code" in note for note in read_clinical(column_of(tmp_path, cells)).notes)


def test_free_text_is_left_out_also_where_a_cell_is_a_number(tmp_path):
    table = read_clinical(column_of(tmp_path, ["fell twice", "12", "no pain", "walks", "tired", "well"]))
    assert table.names == ("age",)
    assert "column 'x' was left out: 6 different texts in 6 patients are no category" in table.notes
