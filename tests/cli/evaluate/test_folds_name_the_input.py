"""Tables that evaluate writes name the input's rows and samples, whatever was refused before."""

import csv
import json

import numpy as np
import pytest

from command_line import run


def table(path, refused):
    """Write 24 spectra of 12 patients; those named can't be used."""
    generator = np.random.default_rng(0)
    axis = np.linspace(400, 1800, 60)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        write = csv.writer(stream)
        write.writerow(["sample_id", "patient", "label", *(f"{place:.1f}" for place in axis)])
        for row in range(24):
            level = 300 * np.exp(-(((axis - 900) / 40) ** 2)) + generator.normal(100, 3, 60) + row
            level = np.zeros(60) if row in refused else level
            write.writerow(
                [f"S-{row}", f"P{row // 2}", "ab"[row // 2 % 2], *(f"{value:.3f}" for value in level)]
            )


@pytest.mark.parametrize("refused", [[0], [4, 9, 23]])
def test_folds_and_report_name_the_rows_of_the_input(tmp_path, refused):
    table(tmp_path / "spectra.csv", refused)
    options = ("--label", "label", "--patient", "patient", "--models", "logistic", "--no-leaky")
    run("evaluate", "spectra", tmp_path / "spectra.csv", *options, "--folds", 2, "--out", tmp_path / "out")
    with open(tmp_path / "out" / "folds.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    used = sorted(set(range(24)) - set(refused))
    assert sorted(int(row["row"]) for row in rows) == [row + 1 for row in used]
    assert all(row["sample_id"] == f"S-{int(row['row']) - 1}" for row in rows)
    assert all(row["patient"] == f"P{(int(row['row']) - 1) // 2}" for row in rows)
    folds = json.loads((tmp_path / "out" / "report.json").read_text())["results"]["split"]["folds"]
    assert sorted(number for fold in folds for number in fold["test_rows"]) == [row + 1 for row in used]
    if len(refused) == 1:
        again = ("--folds-from", tmp_path / "out" / "folds.csv", "--out", tmp_path / "again")
        run("evaluate", "spectra", tmp_path / "spectra.csv", *options, *again)
        assert (tmp_path / "again" / "folds.csv").read_text() == (tmp_path / "out" / "folds.csv").read_text()
