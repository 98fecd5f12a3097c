"""From slides to the expression of patients' bulk tissue, as a bioinformatician runs it."""

import csv
import json

import numpy as np
import pytest

from command_line import run
from pages.html_page import HtmlPage
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue

QUICK = (
    "--level",
    "slide",
    "--models",
    "ridge",
    "--encoder",
    "colour-texture",
    "--tile-um",
    112,
    "--genes",
    6,
)
PATIENTS = 10
pytestmark = pytest.mark.xdist_group("expression")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Sections of patients who differ in cells and eosin, and counts of their spots added up."""
    folder = tmp_path_factory.mktemp("slides")
    settings = TissueSettings(PATIENTS, spots_per_side=5, genes=12, um_per_pixel=8.0, between=1.5)
    lines, totals = ["path,patient,section"], {}
    for section in (each.section for each in simulate_tissue(settings)):
        path = write_legacy_st(folder, section)
        lines.append(f"{path.name},{section.patient},{section.name}")
        totals[section.patient] = np.asarray(section.counts.sum(axis=0)).ravel().astype(int)
    (folder / "sections.csv").write_text("\n".join(lines) + "\n")
    return folder / "sections.csv", section.gene, totals


def table(path, genes, totals):
    rows = [["patient", *genes], *([patient, *counts] for patient, counts in totals.items())]
    path.write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    return path


def table_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.fixture(scope="module")
def pseudobulk(study):
    out = study[0].parent / "run"
    text = run("evaluate", "expression", study[0], *QUICK, "--out", out).stdout
    return out, text, json.loads((out / "report.json").read_text())


def test_genes_that_follow_the_image_are_predicted_in_left_out_patients_and_permuted_ones_are_not(pseudobulk):
    _, text, report = pseudobulk
    results = report["results"]
    assert results["kind"] == "across-patients"
    counted = results["data"]
    assert (counted["patients"], counted["slides"]) == (PATIENTS, PATIENTS)
    assert 1 <= counted["genes"] <= 6
    ridge = results["models"]["ridge on mean features"]
    assert ridge["pearson"]["value"] > 0.7
    assert ridge["pearson"]["low"] > 0
    assert abs(results["controls"]["permuted profiles"]["pearson"]["value"]) < 0.35
    assert results["controls"]["training mean"]["pearson"]["value"] == 0
    assert 0.9 < results["ceiling"] <= 1
    words = " ".join(text.split())
    assert words.index("reaches a mean correlation across patients") < words.index("controls, no tissue")


def test_the_folder_holds_genes_predictions_and_folds(pseudobulk, study):
    out, _, report = pseudobulk
    genes = table_of(out / "genes.csv")
    of_report = report["results"]["targets"]["of_first_model"]
    assert [row["gene"] for row in genes] == [each["name"] for each in of_report]
    assert float(genes[0]["ridge on mean features: pearson"]) == pytest.approx(
        of_report[0]["pearson"]["value"], abs=1e-5
    )
    rows = [row for row in table_of(out / "predictions.csv") if row["gene"] == genes[0]["gene"]]
    assert [row["patient_id"] for row in rows] == sorted(study[2])
    measured, predicted = (
        [float(row[name]) for row in rows] for name in ("measured", "ridge on mean features")
    )
    assert np.corrcoef(measured, predicted)[0, 1] > 0
    assert len((out / "folds.csv").read_text().splitlines()) == PATIENTS + 1


def test_the_page_says_score_ceiling_and_controls_before_anything_else(pseudobulk):
    out, _, report = pseudobulk
    page, results = HtmlPage((out / "report.html").read_text()), report["results"]
    assert page.needs_nothing_else()
    words = " ".join(page.text.split())
    first_screen = words[: words.index("Every figure is of patients")]
    assert results["verdict"] in first_screen
    for name in (*results["models"], *results["controls"]):
        assert name in first_screen
    figures = results["models"]["ridge on mean features"]["pearson"]
    assert f"{figures['value']:.3f} [{figures['low']:.3f}, {figures['high']:.3f}]" in first_screen
    assert f"noise ceiling {results['ceiling']:.3f}, the highest that these counts allow" in first_screen
    assert "ridge on mean features" in page.text


def test_counts_in_a_table_give_about_what_counts_of_spots_give_and_a_replay_the_same_report(
    study, pseudobulk, tmp_path
):
    sheet, genes, totals = study
    bulk = table(tmp_path / "bulk.csv", genes, totals)
    first, second = tmp_path / "one", tmp_path / "two"
    run("evaluate", "expression", sheet, *QUICK, "--bulk", bulk, "--out", first)
    report = json.loads((first / "report.json").read_text())
    of_spots = pseudobulk[2]["results"]
    for end in ("value", "low", "high"):
        first_of, second_of = (
            each["models"]["ridge on mean features"]["pearson"][end] for each in (report["results"], of_spots)
        )
        assert first_of == pytest.approx(second_of, abs=0.1)
    assert any("taken for counts" in note for note in report["notes"])
    run("evaluate", "expression", sheet, "--replay", first / "report.json", "--bulk", bulk, "--out", second)
    assert (second / "report.json").read_bytes() == (first / "report.json").read_bytes()


def test_folds_and_features_of_an_earlier_run_give_its_figures(study, pseudobulk, tmp_path):
    words = ("--folds-from", pseudobulk[0] / "folds.csv", "--store", tmp_path / "store", "--json")
    results = json.loads(run("evaluate", "expression", study[0], *QUICK, *words).stdout)["results"]
    assert results["models"] == pseudobulk[2]["results"]["models"]


def test_sections_may_be_left_out_and_that_is_said(study):
    shown = run("evaluate", "expression", study[0], *QUICK, "--group", "section", "--folds", 2).stdout
    assert "LEFT OUT BY SECTION" in shown


@pytest.mark.parametrize(
    ("lines", "words", "code", "message"),
    [
        (5, (), 3, "4 patients; a correlation across patients needs 5"),
        (11, ("--genes", "NOSUCH"), 2, "NOSUCH"),
        (11, ("--repeats", 3), 2, "all repeats would be the same; leave --repeats out"),
        (11, ("--folds", 20), 3, "20 folds of 10 patients"),
        (11, ("--folds-from", "SHEET"), 3, "the first line of the folds must be"),
    ],
)
def test_what_can_not_be_evaluated_is_refused_before_slides_are_encoded(
    study, tmp_path, lines, words, code, message
):
    sheet = study[0].with_name(f"{lines}.csv")
    sheet.write_text("\n".join(study[0].read_text().splitlines()[:lines]) + "\n")
    given = [sheet if word == "SHEET" else word for word in words]
    shown = run("evaluate", "expression", sheet, *QUICK, *given, "--store", tmp_path / "store", code=code)
    assert message in shown.stderr
    assert not list((tmp_path / "store").rglob("*.h5"))


def test_one_image_under_two_patients_is_refused(study):
    sheet, lines = study[0].with_name("shared.csv"), study[0].read_text().splitlines()
    images = ["image", *(f"{line.split(',')[2]}.jpg" for line in lines[1:])]
    images[2] = images[1]
    sheet.write_text("\n".join(map(",".join, zip(lines, images, strict=True))) + "\n")
    shown = run("evaluate", "expression", sheet, *QUICK, code=3)
    assert "SIM1-1 of SIM1 and SIM2-1 of SIM2 have the same image" in " ".join(shown.stderr.split())


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--models", "ridge"), 2, "--models is of whole slides; say --level slide"),
        ((*QUICK, "--loss", "pearson"), 2, "--loss is of spots"),
        ((*QUICK, "--bulk-scale", "log"), 2, "--bulk-scale says what the values of a table are"),
        (("--level", "slide", "--models", "cnn"), 2, "no model of slides is called 'cnn'"),
        (
            (*QUICK[:-1], "g1,g2", "--panel", "mean"),
            2,
            "--panel says how genes are chosen, and --genes names them",
        ),
        ((*QUICK, "--panel", "seurat"), 2, "--panel seurat is of spots"),
        ((*QUICK, "--bulk", "BULK"), 3, "patients with slides are not in it: SIM2"),
        ((*QUICK, "--bulk", "BULK", "--group", "section"), 2, "leave --group section out"),
        ((*QUICK, "--genes", "NOSUCH"), 2, "NOSUCH"),
    ],
)
def test_what_can_not_be_is_refused(study, tmp_path, words, code, message):
    sheet, genes, totals = study
    bulk = table(tmp_path / "bulk.csv", genes, {name: totals[name] for name in totals if name != "SIM2"})
    given = [bulk if word == "BULK" else word for word in words]
    shown = run("evaluate", "expression", sheet, *given, code=code)
    assert message in shown.stderr
