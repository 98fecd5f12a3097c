"""Runs of 10x Genomics on the command line: predicted, trained on, and their ceiling."""

import json

import pytest

from command_line import run
from formats.tenx import GENES, Layout, hd_bins, visium, write_he, write_run, write_xenium

QUICK = ("--model", "ridge", "--encoder", "colour-texture", "--tile-um", "64", "--genes", "5")
pytestmark = pytest.mark.xdist_group("expression")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """Three patients, a run of Visium HD each."""
    folder = tmp_path_factory.mktemp("study")
    lines = ["path,patient,section"]
    for name in "ABC":
        write_run(folder / name / "binned_outputs/square_008um", hd_bins())
        lines.append(f"{name},{name},{name}")
    (folder / "sheet.csv").write_text("\n".join(lines))
    return folder / "sheet.csv"


@pytest.fixture(scope="module")
def model(sheet):
    run("train", "expression", sheet, *QUICK, "--bin-um", "16", "--out", sheet.parent / "model")
    return sheet.parent / "model" / "model.safetensors"


def results(out):
    return json.loads((out / "report.json").read_text())


def test_a_sheet_of_runs_is_trained_on_and_predicted_in_bins_of_one_size(sheet, model, tmp_path):
    run("predict", sheet.parent / "A", "--model", model, "--bin-um", "16", "--out", tmp_path / "out")
    report = results(tmp_path / "out")
    assert report["results"]["spots"] == len({tuple(p // 2) for p in hd_bins().place[hd_bins().in_tissue]})
    assert any("joined into" in note for note in report["notes"])


def test_the_ceiling_of_bins_of_a_size(sheet):
    plain, joined = (
        json.loads(run("ceiling", sheet.parent / "A", *more, "--json").stdout)["results"]
        for more in ((), ("--bin-um", "32"))
    )
    assert len(joined["per_gene"]) == GENES
    assert joined["per_gene"][0]["mean_count"] > 5 * plain["per_gene"][0]["mean_count"]


def test_a_matrix_named_itself_is_predicted_and_its_ceiling_estimated(model, tmp_path):
    outs = write_run(tmp_path / "run", visium(), Layout(prefix="GSM1_A_", flat=True))
    matrix = next(outs.glob("*.h5"))
    run("predict", matrix, "--model", model, "--out", tmp_path / "out")
    assert results(tmp_path / "out")["results"]["spots"] == visium().in_tissue.sum()
    assert "5 genes" in run("ceiling", matrix).stdout


def test_a_xenium_run_is_predicted_with_its_image(model, tmp_path):
    write_xenium(tmp_path / "run")
    _, image = write_he(tmp_path / "he")
    matrix = tmp_path / "he/run_he_imagealignment.csv"
    moved = matrix.rename(tmp_path / "m.csv")
    run(
        "predict", tmp_path / "run", "--model", model, "--image", image, "--alignment", moved,
        "--bin-um", "80", "--out", tmp_path / "out",
    )  # fmt: skip
    assert any("400 cells gathered" in note for note in results(tmp_path / "out")["notes"])


def test_options_that_fit_nothing_are_refused(sheet, model, tmp_path):
    write_run(tmp_path / "run", visium())
    refused = run(
        "predict", tmp_path / "run", "--model", model, "--bin-um", "16", "--out", tmp_path / "a", code=3
    )
    assert "spots of Visium can't be joined" in refused.stderr
    pair = (sheet.parent / "A", sheet.parent / "B")
    refused = run("predict", *pair, "--model", model, "--alignment", "m.csv", "--out", tmp_path / "b", code=2)
    assert "one at a time" in refused.stderr
    refused = run(
        "train", "expression", "simulated_tissue", *QUICK, "--bin-um", "16", "--out", tmp_path / "c", code=2
    )
    assert "--bin-um joins bins" in refused.stderr
