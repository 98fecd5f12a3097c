"""A sheet beside a table of many spectra, a spectrum a row or a column."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra

AXIS = np.linspace(400, 1800, 40)
IDS = [f"T{number:02d}" for number in range(8)]
LABEL = ["CTRL", "AD"] * 4


def spectra(count=8):
    """Return spectra that are all different: spectrum k begins with 1000 + k."""
    return 1000 + np.arange(count)[:, None] + 50 * np.exp(-(((AXIS - 1000) / 80) ** 2))


def write_columns(path, ids=IDS):
    rows = zip(AXIS, spectra(len(ids)).T, strict=True)
    lines = [",".join(["wavenumber", *ids]), *(",".join(f"{v:.3f}" for v in (x, *row)) for x, row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_rows(path, ids=IDS, *, heading="sample_id", also=()):
    names = [heading, *(name for name, _ in also), *(f"{x:.3f}" for x in AXIS)]
    lines = [",".join(names)]
    for at, row in enumerate(spectra(len(ids))):
        lines.append(",".join([ids[at], *(cells[at] for _, cells in also), *(f"{v:.3f}" for v in row)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_sheet(path, ids=IDS, *, key="sample_id", order=None, label=LABEL):
    rows = [f"{name},p{at},{label[at]},{at % 2}" for at, name in enumerate(ids)]
    path.write_text(
        "\n".join([f"{key},patient,state,day", *(rows[at] for at in order or range(len(rows)))]) + "\n"
    )
    return path


def options(sheet, **named):
    return ReadOptions(samples=sheet, **{"label": "state", **named})


@pytest.mark.parametrize("write", [write_columns, write_rows])
@pytest.mark.parametrize("key", ["sample_id", "file"])
@given(order=st.permutations(range(8)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_spectrum_gets_its_row_in_whatever_order_the_sheet_is(tmp_path, write, key, order):
    table = write(tmp_path / "table.csv")
    sheet = write_sheet(tmp_path / "sheet.csv", key=key, order=order)
    read = read_spectra(table, options(sheet))
    assert read.sample_id.tolist() == IDS
    assert read.intensity[:, 0].round().tolist() == [1000.0 + at for at in range(8)]
    assert read.label.tolist() == LABEL
    assert read.patient.tolist() == [f"p{at}" for at in range(8)]
    assert read.metadata["day"].tolist() == ["0", "1"] * 4
    assert f"sheet.csv says whose the spectra of table.csv are, by its column {key}" in read.notes


def test_a_sheet_of_files_names_columns_by_the_files_they_came_from(tmp_path):
    table = write_columns(tmp_path / "table.csv")
    sheet = write_sheet(tmp_path / "sheet.csv", [f"day1/{name}.txt" for name in IDS], key="file")
    assert read_spectra(table, options(sheet)).label.tolist() == LABEL


def test_a_sheet_may_give_the_spectra_other_ids(tmp_path):
    table, sheet = write_columns(tmp_path / "table.csv"), tmp_path / "sheet.csv"
    rows = [f"{name},case-{at},p{at},{LABEL[at]}" for at, name in enumerate(IDS)]
    sheet.write_text("\n".join(["file,sample_id,patient,state", *rows]) + "\n")
    read = read_spectra(table, options(sheet))
    assert read.sample_id.tolist() == [f"case-{at}" for at in range(8)]
    assert read.label.tolist() == LABEL


@pytest.mark.parametrize("size", [1, 3, 8, 100])
def test_blocks_are_joined_as_the_whole_is(tmp_path, size):
    table = write_rows(tmp_path / "table.csv")
    sheet = write_sheet(tmp_path / "sheet.csv", [*IDS, "T99"], label=[*LABEL, "AD"])
    blocks = list(iter_spectra(table, options(sheet), rows=size))
    assert [name for block in blocks for name in block.label] == LABEL
    assert blocks[-1].notes[-1] == "sheet.csv: rows without a spectrum in table.csv, not used: T99"
    assert all("not used" not in note for block in blocks[:-1] for note in block.notes)


def test_several_tables_share_a_sheet(tmp_path):
    first, second = write_rows(tmp_path / "a.csv", IDS[:4]), write_rows(tmp_path / "b.csv", IDS[4:])
    read = read_spectra([first, second], options(write_sheet(tmp_path / "sheet.csv")))
    assert read.label.tolist() == LABEL
    assert any("a.csv" in note and "b.csv" in note for note in read.notes)


def test_the_id_column_of_both_may_have_a_name_of_its_own(tmp_path):
    table = write_rows(tmp_path / "table.csv", heading="vial")
    sheet = write_sheet(tmp_path / "sheet.csv", key="vial")
    assert read_spectra(table, options(sheet, sample_id="vial")).label.tolist() == LABEL


@pytest.mark.parametrize(
    ("write", "sheet", "said"),
    [
        (write_columns, {"ids": IDS[:6]}, r"no row whose sample_id is T06, T07, as spectra in table.csv"),
        (write_columns, {"ids": ["T00", *IDS[:7]]}, r"sheet.csv line 3: 'T00' stands in two rows"),
        (
            lambda path: write_rows(path, heading="code"),
            {},
            r"rows have no ids by which sheet.csv could be joined.*--sample-id",
        ),
        (
            lambda path: write_rows(path, also=[("patient", [f"q{at}" for at in range(8)])]),
            {},
            r"sheet.csv says patient 'p0' of 'T00', and table.csv says 'q0'",
        ),
    ],
)
def test_what_can_not_be_joined_without_a_doubt_is_refused(tmp_path, write, sheet, said):
    table = write(tmp_path / "table.csv")
    with pytest.raises(DataError, match=said) as refusal:
        read_spectra(table, options(write_sheet(tmp_path / "sheet.csv", **sheet)))
    assert len(str(refusal.value)) <= 500


def test_what_table_and_sheet_agree_on_is_taken(tmp_path):
    patients = [f"p{at}" if at % 2 else "" for at in range(8)]
    table = write_rows(tmp_path / "table.csv", also=[("patient", patients), ("sex", ["f", "m"] * 4)])
    read = read_spectra(table, options(write_sheet(tmp_path / "sheet.csv")))
    assert read.patient.tolist() == [f"p{at}" for at in range(8)]
    assert read.metadata["sex"].tolist() == ["f", "m"] * 4


def test_an_option_that_names_no_column_of_the_sheet_is_refused(tmp_path):
    table, sheet = write_columns(tmp_path / "table.csv"), write_sheet(tmp_path / "sheet.csv")
    with pytest.raises(UsageError, match=r"sheet\.csv: no column 'ward' for label"):
        read_spectra(table, options(sheet, label="ward"))
