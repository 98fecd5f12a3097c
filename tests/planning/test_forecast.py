"""A plan says what more patients show, from a pilot or a model of the effect, as JSON, sentence and page."""

import html
import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.planning.forecast import forecast, planned
from spectra_dl.planning.learning_curve import fit_learning_curve
from spectra_dl.planning.pilot import assumed_effect, pilot_of_scores, reported_pilot
from spectra_dl.planning.plan_text import sentences
from spectra_dl.planning.precision import auc_interval, auc_variance, effective_patients

INTERVAL = {"value": 0.8, "low": 0.66, "high": 0.89}


def report(**changed):
    """A report of an evaluation, as far as plans read it."""
    model = {
        "kind": "network",
        "patient_level": {"auc": INTERVAL},
        "threshold": {"sensitivity": {"value": 0.75}},
        "chance": {"inflation": 1.1},
    }
    results = {
        "data": {
            "patients": 40,
            "rows": 120,
            "positive_class": "ill",
            "patients_per_class": {"ill": 16, "well": 24},
        },
        "settings": {"folds": 5},
        "models": {
            "auto": model,
            "PLS-DA": {**model, "kind": "classical"},
            "majority": {**model, "kind": "control"},
        },
        "differences": [
            {
                "model": name,
                "reference": "auto",
                "metric": "auc",
                "difference": {"value": -0.05, "low": -0.15, "high": 0.05},
            }
            for name in ("PLS-DA", "majority")
        ],
    }
    return {"results": {**results, **changed}}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps(report()))
    return tmp_path / "report.json"


def test_with_the_pilots_own_patients_the_interval_is_that_of_its_report(path):
    found = forecast(reported_pilot(path), 40)
    assert found.auc.high - found.auc.low == pytest.approx(INTERVAL["high"] - INTERVAL["low"], abs=1e-6)
    assert found.positives == 16


def test_four_times_the_patients_make_the_interval_half_as_wide(path):
    pilot = reported_pilot(path)
    now, then = forecast(pilot, 400).auc, forecast(pilot, 1600).auc
    assert (then.high - then.low) / (now.high - now.low) == pytest.approx(0.5, abs=0.02)


def test_without_a_pilot_the_interval_is_that_of_hanley_and_mcneil():
    found = forecast(assumed_effect(0.8, 0.25), 200).auc
    wanted = auc_interval(0.8, effective_patients(0.8, auc_variance(0.8, 50, 150)))
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_power_is_that_of_models_and_not_of_controls(path):
    (name,) = forecast(reported_pilot(path), 80).power
    assert name == "PLS-DA against auto"
    assert forecast(reported_pilot(path), 400).power[name] > forecast(reported_pilot(path), 80).power[name]


def test_the_model_that_is_named_is_planned(path):
    assert reported_pilot(path, "PLS-DA").source.startswith("PLS-DA")
    with pytest.raises(UsageError, match="the report has auto, PLS-DA"):
        reported_pilot(path, "resnet")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps(report(data={"patients": 40})),
        json.dumps(report(models={})),
        json.dumps(report(models={"auto": {"patient_level": {"auc": {"value": None, "low": 0, "high": 1}}}})),
        json.dumps(report(data={**report()["results"]["data"], "positive_class": None})),
        *(json.dumps(report(settings={"folds": folds})) for folds in (0, 1, -3)),
        *(
            json.dumps(report(data={**report()["results"]["data"], "patients": many}))
            for many in (10**400, 10**7)
        ),
        json.dumps(report()).replace('"patients": 40', '"patients": Infinity'),
        *(json.dumps(report()).replace('"value": 0.75', f'"value": {share}') for share in ("5", "NaN")),
    ],
)
def test_what_is_no_report_of_two_classes_is_refused(tmp_path, content):
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(DataError, match=r"report\.json"):
        reported_pilot(tmp_path / "report.json")


def test_the_learning_curve_raises_the_auc_and_the_error_of_the_forecast(path):
    sizes = np.array([10.0, 15.0, 22.0, 32.0])
    curve = fit_learning_curve(sizes, 0.9 - 0.9 * sizes**-0.6, np.full(4, 0.01))
    flat = reported_pilot(path)
    rising = replace(flat, curve=curve)
    assert forecast(rising, 80).auc.value > forecast(flat, 80).auc.value + 0.01
    assert forecast(rising, 80).auc_error > forecast(flat, 80).auc_error * 0.9
    assert forecast(rising, 40).auc.value == pytest.approx(0.8)


def test_scores_of_spectra_are_pooled_by_patient():
    generator = np.random.default_rng(0)
    ill = np.repeat(np.arange(40) % 2 == 0, 3)
    logit = np.repeat(generator.normal(size=40), 3) + generator.normal(size=120) + 1.5 * ill
    chance = 1 / (1 + np.exp(-logit))
    label, patient = (
        text_array(np.where(ill, "ill", "well")),
        text_array([f"p{at // 3:02d}" for at in range(120)]),
    )
    pilot = pilot_of_scores("scores", np.stack([chance, 1 - chance], axis=1), label, patient, positive="ill")
    mean = logit.reshape(40, 3).mean(axis=1)
    wins = (mean[::2][:, None] > mean[1::2]).mean()
    assert pilot.auc == pytest.approx(wins)
    assert (pilot.patients, pilot.prevalence, pilot.spectra) == (40, 0.5, 3.0)
    other = pilot_of_scores("scores", np.stack([chance, 1 - chance], axis=1), label, patient, positive="well")
    assert other.auc == pytest.approx(pilot.auc)
    assert any("Two spectra of a patient" in sentence for sentence in sentences(planned(pilot)))


def test_the_sentence_says_what_more_patients_show(path):
    said = planned(reported_pilot(path), [40, 100]).sentence
    assert said.startswith("With 60 more patients the 95 % interval of the AUC would be .7")
    assert said.endswith("with the pilot's 40 it is .66 to .89.")


def test_json_and_page_hold_the_plan_without_scripts(path):
    plan = planned(reported_pilot(path))
    files = plan.files({"versions": {"spectra-dl": "0"}, "command": ["spectra-dl", "plan", "<b>"]})
    content = json.loads(files["plan.json"])
    assert [each["patients"] for each in content["forecasts"]] == [40, 60, 80, 120, 160]
    assert content["development"]["patients"] == plan.development.patients
    page = files["report.html"]
    assert page.count("<figure>") == 2
    assert plan.sentence in html.unescape(page)
    assert "<script" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("values", [(0.5, 0.5), (1.0, 0.5), (0.8, 0.0)])
def test_an_effect_that_is_impossible_is_refused(values):
    with pytest.raises(UsageError):
        assumed_effect(*values)
