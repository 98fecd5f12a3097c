"""A table becomes a data frame and back without loss, and a foreign frame is checked as a file is."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.readers.columns import MISSING_TEXT, USUAL_NAMES
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import write_table

# As the readers leave texts: no spelling of a missing entry among patients, labels and batches.
CELLS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8).filter(
    lambda text: text not in MISSING_TEXT
)
NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=8).filter(
    lambda text: text not in USUAL_NAMES and not looks_numeric(text)
)
PARTS = ("sample_id", "patient", "label", "batch", "source")


@st.composite
def tables(draw):
    n, points = draw(st.integers(1, 5)), draw(st.integers(3, 20))
    start = draw(st.floats(-200, 2000))
    steps = draw(st.lists(st.floats(0.5, 2.0), min_size=points, max_size=points))
    value = st.floats(allow_nan=True, allow_infinity=True, width=64)
    column = st.lists(CELLS, min_size=n, max_size=n)
    return SpectraTable(
        intensity=np.array(draw(st.lists(value, min_size=n * points, max_size=n * points))).reshape(
            n, points
        ),
        wavenumber=start + 0.25 + np.cumsum(steps),
        sample_id=draw(st.lists(CELLS.filter(bool), min_size=n, max_size=n, unique=True)),
        **{name: draw(st.none() | column) for name in PARTS[1:]},
        metadata=draw(st.dictionaries(NAMES, column, max_size=3)),
        notes=tuple(draw(st.lists(CELLS, max_size=2))),
    )


def parts_of(table):
    """Everything a table holds, in a form that compares equal when it is the same bit for bit (NaN equals NaN)."""
    columns = {name: None if (part := getattr(table, name)) is None else list(part) for name in PARTS}
    metadata = {name: list(column) for name, column in table.metadata.items()}
    values = (np.isnan(table.intensity).tolist(), np.nan_to_num(table.intensity, nan=0.0).tobytes())
    return columns, list(metadata.items()), values, table.wavenumber.tobytes(), table.notes


@given(tables())
@settings(max_examples=150, deadline=None)
def test_a_table_comes_back_from_pandas_as_it_was(table):
    assert parts_of(SpectraTable.from_pandas(table.to_pandas())) == parts_of(table)


def example(**changes):
    parts = {
        "intensity": np.arange(12.0).reshape(3, 4),
        "wavenumber": [400.0, 401.5, 403.0, 404.5],
        "sample_id": ["7", "07", "x"],
        "patient": ["a", "a", "b"],
        "metadata": {"age": ["61", "61", ""]},
    }
    return SpectraTable(**(parts | changes))


def test_the_columns_are_those_of_the_csv_file(tmp_path):
    write_table(tmp_path / "spectra.csv", example())
    written = pd.read_csv(
        tmp_path / "spectra.csv", dtype={"sample_id": str, "age": str}, keep_default_na=False
    )
    frame = example().to_pandas()
    assert list(frame.columns) == list(written.columns)
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), written, check_dtype=False)
    assert (
        parts_of(SpectraTable.from_pandas(written))[:1]
        == parts_of(example(source=[f"data frame row {k}" for k in (1, 2, 3)]))[:1]
    )


def test_a_frame_reads_like_the_csv_file_of_the_same_content(tmp_path):
    points = {str(shift): [3.0, 6.5] for shift in range(440, 402, -2)}
    frame = pd.DataFrame({"user": ["a", "b"], **points, "402": [2, 5], "400": [1.0, np.nan]})
    frame.to_csv(tmp_path / "spectra.csv", index=False)
    options = ReadOptions(patient="user")
    from_frame, from_file = (
        SpectraTable.from_pandas(frame, options),
        read_spectra(tmp_path / "spectra.csv", options),
    )
    np.testing.assert_array_equal(from_frame.intensity, from_file.intensity)
    np.testing.assert_array_equal(from_frame.wavenumber, from_file.wavenumber)
    assert list(from_frame.patient) == list(from_file.patient)
    assert from_frame.notes[:-1] == from_file.notes[:-1]
    assert from_frame.notes[-1] == "some cells hold no value, the first in row 2 at 400 cm⁻¹"
    assert from_file.notes[-1].startswith("some cells hold no value, the first in line 3")


def frame(**changes):
    columns = {"patient_id": ["a", "b"], "400": [1.0, 4.0], "402": [2.0, 5.0], "404": [3.0, 6.0]} | changes
    return pd.DataFrame({name: cells for name, cells in columns.items() if cells is not None})


def test_columns_named_by_numbers_are_the_axis_too():
    named = frame().rename(columns={"400": 400, "402": 402.0, "404": np.float64(404)})
    assert list(SpectraTable.from_pandas(named).wavenumber) == [400.0, 402.0, 404.0]


@pytest.mark.parametrize("unit", ["cm-1", " cm^-1", " [cm⁻¹]", " (1/cm)", "CM-1"])
def test_columns_may_have_their_unit_behind_the_number(unit):
    frame = pd.DataFrame(
        [["P1", "x", 1.0, 2.0, 4.0]],
        columns=["patient", "3 months", *(f"{at}{unit}" for at in (400, 402, 404))],
    )
    table = SpectraTable.from_pandas(frame)
    assert table.wavenumber.tolist() == [400, 402, 404]
    assert list(table.metadata) == ["3 months"]


@pytest.mark.parametrize(("unit", "sentence"), [("nm", "says 'nm'"), ("meV", "'meV'"), (" THz", "'THz'")])
def test_columns_with_another_unit_are_refused_by_its_name(unit, sentence):
    frame = pd.DataFrame([[1.0, 2.0, 4.0]], columns=[f"{at}{unit}" for at in (800, 802, 804)])
    with pytest.raises(DataError, match=sentence):
        SpectraTable.from_pandas(frame)


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, pd.NaT])
def test_a_missing_id_of_a_frame_is_no_name(gap):
    frame = pd.DataFrame(
        {"patient": ["P1", gap], "label": ["x", gap], "400": [1.0, 2.0], "402": [1.0, 3.0], "404": [2.0, 5.0]}
    )
    table = SpectraTable.from_pandas(frame)
    assert table.patient.tolist() == ["P1", ""]
    assert table.label.tolist() == ["x", ""]


def test_nullable_numbers_and_missing_texts_are_read():
    table = SpectraTable.from_pandas(
        frame(**{"402": pd.array([2, None], dtype="Int64"), "age": pd.array(["61", None], dtype="string")})
    )
    np.testing.assert_array_equal(table.intensity[:, 1], [2.0, np.nan])
    assert list(table.metadata["age"]) == ["61", ""]


def test_spaces_around_names_and_ids_of_a_foreign_frame_are_dropped_as_in_a_file():
    table = SpectraTable.from_pandas(
        frame(patient_id=["a", " a"]).rename(columns={"patient_id": " patient_id "})
    )
    assert list(table.patient) == ["a", "a"]


def test_whole_numbers_as_ids_become_text_with_a_note():
    table = SpectraTable.from_pandas(frame(patient_id=[7, 8]))
    assert list(table.patient) == ["7", "8"]
    assert "zeros in front of them" in table.notes[-1]


def test_replicates_number_the_patients():
    table = SpectraTable.from_pandas(frame(patient_id=None), ReadOptions(replicates=2))
    assert list(table.patient) == ["1", "1"]


def test_rows_taken_out_and_columns_put_in_order_keep_their_sources_and_notes():
    whole = example(source=["f line 2", "f line 3", "f line 4"], notes=("a note",))
    changed = whole.to_pandas().iloc[[2, 0], ::-1]
    table = SpectraTable.from_pandas(changed)
    assert list(table.source) == ["f line 4", "f line 2"]
    np.testing.assert_array_equal(table.intensity, whole.select([2, 0]).intensity)
    assert table.notes == ("a note", "the wavenumbers ran downwards; the axis was turned round")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"patient_id": [7.0, 8.0]}, "holds ids as numbers with a decimal point"),
        ({"sample_id": ["s", "s"]}, "sample id 's' stands twice, in rows 1 and 2"),
        ({"sample_id": ["s", None]}, "row 2: the sample id is empty"),
        ({"402": ["2", "5"]}, "column '402' holds (object|str), not numbers"),
        ({"402": [True, False]}, "column '402' holds bool, not numbers"),
        ({"402": [1j, 2j]}, "column '402' holds complex128, not numbers"),
        ({"402.0": [2.0, 5.0]}, "402"),
        ({"403,5": [2.0, 5.0]}, "column '403,5' is a number in another spelling"),
        ({"402": None, "404": None}, "1 point on the wavenumber axis"),
        ({"patient": ["a", "b"]}, "could both be the patient"),
        ({"404": None, "5000": [1.0, 2.0]}, "outside"),
    ],
)
def test_a_frame_that_is_in_doubt_is_refused(changes, sentence):
    with pytest.raises(DataError, match=sentence):
        SpectraTable.from_pandas(frame(**changes))


def test_two_columns_of_one_name_are_refused():
    doubled = pd.concat([frame(), frame()[["patient_id"]]], axis=1)
    with pytest.raises(DataError, match="two columns are called 'patient_id'"):
        SpectraTable.from_pandas(doubled)


def test_columns_of_several_levels_and_frames_without_rows_are_refused():
    with pytest.raises(DataError, match="columns of several levels"):
        SpectraTable.from_pandas(pd.concat({"a": frame()}, axis=1))
    with pytest.raises(DataError, match="no rows in it"):
        SpectraTable.from_pandas(frame().iloc[:0])


def test_options_that_do_not_fit_a_frame_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no column 'user' for patient"):
        SpectraTable.from_pandas(frame(), ReadOptions(patient="user"))
    with pytest.raises(UsageError, match="a data frame has no sample sheet"):
        SpectraTable.from_pandas(frame(), ReadOptions(samples=tmp_path))


@pytest.mark.parametrize("name", ["785", "label", "patient"])
def test_metadata_that_would_change_its_meaning_is_not_written(name):
    with pytest.raises(DataError, match="give it another name"):
        example(metadata={name: ["1", "2", "3"]}).to_pandas()


def test_metadata_never_replaces_a_label_in_a_file(tmp_path):
    table = example(label=["x", "y", "x"], metadata={"label": ["p", "q", "r"]})
    with pytest.raises(DataError, match="a column label beside the one that was taken for it"):
        write_table(tmp_path / "spectra.csv", table)
    assert not (tmp_path / "spectra.csv").exists()


def test_the_summary_counts_what_is_there():
    assert (
        repr(example(label=["x", "y", ""]))
        == "SpectraTable(3 spectra, 4 points, 400-404.5 cm-1, 2 patients, 2 labels)"
    )
    assert repr(example(patient=None).select([0])) == "SpectraTable(1 spectrum, 4 points, 400-404.5 cm-1)"


class Texts(HTMLParser):
    """Collects tags and texts of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_a_notebook_shows_escaped_texts_of_the_first_rows():
    evil = "<script>alert(1)</script>"
    table = example(sample_id=[evil, "b", "c"], metadata={evil: [evil] * 3}, notes=(evil,))
    page = Texts()
    page.feed(table.select([0, 1, 2] * 3)._repr_html_())
    assert "script" not in page.tags
    assert page.texts.count(evil) == 2 + 5 + 2  # the column, five rows of it and of the id, and the note
    assert "and 4 more" in page.texts
