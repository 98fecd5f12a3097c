"""spectra-dl predict on tables longer than one block of rows."""

import csv
import json
import random
from pathlib import Path

import pytest

from command_line import run

COPIES = 40  # of 36 spectra: 1,440 rows, more than a block


@pytest.fixture(scope="module")
def lines(repository: Path) -> list[str]:
    """The header and the rows of a long table, three spectra to a patient."""
    header, *rows = (
        (repository / "datasets" / "demo" / "spectra.csv").read_text(encoding="utf-8").splitlines()
    )
    return [header, *(row.replace("SIM-", f"SIM{copy}-") for copy in range(COPIES) for row in rows)]


def table(path: Path) -> list[dict[str, str]]:
    """Return a CSV file's rows."""
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def given(folder: Path, lines: list[str], name: str = "long.csv") -> Path:
    """Write lines to a file and return it."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def test_every_row_comes_out_once_in_order_with_the_figures_it_has_in_a_short_table(
    lines: list[str], repository: Path, tmp_path: Path
) -> None:
    run("predict", given(tmp_path, lines), "--out", tmp_path / "long")
    run("predict", repository / "datasets" / "demo" / "spectra.csv", "--out", tmp_path / "short")
    rows, short = table(tmp_path / "long" / "predictions.csv"), table(tmp_path / "short" / "predictions.csv")
    assert [row["sample_id"] for row in rows] == [line.split(",")[0] for line in lines[1:]]
    assert [row["row"] for row in rows] == [str(at + 1) for at in range(len(rows))]
    names = [name for name in rows[0] if name.startswith("p_")] + ["ood_score", "status", "reason"]
    for at, row in enumerate(rows):
        assert [row[name] for name in names] == [short[at % 36][name] for name in names]


def test_a_patient_whose_spectra_lie_far_apart_is_one_patient(lines: list[str], tmp_path: Path) -> None:
    header, *rows = lines
    shuffled = random.Random(0).sample(rows, len(rows))
    for name, ordered in (("a", rows), ("b", shuffled)):
        run("predict", given(tmp_path, [header, *ordered]), "--out", tmp_path / name)
    found, other = (table(tmp_path / name / "patients.csv") for name in "ab")
    assert len(found) == 12 * COPIES
    assert sorted(map(str, found)) == sorted(map(str, other))


def test_without_patients_each_spectrum_is_one_and_the_report_says_how_many(
    lines: list[str], tmp_path: Path
) -> None:
    alone = [",".join([line.split(",")[0], *line.split(",")[3:]]) for line in lines]
    done = run("predict", given(tmp_path, alone), "--out", tmp_path / "out")
    assert "and 440 more; --out writes them all to patients.csv" in done.stdout
    assert len(table(tmp_path / "out" / "patients.csv")) == 36 * COPIES
    results = json.loads((tmp_path / "out" / "report.json").read_text())["results"]
    assert results["patients_total"] == 36 * COPIES == sum(results["spectra"].values())


def test_a_fault_far_down_leaves_nothing(lines: list[str], tmp_path: Path) -> None:
    path = given(tmp_path, [*lines[:-1], lines[-1] + ",1,2,3"])
    assert f"line {len(lines)}" in run("predict", path, "--out", tmp_path / "out", code=3).stderr
    assert [one.name for one in tmp_path.iterdir()] == ["long.csv"]


def test_an_id_that_stands_twice_far_apart_is_refused_with_both_lines(
    lines: list[str], tmp_path: Path
) -> None:
    path = given(tmp_path, [*lines, lines[1]])
    told = run("predict", path, "--out", tmp_path / "out", code=3).stderr
    assert "line 2 and" in told
    assert f"line {len(lines) + 1}" in told
