"""A table with a spectrum a column and a sheet that says whose they are, as a user gives them."""

import json

import numpy as np

from command_line import run


def test_a_wide_table_is_joined_with_its_sheet_and_both_stand_in_the_report(tmp_path):
    generator, axis = np.random.default_rng(0), np.linspace(400, 1800, 60)
    ids, label = [f"T{at:02d}" for at in range(24)], ["CTRL", "AD"] * 12
    rows = 1000 + 200 * np.exp(-(((axis - 1000) / 60) ** 2)) + 5 * generator.normal(size=(24, 60))
    lines = [",".join(["wavenumber", *ids])]
    lines += [",".join(f"{value:.2f}" for value in (x, *rows[:, at])) for at, x in enumerate(axis)]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    said = [f"{ids[at]},p{at // 2},{label[at]}" for at in generator.permutation(24)]
    (tmp_path / "sheet.csv").write_text("\n".join(["file,mouse,state", *said]) + "\n")
    words = (
        "--samples",
        tmp_path / "sheet.csv",
        "--label",
        "state",
        "--patient",
        "mouse",
        "--label-per-sample",
    )
    report = json.loads(run("audit", tmp_path / "table.csv", *words, "--json").stdout)
    assert [entry["path"].rsplit("/", 1)[-1] for entry in report["inputs"]] == ["table.csv", "sheet.csv"]
    assert any("12 of 12 patients carry several classes" in note for note in report["notes"])
    assert any("sheet.csv says whose the spectra of table.csv are" in note for note in report["notes"])


def test_a_column_without_a_row_is_refused_with_its_name(tmp_path):
    (tmp_path / "table.csv").write_text(
        "wavenumber,T1,T2,T3\n"
        + "".join(f"{400 + 2 * at},{at % 7 + 1},{at % 5 + 2},{at % 3 + 3}\n" for at in range(40))
    )
    (tmp_path / "sheet.csv").write_text("sample_id,patient,label\nT1,a,x\nT2,b,y\n")
    said = run("audit", tmp_path / "table.csv", "--samples", tmp_path / "sheet.csv", code=3).stderr
    assert "sheet.csv: no row whose sample_id is T3, as spectra in table.csv are called" in said
