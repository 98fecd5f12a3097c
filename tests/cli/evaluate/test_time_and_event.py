"""The time to an event, as a user asks for it."""

import csv
import json

import pytest

from command_line import run
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.verdict import verdict
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.study.evaluate_survival import SurvivalStudySettings, evaluate_survival_study

pytestmark = pytest.mark.xdist_group("survival")
ASKED = ("--patient", "patient_id", "--time", "months", "--event", "event")


def write_part(source, path, *, every=8, change=None):
    """Write a table with every eighth point of the axis; ``change`` is given each row's months and event and returns them."""
    with open(source, newline="", encoding="utf-8") as stream:
        heading, *rows = csv.reader(stream)
    first = next(at for at, name in enumerate(heading) if name.replace(".", "").isdigit())
    kept = [*range(first), *range(first, len(heading), every)]
    months, event = heading.index("months"), heading.index("event")
    with open(path, "w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow([heading[at] for at in kept])
        for number, row in enumerate(rows):
            if change is not None:
                row[months], row[event] = change(number // 2, row[months], row[event])
            lines.writerow([row[at] for at in kept])
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("months")
    words = ("--patients", "80", "--spectra-per-patient", "2", "--hazard-ratio", "6", "--seed", "1")
    said = run("simulate", folder / "drawn", *words).stdout
    assert "The best C-index any method can reach is 0.828" in said
    report = json.loads((folder / "drawn/report.json").read_text())
    assert report["results"]["best_c_index"] == pytest.approx(0.83, abs=0.01)
    return write_part(folder / "drawn/spectra.csv", folder / "part.csv")


@pytest.fixture(scope="module")
def evaluated(study):
    out = study.parent / "run"
    words = ("--models", "cox,compact,compact-hazard", "--folds", "3", "--members", "2", "--epochs", "3")
    return run("evaluate", "spectra", study, *ASKED, *words, "--out", out).stdout, out


def test_models_of_the_time_are_compared_in_text_report_and_page(evaluated):
    text, out = evaluated
    words = " ".join(text.split())
    assert "months to event of 80 patients" in words
    assert "Cox regression chose inside the training patients: penalty" in words
    assert max(map(len, text.partition("Research use only")[2].splitlines())) <= 100
    report = json.loads((out / "report.json").read_text())
    results = report["results"]
    assert results["kind"] == "survival"
    names = ["CNN compact, Cox", "CNN compact, hazards", "Cox regression", "Kaplan-Meier"]
    assert list(results["models"]) == names
    cox = results["models"]["Cox regression"]
    assert set(cox["patient_level"]) == {"c_index", "uno_c", "integrated_brier"}
    assert cox["chance"]["verdict"] == "better"
    assert 0.65 < cox["patient_level"]["c_index"]["value"] < 0.9
    assert cox["leaky_estimate"]["c_index"] > 0.5
    assert len(cox["risk"]) == len(cox["event_by_horizon"]) == 80
    control = results["models"]["Kaplan-Meier"]["patient_level"]
    assert control["c_index"]["value"] == 0.5
    page = (out / "report.html").read_text()
    assert page == report_page(report)
    assert page.count("<svg") > 6
    assert "share without the event" in page
    assert "at risk" in page
    assert verdict(report).startswith("In 80 patients, ")
    assert (out / "folds.csv").read_text().startswith("row,sample_id,patient,repeat,fold\n")


def test_a_run_can_be_replayed_to_the_same_bytes(evaluated, study, tmp_path):
    again = tmp_path / "again"
    run("evaluate", "spectra", study, "--replay", evaluated[1] / "report.json", "--out", again)
    for name in ("report.json", "report.html", "folds.csv"):
        assert (again / name).read_bytes() == (evaluated[1] / name).read_bytes(), name


def test_folds_of_the_run_can_be_repeated_and_a_horizon_named(evaluated, study):
    table = read_spectra(study, ReadOptions(patient="patient_id"))
    asked = SurvivalSettings("months", "event", horizon=12.0, refits=39, leaky=False)
    settings = SurvivalStudySettings(asked, networks=(), classical=("Kaplan-Meier",))
    again = evaluate_survival_study(table, settings, split=(evaluated[1] / "folds.csv").read_text())
    report = json.loads((evaluated[1] / "report.json").read_text())
    assert again.report["results"]["split"]["sha256"] == report["results"]["split"]["sha256"]
    assert again.report["results"]["data"]["horizon"] == 12.0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--time", "months"), 2, "--time and --event go together"),
        ((*ASKED, "--target", "months"), 2, "--target predicts a number, --time and --event"),
        (("--target", "months", "--horizon", "3"), 2, "--horizon is of the time to an event"),
        (("--time", "weeks", "--event", "event"), 2, "--time 'weeks': there is no such column; there are"),
        (("--time", "months", "--event", "origin"), 3, "'origin' holds 'simulated' in row 1"),
        ((*ASKED, "--label", "batch"), 2, "ask for the time to an event; --label is of classes"),
        ((*ASKED, "--models", "svm"), 2, "no model of the time to an event is called 'svm'"),
        ((*ASKED, "--horizon", "900"), 2, "horizon=900 lies outside"),
    ],
)
def test_what_can_not_be_asked_is_refused_in_a_sentence(study, words, code, said):
    done = run("evaluate", "spectra", study, "--patient", "patient_id", *words, code=code)
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _, months, event: (months, "0"), "'event' is 0 for all 80 patients"),
        (
            lambda at, months, event: (months, str(int(at < 7))),
            "7 of 80 patients have an event, and at least 10",
        ),
        (
            lambda at, months, event: ("-1" if at == 3 else months, event),
            "'months' is 0 or negative for 1 patient (",
        ),
        (lambda at, months, event: ("" if at == 3 else months, event), "2 of 160 rows have no 'months'"),
    ],
)
def test_impossible_times_and_too_few_events_are_refused(study, tmp_path, change, said):
    wrong = write_part(study.parent / "drawn/spectra.csv", tmp_path / "wrong.csv", change=change)
    done = run("evaluate", "spectra", wrong, *ASKED, code=3)
    assert said in " ".join(done.stderr.split())


def test_a_distance_between_classes_and_a_hazard_ratio_are_refused_together(tmp_path):
    done = run("simulate", tmp_path / "both", "--distance", "1", "--hazard-ratio", "2", code=2)
    assert "leave one out" in done.stderr
