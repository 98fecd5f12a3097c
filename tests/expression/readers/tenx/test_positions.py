"""Files of positions as tools and people write them again: other headers, separators, marks, barcodes, and two of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fuzzing.sections import space_ranger_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.section import TissueSection

Put = Callable[..., Path]
COLUMNS = ["barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres"]
LIST, CSV, PARQUET = (f"spatial/tissue_positions{ending}" for ending in ("_list.csv", ".csv", ".parquet"))


def _rows() -> list[list[str]]:
    """Return the run's positions, the first spot off tissue."""
    text = space_ranger_files()[LIST].decode()
    rows = [line.split(",") for line in text.split()]
    rows[0][1] = "0"
    return rows


def _text(rows: list[list[str]], separator: str = ",") -> str:
    return "".join(separator.join(row) + "\n" for row in rows)


def _read(put: Put, name: str, text: str, **others: str) -> TissueSection:
    return read_section(put(space_ranger_files(), others={LIST: None, name: text, **others}))


def _is_the_run(section: TissueSection, put: Put) -> bool:
    folder = put({})
    for name in (CSV, PARQUET):
        (folder / name).unlink(missing_ok=True)
    usual = read_section(put(space_ranger_files(), others={LIST: _text(_rows())}))
    return (
        np.array_equal(section.position_um, usual.position_um)
        and section.barcode.tolist() == usual.barcode.tolist()
        and section.reason.tolist() == usual.reason.tolist()
        and section.reason[0] == "not under tissue"
    )


def _true_false(rows: list[list[str]]) -> list[list[str]]:
    return [[row[0], "TRUE" if row[1] == "1" else "FALSE", *row[2:]] for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        lambda rows: _text([COLUMNS, *_true_false(rows)]),
        lambda rows: _text(_true_false(rows)),
        lambda rows: _text([[name.upper() for name in COLUMNS], *rows]),
        lambda rows: _text([["Barcode", "In Tissue", *COLUMNS[2:]], *rows]),
        lambda rows: _text([["cluster", *COLUMNS], *(["a", *row] for row in rows)]),
        lambda rows: _text([COLUMNS, *rows], ";"),
        lambda rows: _text([COLUMNS, *([cell.replace(".", ",") for cell in row] for row in rows)], ";"),
        lambda rows: _text([COLUMNS, *rows], "\t"),
        lambda rows: _text(rows, "\t"),
        lambda rows: _text([['""', *COLUMNS[1:]], *rows]),
        lambda rows: _text([COLUMNS[1:], *rows]),  # R's write.table
        lambda rows: _text(
            [COLUMNS, *([str(at), *row] for at, row in enumerate(rows))]
        ),  # with names of rows
        lambda rows: _text([["", *COLUMNS], *([str(at), *row] for at, row in enumerate(rows))]),
    ],
)
def test_positions_written_again_by_other_tools_are_the_same(put: Put, text: Callable[..., str]) -> None:
    assert _is_the_run(_read(put, CSV, text(_rows())), put)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_text([[*COLUMNS[:5], "column"], *_rows()]), "pxl_col_in_fullres is missing"),
        (_text([[*COLUMNS, "Barcode "], *([*row, row[0]] for row in _rows())]).replace("barcode", "BARCODE"), "2 columns"),
        (_text([COLUMNS, ["B0-1", "maybe", "0", "0", "1", "1"]]), "'maybe' is no number"),
        (_text([COLUMNS, *_rows()]).replace("B1-1,1,", "B1-1,3,"), "in_tissue of 'B1-1' is 3"),
    ],
)  # fmt: skip
def test_positions_that_state_something_else_are_refused(put: Put, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        _read(put, CSV, text)


def test_barcodes_that_one_side_writes_without_the_well_are_joined_and_said(put: Put) -> None:
    section = _read(put, CSV, _text([COLUMNS, *_rows()]).replace("-1,", ","))
    assert any('joined without "-1"' in note for note in section.notes)
    assert _is_the_run(section, put)


def test_barcodes_are_not_joined_where_the_well_tells_them_apart(put: Put) -> None:
    rows = [[row[0].replace("-1", ""), *row[1:]] for row in _rows()]
    with pytest.raises(DataError, match="none of the 12 counted barcodes"):
        _read(put, CSV, _text([COLUMNS, *rows, ["B0-1x", *rows[0][1:]]]).replace("B", "C"))


@pytest.mark.parametrize("marks", [lambda marks: marks, lambda marks: marks.map({1: "TRUE", 0: "FALSE"})])
def test_parquet_of_another_spelling_is_read(put: Put, marks: Callable[..., object]) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    folder = put(space_ranger_files(), others={LIST: None})
    table = pd.DataFrame(_rows(), columns=[name.upper() for name in COLUMNS]).set_index("BARCODE")
    table = table.astype(float)
    table["IN_TISSUE"] = marks(table["IN_TISSUE"].astype(int))
    table.rename_axis(None).assign(note="x").to_parquet(folder / PARQUET)
    section = read_section(folder)
    assert _is_the_run(section, put)


def test_text_under_the_name_of_parquet_is_read_as_text(put: Put) -> None:
    section = _read(put, PARQUET, _text([COLUMNS, *_rows()]))
    assert _is_the_run(section, put)


def test_two_files_of_the_same_positions_are_read_and_said(put: Put) -> None:
    section = _read(put, CSV, _text([COLUMNS, *_rows()]), **{LIST: _text(_rows()[::-1])})
    said = "tissue_positions.csv is read; tissue_positions_list.csv beside it states the same"
    assert any(said in note for note in section.notes)


@pytest.mark.parametrize(("column", "value"), [(1, "1"), (4, "77"), (2, "40"), (0, "Z-1")])
def test_two_files_of_positions_that_differ_are_refused_with_both_names(
    put: Put, column: int, value: str
) -> None:
    other = _rows()
    other[0][column] = value
    with pytest.raises(DataError, match=r"tissue_positions\.csv and tissue_positions_list\.csv .* differ"):
        _read(put, CSV, _text([COLUMNS, *_rows()]), **{LIST: _text(other)})


def test_a_second_file_that_cannot_be_read_is_said(put: Put) -> None:
    section = _read(put, CSV, _text([COLUMNS, *_rows()]), **{LIST: "B0-1,1\n"})
    assert any("tissue_positions_list.csv beside it can't be" in note for note in section.notes)


@pytest.mark.parametrize("name", ["positions.csv", "Tissue_Positions.csv", "tissue_positions (1).csv"])
def test_the_only_table_of_positions_in_spatial_is_read_whatever_its_name(put: Put, name: str) -> None:
    text = _text(_rows())
    section = _read(put, f"spatial/{name}", text)
    (put({}) / "spatial" / name).unlink()
    assert _is_the_run(section, put)
    assert any(f"{name} is taken for the positions of" in note for note in section.notes)


def test_of_two_tables_under_other_names_none_is_taken(put: Put) -> None:
    text = _text(_rows())
    with pytest.raises(DataError, match=r"without positions; .* rename .*positions_a\.csv.*positions_b\.csv"):
        _read(put, "spatial/positions_a.csv", text, **{"spatial/positions_b.csv": text})


def test_without_a_header_lines_of_more_values_are_refused_by_their_number(put: Put) -> None:
    text = _text([[*row, "1"] for row in _rows()])
    with pytest.raises(DataError, match=r"line 1: 7 values, 6 are needed, in a line without names"):
        _read(put, LIST, text)
