"""A report as one page: what it says first, what it never holds, what it leaves out."""

import copy
import json
import re

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier

from pages.example_report import Page, renamed, report, undrawn, words
from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.evaluation.report.classes_json import evaluation_report
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.reporting.items import REPORTING_ITEMS
from spectra_dl.evaluation.report.page.verdict import verdict

HOSTILE = "<script>alert(1)</script>\"'&$x$\n\u202e\u200f{{ 7 * 7 }}" + "z" * 200
NEW_KEYS = ("roc", "calibration", "decision_curve", "confusion", "threshold", "per_fold", "conformal")


@pytest.fixture(scope="module")
def html():
    return report_page(report())


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.mark.parametrize(
    ("auc", "said"),
    [
        ((0.8, 0.7, 0.9), "better than chance (AUC 0.800, 95 % interval 0.700 to 0.900"),
        ((0.6, 0.45, 0.75), "is not distinguishable from chance"),
        ((0.5, 0.5, 0.5), "is not distinguishable from chance"),
        ((0.2, 0.1, 0.3), "does worse than chance"),
        ((None, None, None), "has no defined AUC"),
    ],
)
def test_verdict_sets_the_first_model_against_chance_by_its_interval(auc, said):
    assert f"CNN compact {said}" in verdict(report(auc=auc)).replace("separates the classes ", "")


@pytest.mark.parametrize(
    ("rival", "said"),
    [
        ("better", "PLS-DA does better on the same patients (AUC higher by 0.100, 0.020 to 0.180)"),
        ("worse", "does better than the best classical model, PLS-DA (by 0.100, 0.020 to 0.180)"),
        ("not distinguishable", "no classical model is shown to be better, the highest being PLS-DA"),
    ],
)
def test_verdict_sets_it_against_classical_models_by_the_paired_interval(rival, said):
    assert said in verdict(report(rival=rival))


def test_verdict_never_counts_the_majority_class_as_a_rival():
    content = report()
    del content["results"]["models"]["PLS-DA"]
    content["results"]["differences"].pop()
    assert "classical" not in verdict(content)
    assert "majority" not in verdict(content)


def test_a_stopped_audit_says_confounded_and_no_score_of_a_model():
    said = verdict(report(severity="stop"))
    assert said.startswith("CONFOUNDED: ")
    assert "The class follows ward." in said
    assert "0.800" not in said
    assert "CNN" not in said


def test_a_warning_names_what_to_look_at():
    assert "make sure that what the audit found is biology: column ward." in verdict(report(severity="warn"))


@pytest.mark.parametrize("severity", ["fine", "warn", "stop"])
def test_every_verdict_counts_patients_forbids_diagnosis_and_proves_nothing(severity):
    said = verdict(report(severity=severity))
    assert "40 patients (20 healthy, 20 sick)" in said
    assert said.endswith("Research use only, not for diagnosis.")
    assert "prove" not in said.lower()


def test_confounded_stands_before_any_score():
    said = words(undrawn(report(severity="stop")))
    assert 0 <= said.index("CONFOUNDED") < said.index("The class follows ward.") < said.index("0.800")


def test_gravest_findings_come_first_and_are_named_in_words():
    said = words(undrawn(report(severity="warn")))
    assert said.index("warn The class follows ward.") < said.index("fine Row order says nothing.")


def test_page_holds_no_script_and_asks_for_nothing_outside_itself(page):
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    links = [value for name, value in page.attributes if name in ("href", "xlink:href")]
    assert any(value.startswith("#") for value in links)
    assert all(value.startswith(("#", "data:text/csv;")) for value in links)
    csp = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", csp) in page.attributes


def test_every_id_stands_once_and_every_reference_leads_to_one(html, page):
    attributes = page.attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = {value for name, value in attributes if name in ("href", "xlink:href")}
    wanted = {value[1:] for value in links if value.startswith("#")}
    wanted |= {value for name, value in attributes if name == "aria-labelledby"}
    assert wanted | set(re.findall(r"url\(#([^)]*)\)", html)) <= set(ids)


def test_hostile_words_change_the_text_but_not_one_element():
    hostile, plain = report(), report()
    for word in (
        "sick",
        "healthy",
        "PLS-DA",
        "CNN compact",
        "ward",
        "decimal comma",
        "tuesday",
        "my file.csv",
    ):
        hostile = renamed(hostile, word, f"{word[:4]}{HOSTILE}")
        plain = renamed(plain, word, f"{word[:4]} harmless")
    page = Page(report_page(hostile))
    assert page.tags == Page(report_page(plain)).tags
    for expected in ("sick<script>alert(1)</script>", "my f<script>", "{{ 7 * 7 }}"):
        assert expected in page.text
    assert not set("\u202e\u200f") & set(page.text)


def test_a_long_name_is_cut():
    assert "z" * 100 not in words(undrawn(renamed(report(), "sick", HOSTILE)))


def test_the_same_report_gives_the_same_bytes(html):
    assert html == report_page(json.loads(json.dumps(report())))


@pytest.mark.parametrize("gone", ["absent", "null"])
def test_what_an_older_report_does_not_hold_is_left_out(gone):
    content = report()
    for each in (*content["results"]["models"].values(), content["results"]):
        for key in (*NEW_KEYS, "saliency", "leaky_estimate"):
            if gone == "absent":
                each.pop(key, None)
            elif key in each:
                each[key] = None
    said = words(content)
    assert "0.800 [0.700, 0.900]" in said
    for absent in (
        "leaky estimate",
        "Curves",
        "Net benefit",
        "Prediction sets",
        "Where CNN",
        "Threshold: Youden",
    ):
        assert absent not in said


def test_decision_curves_are_folded_into_the_curves_and_tabled_at_tenths(html):
    before, after = html.split("Decision curves</summary>")
    folded = after.split("</details>")[0]
    assert "</details>" not in before.rsplit("<details>", 1)[1]
    assert 'aria-label="Decision curves of' in folded
    assert "0.213 [0.100, 0.300]" in folded
    assert "0.410" not in folded.split("</figure>")[1], "a threshold between tenths is drawn, not tabled"
    assert "Vickers & Elkin 2006" in words(report())


def test_three_classes_without_a_positive_one_are_shown():
    content = report()
    data = content["results"]["data"]
    data.update(classes=["a", "b", "c"], patients_per_class={"a": 1, "b": 2, "c": 3}, positive_class=None)
    for each in content["results"]["models"].values():
        each.update(calibration=None, threshold=None, decision_curve=None)
        each["roc"] = [{**each["roc"][0], "class": name} for name in "abc"]
        each["confusion"] = {"classes": ["a", "b", "c"], "counts": [[1, 0, 0], [0, 2, 0], [0, 0, 3]]}
        del each["patient_level"]["sensitivity"]
    assert "Can a, b and c be distinguished?" in words(content)


def test_the_page_states_what_the_report_holds(page):
    for figure in (
        "0.987",  # the leaky estimate
        "0.41 to 0.62",  # thresholds
        "0.33 to 0.48, 0.51 to 0.77",  # their spread
        "so that it is that of all patients together: sick.",
        "92 %",  # coverage reached: 92.5 rounds to even
        "1.123",  # a fold's AUC
        "tuesday",
        "rate 0.01 0.800",
        "phenylalanine",
        "correlation of 0.61",
        "Each fold leaves out all patients of one value of ward",
        "'my file.csv'",
        "ab" * 32,
        "decimal comma",
    ):
        assert figure in page.words, figure


def test_many_refused_spectra_are_counted_but_not_all_named():
    content = undrawn(report()) | {"refused": [f"spectrum {number}" for number in range(1000)]}
    said = words(content)
    assert "1000 spectra were refused" in said
    assert "and 960 more" in said
    assert "spectrum 999" not in said


def test_each_reporting_item_stands_once_and_what_only_authors_know_is_not_reported(page):
    numbers = [item.number for item in REPORTING_ITEMS]
    assert len(numbers) == len(set(numbers)) == 52  # TRIPOD+AI counts 52 with its sub-items
    assert {int(re.match(r"\d+", number)[0]) for number in numbers} == set(range(1, 28))
    assert "Ethics approval and consent not reported" in page.words


def test_what_is_no_evaluation_is_refused_with_what_is_missing():
    content = copy.deepcopy(report())
    del content["results"]["models"]
    with pytest.raises(DataError, match=r"results\.models"):
        report_page(content)
    with pytest.raises(DataError, match="results"):
        verdict({"command": []})


def test_the_report_that_the_harness_writes_is_shown():
    generator = np.random.default_rng(0)
    code = np.arange(24) % 2
    evaluation = evaluate(
        {"LDA": LinearDiscriminantAnalysis(), "majority class": DummyClassifier()},
        generator.normal(size=(24, 3)) + code[:, None],
        np.array(["healthy", "sick"])[code],
        np.array([f"p{number}" for number in range(24)]),
        EvaluationSettings(folds=3, resamples=100, permutations=100),
        context=ReportContext(Words("spectrum", "spectra")),
    )
    content = {"results": evaluation_report(evaluation)}
    said = words(content)
    value = evaluation.models["LDA"].patient_level["auc"].value
    assert f"{value:.3f} [" in said
    assert "24 patients (12 healthy, 12 sick)" in said
