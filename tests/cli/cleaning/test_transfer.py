"""spectra-dl transfer, --transfer and --standard, in processes of their own; and the page that shows them."""

import csv
import json
import shlex
from pathlib import Path

import pytest

from command_line import run
from documentation.tutorials import missing_lines, steps

pytestmark = pytest.mark.xdist_group("transfer")


@pytest.fixture(scope="module")
def instruments(repository: Path) -> Path:
    """The folder of the shipped study of two instruments."""
    return repository / "datasets" / "demo" / "instruments"


def learned(instruments: Path, out: Path, *more: object) -> str:
    """Learn a transfer and return what was printed."""
    samples = instruments / "samples_a.csv", instruments / "samples_b.csv"
    return run("transfer", *samples, "--out", out, *more).stdout


def trained(instruments: Path, folder: Path, *more: object) -> Path:
    """A model of both instruments' spectra."""
    words = ("train", "spectra", instruments / "spectra.csv", "--label", "label", "--model", "logistic")
    run(*words, "--members", 2, "--out", folder, *more)
    return folder / "model.safetensors"


def test_the_page_does_what_it_shows(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "datasets").symlink_to(repository / "datasets")
    printed = ""
    for step in steps((repository / "docs" / "transfer.md").read_text(encoding="utf-8")):
        if step.kind == "text":
            assert missing_lines(step.text, printed) == []
        for line in step.text.splitlines() if step.kind == "commands" else ():
            printed += run(*shlex.split(line)[1:], folder=tmp_path, code=None).stdout
    report = json.loads((tmp_path / "after" / "report.json").read_text())
    assert any(each["path"].endswith("transfer.safetensors") for each in report["inputs"])
    assert any("brought to instrument A by PDS" in note for note in report["notes"])


def test_a_file_in_the_way_and_another_ending_are_refused(instruments: Path, tmp_path: Path) -> None:
    samples = instruments / "samples_a.csv", instruments / "samples_b.csv"
    (tmp_path / "t.safetensors").write_text("mine")
    kept = run("transfer", *samples, "--out", tmp_path / "t.safetensors", code=3).stderr
    assert "this file exists" in kept
    by_row = run("transfer", *samples, "--replicates", 1, "--out", tmp_path / "r.safetensors", code=2).stderr
    assert "rows in the same order need not be the same samples" in by_row
    assert "ends in .safetensors" in run("transfer", *samples, "--out", tmp_path / "t.json", code=2).stderr


def test_what_beats_nothing_says_so(instruments: Path, tmp_path: Path) -> None:
    samples = instruments / "samples_a.csv"
    shown = run("transfer", samples, samples, "--out", tmp_path / "t.safetensors").stdout
    assert "Nothing beats leaving the spectra as they are" in shown
    assert "Taken: none" in learned(instruments, tmp_path / "n.safetensors", "--method", "none")
    assert "measure more of them" in learned(instruments, tmp_path / "e.safetensors", "--method", "ds")
    asked = run("transfer", samples, samples, "--method", "ds", "--out", tmp_path / "d.safetensors").stdout
    assert "it does not beat leaving the spectra as they are" in asked


def test_a_projection_is_asked_for_on_both_sides(instruments: Path, tmp_path: Path) -> None:
    file = tmp_path / "epo.safetensors"
    assert "give the file to train spectra and to predict alike" in learned(
        instruments, file, "--method", "epo"
    )
    model = trained(instruments, tmp_path / "model", "--transfer", file)
    assert "Transfer       training spectra projected by EPO (" in run("model", "show", model).stdout
    spectra = instruments / "spectra.csv"
    without = run("predict", spectra, "--model", model, code=None).stdout
    assert "give the same file as --transfer" in without
    assert (
        "as --transfer" not in run("predict", spectra, "--model", model, "--transfer", file, code=None).stdout
    )
    plain = trained(instruments, tmp_path / "plain")
    one_side = run("predict", spectra, "--model", plain, "--transfer", file, code=None).stdout
    assert "train with the same --transfer" in one_side


def test_a_model_of_two_instruments_asks_for_the_transfer(instruments: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "pds.safetensors", tmp_path / "other.safetensors"
    learned(instruments, file, "--method", "pds")
    samples = instruments / "samples_b.csv", instruments / "samples_a.csv"
    run("transfer", *samples, "--method", "pds", "--out", other)
    given = "predict", instruments / "spectra.csv", "--model"
    model = trained(instruments, tmp_path / "model", "--transfer", file)
    without = run(*given, model, code=None).stdout
    assert "give the transfer of the instrument that they come from as --transfer" in without
    assert "training spectra of a second" not in run(*given, model, "--transfer", file, code=None).stdout
    assert "these were brought to instrument B" in run(*given, model, "--transfer", other, code=None).stdout


def test_corrected_spectra_carry_it(instruments: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.safetensors"
    learned(instruments, file, "--method", "pds")
    run(
        "preprocess",
        instruments / "spectra.csv",
        "--transfer",
        file,
        "--format",
        "csv",
        "--out",
        tmp_path / "c",
    )
    with next((tmp_path / "c").rglob("spectra*.csv")).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["instrument_transfer"][:28] for row in rows if row["batch"] == "instrument B"} == {
        "brought to instrument A by P"
    }
    assert {row["instrument_transfer"] for row in rows if row["batch"] == "instrument A"} == {""}
    again = run(
        "audit", tmp_path / "c" / "spectra.csv", "--label", "label", "--transfer", file, code=3
    ).stderr
    assert "transferred before" in again


def test_the_audit_draws_what_differs_between_instruments(instruments: Path, tmp_path: Path) -> None:
    run("audit", instruments / "spectra.csv", "--label", "label", "--out", tmp_path / "audit")
    assert "instrument B (n = 30)" in (tmp_path / "audit" / "batches.svg").read_text()


def test_a_standard_of_the_day_or_a_calibration_and_never_both(repository: Path, tmp_path: Path) -> None:
    demo = repository / "datasets" / "demo"
    given = ("predict", demo / "spectra.csv", "--standard", demo / "polystyrene.csv")
    twice = run(*given, "--calibration", "c.json", code=2).stderr
    assert "would correct the axis twice" in twice
    alone = run("predict", demo / "spectra.csv", "--standard-kind", "silicon", code=2).stderr
    assert "give the file as well" in alone
    serum = run("predict", demo / "spectra.csv", "--standard", demo / "spectra.csv", code=3).stderr
    assert "make sure that the file is a spectrum of polystyrene" in serum
    other = run(*given, "--standard-kind", "silicon", code=3).stderr
    assert "silicon" in other


def test_a_simulated_study_of_instruments_is_written(tmp_path: Path) -> None:
    shown = run(
        "simulate", tmp_path / "s", "--patients", 12, "--instruments", 3, "--spectra-per-patient", 1
    ).stdout
    assert "12 patients on 3 instruments" in shown
    assert {file.name for file in (tmp_path / "s").glob("samples_*.csv")} == {
        f"samples_{one}.csv" for one in "abc"
    }
    report = json.loads((tmp_path / "s" / "report.json").read_text())
    assert [each["name"][-1] for each in report["results"]["instruments"]] == ["A", "B", "C"]
    refused = run("simulate", tmp_path / "t", "--instruments", 2, "--tissue", code=2).stderr
    assert "--instruments is of spectra of two classes alone" in refused


def test_the_axis_of_either_instrument_is_corrected_before_and_only_once(
    repository: Path, instruments: Path, tmp_path: Path
) -> None:
    standard, calibration = repository / "datasets" / "demo" / "polystyrene.csv", tmp_path / "c.json"
    run("calibrate-axis", standard, "--standard", "polystyrene", "--out", calibration)
    out = tmp_path / "t.safetensors"
    both = ("--master-calibration", calibration, "--slave-calibration", calibration)
    assert "axis corrected by polystyrene" in learned(instruments, out, *both)
    spectra = instruments / "spectra.csv", "--calibration", calibration, "--transfer", out
    assert run("preprocess", *spectra, "--out", tmp_path / "p").returncode == 0
    with (tmp_path / "p" / "spectra.csv").open(encoding="utf-8") as stream:
        assert {row["axis_calibration"][:29] for row in csv.DictReader(stream)} == {
            "axis corrected by polystyrene"
        }
    again = run("transfer", tmp_path / "p" / "spectra.csv", instruments / "samples_b.csv", *both, code=3)
    assert "were corrected before" in again.stderr or "was corrected before" in again.stderr
    unsaid = run(
        "transfer", *spectra[:1], instruments / "samples_b.csv", "--calibration", calibration, code=2
    )
    assert "--slave-calibration" in unsaid.stderr
