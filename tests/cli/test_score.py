"""spectra-dl score, in a process of its own."""

import json
from functools import partial
from pathlib import Path

import pytest

from command_line import run as run_command

TRUTH = "sample_id,patient_id,label\n" + "".join(
    f"s{k},p{k // 2},{'sick' if k % 4 < 2 else 'healthy'}\n" for k in range(40)
)


def told(flip: int = 0) -> str:
    """Predictions that are wrong for the first ``flip`` rows."""
    lines = ["sample_id,p_healthy,p_sick"]
    for k in range(40):
        p = 0.9 - 0.01 * k if (k % 4 < 2) != (k < flip) else 0.1 + 0.01 * k
        lines.append(f"s{k},{1 - p:.3f},{p:.3f}")
    return "\n".join(lines) + "\n"


run = partial(run_command, "score")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Good predictions, worse ones, and the truth."""
    for name, text in (("good.csv", told()), ("worse.csv", told(16)), ("truth.csv", TRUTH)):
        (tmp_path / name).write_text(text)
    return tmp_path / "good.csv", tmp_path / "worse.csv", tmp_path / "truth.csv"


def test_predictions_are_judged_by_patient_and_compared(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    good, worse, truth = files
    out = run(good, worse, "--truth", truth, "--out", tmp_path / "out").stdout
    assert "20 patients (10 healthy, 10 sick), 40 rows" in out
    assert "1.000 [1.000, 1.000]" in next(line for line in out.splitlines() if line.startswith("good.csv"))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    scores = report["results"]["scores"]
    assert scores["good.csv"]["patient_level"]["auc"]["value"] == 1.0
    assert scores["worse.csv"]["patient_level"]["auc"]["value"] < 0.9
    assert [one["model"] for one in report["results"]["differences"]] == ["worse.csv"] * 2


def test_what_predict_writes_can_be_judged(repository: Path, tmp_path: Path) -> None:
    demo = repository / "datasets" / "demo" / "spectra.csv"
    run_command("predict", demo, "--out", tmp_path / "p")
    out = run(tmp_path / "p" / "predictions.csv", "--truth", demo).stdout
    assert "12 patients" in out


def test_rows_without_an_answer_are_left_out_and_counted(files: tuple[Path, Path, Path]) -> None:
    good, worse, truth = files
    lines = good.read_text().splitlines()
    lines[1], lines[2] = "s0,,", "s1,,"
    good.write_text("\n".join(lines) + "\n")
    out = run(good, worse, "--truth", truth).stdout
    assert "2 of 40 rows without an answer were left out" in out
    assert "1 patient has no answer at all: p0" in out
    assert "19 patients" in out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("s3,", "s2,", "id 's2' stands twice, in lines 4 and 5"),
        ("s3,", "x3,", "1 ids are missing: s3"),
        (
            "p_sick",
            "p_ill",
            "probabilities of healthy, ill, but truth.csv has the classes healthy, sick; each",
        ),
        ("s0,0.100,0.900", "s0,0.100,1.900", "line 2: '1.900' is no probability"),
        ("s0,0.100,0.900", "s0,0.100,high", "line 2: 'high' is no probability"),
        ("s0,0.100,0.900", "s0,0.800,0.900", "line 2: the probabilities of the classes add up to 1.7, not 1"),
    ],
)
def test_predictions_that_cannot_be_judged_are_refused_with_the_place(
    files: tuple[Path, Path, Path], old: str, new: str, message: str
) -> None:
    good, _, truth = files
    text = good.read_text()
    assert old in text
    good.write_text(text.replace(old, new, 1))
    assert message in run(good, "--truth", truth, code=3).stderr


def test_a_missing_column_is_named(files: tuple[Path, Path, Path]) -> None:
    good, _, truth = files
    done = run(good, "--truth", truth, "--label", "diagnosis", code=3)
    assert "no column 'diagnosis'; the columns are sample_id, patient_id, label" in done.stderr


def test_a_row_without_a_class_is_named(files: tuple[Path, Path, Path]) -> None:
    good, _, truth = files
    truth.write_text(TRUTH.replace("s4,p2,sick", "s4,p2,"))
    assert "truth.csv: no class for s4; fill it in" in run(good, "--truth", truth, code=3).stderr


def test_a_spreadsheets_semicolons_and_decimal_commas_are_the_same_table(
    files: tuple[Path, Path, Path],
) -> None:
    good, _, truth = files
    before = run(good, "--truth", truth).stdout
    good.write_text(good.read_text().replace(",", ";").replace(".", ","))
    assert run(good, "--truth", truth).stdout == before


def test_other_columns_that_begin_alike_are_let_pass(files: tuple[Path, Path, Path]) -> None:
    good, _, truth = files
    lines = good.read_text().splitlines()
    good.write_text("\n".join([lines[0] + ",p_value", *(line + ",0.01" for line in lines[1:])]) + "\n")
    assert "20 patients" in run(good, "--truth", truth).stdout
