"""How sections are split, chosen in and repeated: evaluate expression through the command."""

import json

import pytest

from command_line import run
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue

pytestmark = pytest.mark.xdist_group("expression splits")
SMALL = ("--model", "ridge", "--encoder", "colour-texture", "--tile-um", 112, "--genes", 4)
WRITTEN = ("report.json", "folds.csv", "report.html")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """Four patients with two sections each, measured in two batches."""
    folder = tmp_path_factory.mktemp("sections")
    lines = ["path,patient,section,batch"]
    settings = TissueSettings(patients=4, sections_per_patient=2, spots_per_side=4, genes=8)
    for number, simulated in enumerate(simulate_tissue(settings)):
        section = simulated.section
        path = write_legacy_st(folder, section)
        lines.append(f"{path.name},{section.patient},{section.name},{'AB'[number // 4]}")
    sheet = folder / "sections.csv"
    sheet.write_text("\n".join(lines) + "\n")
    return sheet


def evaluated(sheet, out, *options):
    run("evaluate", "expression", sheet, *SMALL, *options, "--out", out)
    return json.loads((out / "report.json").read_text())["results"]


@pytest.fixture(scope="module")
def repeated(sheet):
    out = sheet.parent / "repeated"
    return out, evaluated(sheet, out, "--folds", 2, "--repeats", 2, "--seed", 3)


def test_folds_are_split_anew_in_each_repeat(repeated):
    _, results = repeated
    assert results["settings"]["folds"] == 2
    assert results["settings"]["repeats"] == 2
    assert [(fold["repeat"], fold["fold"]) for fold in results["split"]["folds"]] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
    assert len(results["models"]["ridge"]["sections"]) == 16


def test_the_folds_of_another_run_are_repeated(sheet, repeated, tmp_path):
    out, results = repeated
    again = evaluated(sheet, tmp_path / "again", "--folds-from", out / "folds.csv", "--seed", 3)
    assert (tmp_path / "again" / "folds.csv").read_bytes() == (out / "folds.csv").read_bytes()
    assert again["models"]["ridge"]["pearson"] == results["models"]["ridge"]["pearson"]


def test_a_replayed_run_writes_the_same_bytes(sheet, repeated, tmp_path):
    out, _ = repeated
    run("evaluate", "expression", sheet, "--replay", out / "report.json", "--out", tmp_path / "again")
    for name in WRITTEN:
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name


def test_a_column_leaves_out_whole_batches(sheet, tmp_path):
    results = evaluated(sheet, tmp_path / "out", "--split-by", "batch")
    assert [fold["left_out"] for fold in results["split"]["folds"]] == ["A", "B"]
    assert results["settings"]["split_by"] == "batch"
    assert "one value of batch" in (tmp_path / "out" / "report.html").read_text()


def test_a_split_by_spot_is_left_out_where_that_is_asked(sheet, tmp_path):
    results = evaluated(sheet, tmp_path / "out", "--folds", 2, "--no-leaky")
    assert results["settings"]["leaky"] is False
    assert results["leaky_estimates"]["split_by_row"] == {}
    said = "Leaky estimate of a split by spot: not computed (--no-leaky)."
    assert said in (tmp_path / "out" / "report.html").read_text()


def test_each_fold_chooses_in_its_training_sections(sheet, tmp_path):
    results = evaluated(sheet, tmp_path / "out", "--folds", 2, "--tune")
    chosen = results["models"]["ridge"]["chosen"]
    assert len(chosen) == 2
    assert all(set(one["inner_scores"]) == {"with surroundings", "without surroundings"} for one in chosen)
    assert "What each fold chose for" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--split-by", "ward"), "sections have no such column"),
        (
            ("--split-by", "batch", "--folds", 2),
            "--split-by and --folds divide the patients in different ways",
        ),
        (("--repeats", 2), "only with a number of folds"),
    ],
)
def test_splits_that_can_not_be_made_are_refused(sheet, tmp_path, options, said):
    done = run("evaluate", "expression", sheet, *SMALL, *options, "--out", tmp_path / "out", code=2)
    assert said in done.stderr
