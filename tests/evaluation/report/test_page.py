"""A report as one page: what it says first, what it never holds, what it leaves out."""

import copy
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.evaluation.report.classes_json import evaluation_report
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.verdict import verdict
from spectra_dl.evaluation.report.reporting_items import REPORTING_ITEMS

HOSTILE = "<script>alert(1)</script>\"'&$x$\n\u202e\u200f{{ 7 * 7 }}" + "z" * 200
NEW_KEYS = ("roc", "calibration", "confusion", "threshold", "per_fold", "conformal")


CURVES = """{
 "roc": [{"class": "sick", "false_positive_rate": [0, 0.2, 1], "sensitivity": [0, 0.9, 1]}],
 "calibration": {"ece": 0.05, "brier": 0.2, "slope": 0.9, "intercept": null, "reliability": [
   {"low": 0.1, "high": 0.4, "patients": 20, "mean_probability": 0.3,
    "observed": 0.25, "observed_low": 0.1, "observed_high": 0.5}]},
 "confusion": {"classes": ["healthy", "sick"], "counts": [[12, 8], [3, 17]]},
 "threshold": {"rule": "youden", "per_fold": [0.41, 0.62], "spread_per_fold": [[0.33, 0.48], [0.51, 0.77]],
   "sensitivity": {"value": 0.85, "low": 0.64, "high": 0.95, "method": "wilson"},
   "specificity": {"value": 0.55, "low": 0.34, "high": 0.74, "method": "wilson"}},
 "conformal": {"coverage_wanted": 0.9, "coverage": 0.925, "coverage_per_class": {"healthy": 0.9, "sick": 0.95},
   "mean_set_size": 1.4, "abstained": 0.4, "pooled_classes": ["sick"]}
}"""
SALIENCY = """{
 "model": "CNN compact", "axis": [400, 1003, 1800], "axis_title": "wavenumber / cm⁻¹", "unit": "cm⁻¹", "known": "nearest known band", "stability": 0.61,
 "classes": [{"name": "sick", "mean": [0, 1, 0], "attribution": [0, 0.5, 0], "spread": [0, 0.1, 0]}],
 "places": [{"position": 1003, "name": "phenylalanine", "source": "Somebody 2007", "class": "sick",
   "attribution": 0.5, "stable": true}]
}"""


def interval(value, low, high, method="percentile"):
    return {"value": value, "low": low, "high": high, "undefined_share": 0.0, "method": method}


def model(auc, low, high, *, kind="classical"):
    return {
        "kind": kind,
        "patient_level": {
            "auc": interval(auc, low, high),
            "balanced_accuracy": interval(0.7, 0.6, 0.8),
            "sensitivity": interval(0.8, 0.6, 0.9, "wilson"),
            "specificity": interval(0.6, 0.4, 0.8, "wilson"),
            "mcc": interval(None, None, None),
        },
        "row_level": {"auc": interval(0.71, 0.6, 0.8)},
        "training_patient_auc": 0.999,
        "permutation_p": 0.0005,
        "leaky_estimate": {"auc": 0.987, "balanced_accuracy": 0.9},
        **json.loads(CURVES),
        "per_fold": [
            {
                "repeat": 1,
                "fold": fold,
                "patients": 20,
                "auc": 0.123 + fold,
                "balanced_accuracy": 0.7,
                "left_out": "tuesday",
                "chosen": {"name": "rate 0.01", "inner_scores": {"rate 0.01": 0.8, "rate 0.1": 0.7}},
            }
            for fold in (1, 2)
        ],
    }


def report(*, auc=(0.8, 0.7, 0.9), rival="not distinguishable", severity="fine"):
    differences = {
        "better": (0.1, 0.02, 0.18),
        "worse": (-0.1, -0.18, -0.02),
        "not distinguishable": (0.01, -0.05, 0.07),
    }
    findings = [
        {"name": "row order", "severity": "fine", "sentence": "Row order says nothing.", "patient_auc": None},
        {
            "name": "column ward",
            "severity": severity,
            "sentence": "The class follows ward.",
            "patient_auc": None,
        },
    ]
    return {
        "command": ["spectra-dl", "evaluate", "spectra", "my file.csv"],
        "versions": {"spectra-dl": "0.1.0"},
        "seed": 0,
        "inputs": [{"path": "my file.csv", "sha256": "ab" * 32}],
        "notes": ["decimal comma"],
        "refused": [],
        "results": {
            "context": {"words": {"row": "spectrum", "rows": "spectra", "target": "target"}},
            "data": {
                "rows": 120,
                "patients": 40,
                "classes": ["healthy", "sick"],
                "patients_per_class": {"healthy": 20, "sick": 20},
                "positive_class": "sick",
                "positive_class_reason": "'sick' was chosen.",
            },
            "settings": {
                "folds": 2,
                "repeats": 1,
                "seed": 0,
                "resamples": 2000,
                "permutations": 2000,
                "interval": "percentile",
                "level": 0.95,
                "split_by": "ward",
                "threshold_rule": "youden",
                "coverage": 0.9,
            },
            "audit": {"severity": severity, "findings": findings},
            "models": {
                "CNN compact": model(*auc, kind="network"),
                "majority class": model(0.5, 0.5, 0.5, kind="control"),
                "PLS-DA": model(0.81, 0.7, 0.9),
            },
            "differences": [
                {
                    "model": name,
                    "reference": "CNN compact",
                    "metric": "auc",
                    "difference": interval(*differences[outcome]),
                    "verdict": outcome,
                }
                for name, outcome in (("majority class", "worse"), ("PLS-DA", rival))
            ],
            "split": {"sha256": "cd" * 32, "folds": []},
            "saliency": json.loads(SALIENCY),
        },
    }


class Page(HTMLParser):
    """The elements of a page, its attributes and the text a reader sees."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag in ("td", "th", "span", "dt"):
            self.text += " "

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.text += data

    @property
    def words(self):
        return " ".join(self.text.split())


def words(content):
    return Page(report_page(content)).words


@pytest.fixture(scope="module")
def html():
    return report_page(report())


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def undrawn(content):
    """Return a report without the figures that take time to draw."""
    for each in content["results"]["models"].values():
        del each["roc"], each["calibration"]
    del content["results"]["saliency"]
    return content


def renamed(content, old, new):
    if isinstance(content, dict):
        return {renamed(key, old, new): renamed(value, old, new) for key, value in content.items()}
    if isinstance(content, list):
        return [renamed(value, old, new) for value in content]
    return new if content == old else content


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
    for absent in ("leaky estimate", "Curves", "Prediction sets", "Where CNN", "Threshold: Youden"):
        assert absent not in said


def test_three_classes_without_a_positive_one_are_shown():
    content = report()
    data = content["results"]["data"]
    data.update(classes=["a", "b", "c"], patients_per_class={"a": 1, "b": 2, "c": 3}, positive_class=None)
    for each in content["results"]["models"].values():
        each.update(calibration=None, threshold=None)
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


OF_REGION = {
    "title": "intensity (SD)",
    "axis_title": "Raman shift, cm⁻¹",
    "axis": [1800.0, 1900.0, 2000.0],
    "classes": [
        {"name": name, "patients": 20, "mean": mean, "spread": [0.1, 0.2, 0.0], "points": []}
        for name, mean in (("healthy", [0.1, 0.2, 0.3]), ("sick", [0.3, 0.2, 0.3]))
    ],
}
OF_AXIS = {
    "title": "first wavenumber, cm⁻¹",
    "axis_title": "",
    "axis": [],
    "classes": [
        {"name": name, "patients": 3, "mean": [], "spread": [], "points": points}
        for name, points in (("healthy", [400.1, 400.1, 400.2]), ("sick", [400.3, 400.3, 400.3]))
    ],
}


def stopped(picture):
    content = undrawn(report(severity="stop"))
    content["results"]["audit"]["findings"][1] |= {"name": "silent region", "picture": picture}
    return content


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (OF_REGION, "intensity (SD), by class: healthy from 0.1 to 0.3; sick from 0.2 to 0.3"),
        (OF_AXIS, "first wavenumber, cm⁻¹, by class: healthy from 400.1 to 400.2; sick from 400.3 to 400.3"),
    ],
)
def test_what_stopped_the_study_is_drawn_before_any_score(picture, said):
    page = report_page(stopped(picture))
    assert page.index(f'aria-label="{said}"') < page.index("What to do next") < page.index("0.800")
    assert said not in report_page(undrawn(report(severity="stop")))


def test_what_is_raised_comes_with_what_to_do_next():
    said = words(stopped(OF_AXIS))
    assert "silent region Look for what differs besides the samples" in said
    of_columns = words(undrawn(report(severity="warn")))
    assert "column ward Balance this column over the classes, or evaluate with --split-by it" in of_columns
    assert "What to do next" not in words(undrawn(report()))


def test_models_stand_in_a_strip_before_any_table():
    page = report_page(undrawn(report()))
    strip = page[page.index('class="models"') : page.index("<table>")]
    assert strip.count('role="img" aria-label="AUC: ') == 3
    assert "0.810 [0.700, 0.900]" in strip


def test_the_majority_class_has_no_interval_of_its_own():
    page = report_page(undrawn(report()))
    assert "0.500 [" not in Page(page).words
    assert 'aria-label="AUC: 0.500"' in page


def test_checks_that_found_nothing_are_folded_away():
    page = report_page(undrawn(report(severity="warn")))
    folded = page[page.index("<details>") : page.index("</details>")]
    assert "1 check found nothing" in folded
    assert "Row order says nothing." in folded
    assert "The class follows ward." not in folded


def test_a_page_is_short_before_the_folds():
    page = re.sub(
        r"<details>.*?</details>|<svg.*?</svg>", "", report_page(stopped(OF_REGION)), flags=re.DOTALL
    )
    assert len(Page(page[: page.index('id="folds"')]).words.split()) < 1200
