"""What an evaluation says."""

import json

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier

from spectra_dl.evaluation.audit import AuditInputs, Probe
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.tuning import Tuned
from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.evaluation.folds.split_file import split_sha256
from spectra_dl.evaluation.report.classes_json import evaluation_report, evaluation_split
from spectra_dl.evaluation.report.classes_text import evaluation_text
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.verdict import verdict

WORDS = Words("spectrum", "spectra")


def evaluation():
    """Return two models on 30 patients whose class stands in a probe."""
    generator = np.random.default_rng(0)
    patient = np.repeat([f"p{k:02d}" for k in range(30)], 2)
    code = np.repeat(np.arange(30) % 2, 2)
    rows = generator.normal(size=(60, 3)) + 2 * code[:, None]
    models = {
        "majority class": DummyClassifier(),
        "a model with a name that is far too long": LinearDiscriminantAnalysis(),
    }
    probe = Probe(
        "wavenumber axis", "the wavenumber axis alone, without any intensity", code[:, None].astype(float)
    )
    settings = EvaluationSettings(resamples=200, permutations=100)
    return evaluate(
        models,
        rows,
        np.array(["healthy", "sick"])[code],
        patient,
        settings,
        audit_inputs=AuditInputs.of_rows(rows, WORDS, probes=[probe]),
        context=ReportContext(WORDS),
    )


@pytest.fixture(scope="module")
def result():
    return evaluation()


def test_the_same_seed_gives_the_same_bytes(result):
    assert json.dumps(evaluation_report(result)) == json.dumps(evaluation_report(evaluation()))


def test_the_report_is_strict_json_with_null_for_the_undefined(result):
    report = json.loads(json.dumps(evaluation_report(result), allow_nan=False))
    assert report["models"]["majority class"]["patient_level"]["mcc"]["value"] is None
    assert report["data"]["patients_per_class"] == {"healthy": 15, "sick": 15}
    assert report["audit"]["severity"] == "stop"


def test_the_report_says_who_was_tested_when(result):
    report = evaluation_report(result)
    folds = report["split"]["folds"]
    assert sorted(name for fold in folds for name in fold["test_patients"]) == [
        f"p{k:02d}" for k in range(30)
    ]
    assert sorted(row for fold in folds for row in fold["test_rows"]) == list(range(1, 61))
    assert report["split"]["sha256"] == split_sha256(evaluation_split(result))


def test_the_report_holds_the_decision_curve_of_each_model(result):
    models = evaluation_report(result)["models"]
    majority = models["majority class"]["decision_curve"]
    assert majority["threshold"][:2] == [0.02, 0.04]
    assert len(majority["threshold"]) == 49
    # One probability for everybody, one half in balanced folds: everybody is acted on up to it, nobody beyond.
    acted = [at for at, each in enumerate(majority["threshold"]) if each <= 0.48]
    assert [majority["net_benefit"]["value"][at] for at in acted] == majority["treat_all"][: len(acted)]
    assert not any(majority["net_benefit"]["value"][len(acted) + 1 :])
    gain = models[LDA]["decision_curve"]["gain"]
    assert gain["low"][24] <= gain["value"][24] <= gain["high"][24]
    assert gain["value"][24] > 0


LDA = "a model with a name that is far too long"


def test_the_report_has_the_curves_and_decisions_of_each_model(result):
    report = evaluation_report(result)
    model = report["models"][LDA]
    assert model["roc"][0]["class"] == "sick"
    assert model["roc"][0]["sensitivity"][-1] == 1.0
    assert model["confusion"]["classes"] == ["healthy", "sick"]
    assert sum(map(sum, model["confusion"]["counts"])) == 30
    assert model["calibration"]["brier"] == model["patient_level"]["brier"]["value"]
    assert sum(each["patients"] for each in model["calibration"]["reliability"]) == 30
    assert model["threshold"]["rule"] == "youden"
    assert len(model["threshold"]["per_fold"]) == len(model["per_fold"]) == 5
    assert model["per_fold"][0] == {
        "repeat": 1,
        "fold": 1,
        "left_out": None,
        "patients": 6,
        "auc": model["per_fold"][0]["auc"],
        "balanced_accuracy": model["per_fold"][0]["balanced_accuracy"],
        "chosen": None,
    }
    assert set(model["conformal"]["coverage_per_class"]) == {"healthy", "sick"}
    assert report["settings"]["split_by"] == "patient"
    assert (report["settings"]["threshold_rule"], report["settings"]["coverage"]) == ("youden", 0.9)


def test_the_text_states_the_first_models_threshold_and_sets(result):
    text = " ".join(evaluation_text(result).split())
    assert "majority class, threshold by Youden on training patients" in text
    assert "majority class, sets of classes meant to hold the true one in 90%" in text


def test_a_thresholds_spread_stands_in_report_and_text(result):
    name = "a model with a name that is far too long"
    threshold = evaluation_report(result)["models"][name]["threshold"]
    assert len(threshold["spread_per_fold"]) == len(threshold["per_fold"]) == 5
    for value, (low, high) in zip(threshold["per_fold"], threshold["spread_per_fold"], strict=True):
        assert low < value < high
    assert "over folds; nine in ten resamples of a fold's patients" in " ".join(
        evaluation_text(result).split()
    )


def test_classes_without_a_coverage_of_their_own_are_named_in_report_and_text():
    generator = np.random.default_rng(0)
    label = np.array(["healthy"] * 24 + ["sick"] * 8)
    rows = generator.normal(size=(32, 2)) + (label == "sick")[:, None]
    patient = [f"p{k:02d}" for k in range(32)]
    settings = EvaluationSettings(folds=4, resamples=100, permutations=100, leaky=False)
    result = evaluate({"lda": LinearDiscriminantAnalysis()}, rows, label, patient, settings)
    assert evaluation_report(result)["models"]["lda"]["conformal"]["pooled_classes"] == ["sick"]
    text = " ".join(evaluation_text(result).split())
    assert (
        "coverage of their own (9 of a class are needed): sick. There it is that of all patients together."
        in text
    )


def test_what_each_fold_chose_stands_in_report_and_text():
    generator = np.random.default_rng(0)
    rows, label = generator.normal(size=(40, 2)), np.array(["healthy", "sick"] * 20)
    rows[:, 0] += label == "sick"
    candidates = {"prior": DummyClassifier(), "lda": LinearDiscriminantAnalysis()}
    settings = EvaluationSettings(resamples=100, permutations=100, leaky=False)
    patient = [f"p{k:02d}" for k in range(40)]
    result = evaluate({"tuned": Tuned(candidates)}, rows, label, patient, settings)
    chosen = evaluation_report(result)["models"]["tuned"]["per_fold"][0]["chosen"]
    assert chosen["name"] == "lda"
    assert set(chosen["inner_scores"]) == {"prior", "lda"}
    assert "tuned chose inside the training patients: lda in 5 of 5 folds." in evaluation_text(result)


def test_no_clock_reaches_the_report(result):
    assert "seconds" not in json.dumps(evaluation_report(result))


def test_the_text_fits_100_columns_and_begins_with_the_warnings(result):
    lines = evaluation_text(result).splitlines()
    assert max(len(line) for line in lines) <= 100
    assert lines[0].startswith(
        "Research use only, not for diagnosis. 30 patients (15 healthy, 15 sick), 60 spectra."
    )
    assert lines[2].startswith("Audit: STOP.")
    assert any(
        line.startswith("  stop The class can be predicted from the wavenumber axis alone") for line in lines
    )


def test_the_text_explains_every_column_a_reader_may_misread(result):
    text = " ".join(evaluation_text(result).split())
    for word in ("train:", "leaky:", "n/a: undefined", "'sick' is the positive class"):
        assert word in text


def test_a_leaky_estimate_that_was_left_out_is_said_and_has_no_column():
    settings = EvaluationSettings(folds=2, resamples=100, leaky=False)
    rows, label = np.arange(16.0)[:, None], ["sick", "well"] * 8
    result = evaluate({"prior": DummyClassifier()}, rows, label, [f"p{k:02d}" for k in range(16)], settings)
    text, report = evaluation_text(result), evaluation_report(result)
    page, said = (
        report_page({"results": report}),
        "Leaky estimate of a split by row: not computed (--no-leaky).",
    )
    assert said in text
    assert page.count(said) == 2  # below the table, and among the methods
    assert "leaky estimate" not in page  # the heading of its column, and what would explain it
    assert "leaky" not in text.replace("(--no-leaky)", "")
    assert report["settings"]["leaky"] is False
    assert report["models"]["prior"]["leaky_estimate"] is None


def test_a_leaky_estimate_of_a_smaller_model_is_said_in_text_report_and_methods():
    class Large(DummyClassifier):
        def smaller(self):
            return DummyClassifier()

    settings = EvaluationSettings(folds=2, resamples=100)
    rows, label = np.arange(16.0)[:, None], ["sick", "well"] * 8
    models = {"prior": DummyClassifier(), "large": Large()}
    result = evaluate(models, rows, label, [f"p{k:02d}" for k in range(16)], settings)
    text, report = " ".join(evaluation_text(result).split()), evaluation_report(result)
    assert "in place of single (large with fewer members). It is no result." in text
    assert report["models"]["large"]["leaky_of_smaller"] is True
    assert "leaky_of_smaller" not in report["models"]["prior"]
    page = report_page({"results": report})
    assert "the same models (large with fewer members) on a split by row" in " ".join(page.split())


def test_a_classical_model_that_is_the_reference_is_compared_with_the_others():
    rows, label = np.random.default_rng(0).normal(size=(40, 2)), np.array(["healthy", "sick"] * 20)
    rows[:, 0] += 3 * (label == "sick")
    models = {"lda": LinearDiscriminantAnalysis(), "prior": DummyClassifier()}
    settings = EvaluationSettings(folds=2, resamples=100, leaky=False)
    result = evaluate(models, rows, label, [f"p{k:02d}" for k in range(40)], settings)
    report = {"results": evaluation_report(result)}
    assert "does better than the best other classical model, prior" in verdict(report)
    assert "and the best other classical model, " in report_page(report)


def test_labels_that_would_steer_a_terminal_are_spelled_out():
    label, patient = np.repeat(["sick\x1b[31m", "well\u202e"] * 2, 2), np.repeat(["a", "b", "c", "d"], 2)
    settings = EvaluationSettings(folds=2, resamples=100, permutations=100)
    rows = np.arange(8.0)[:, None]
    text = evaluation_text(evaluate({"prior": DummyClassifier()}, rows, label, patient, settings))
    assert text.replace("\n", "").isprintable()
    assert "2 sick\\x1b[31m" in text


def test_the_text_says_better_only_with_an_interval(result):
    text = evaluation_text(result).splitlines()
    at = next(at for at, line in enumerate(text) if line.startswith("Patient AUC against"))
    assert all("[+0." in line for line in text[at:] if line.endswith("better"))
    assert any(line.endswith("better") for line in text[at:])


def test_the_text_says_of_each_model_how_it_stands_against_chance(result):
    text = evaluation_text(result).splitlines()
    at = next(
        at
        for at, line in enumerate(text)
        if line.startswith("Against chance: p by 499 refits of a linear model")
    )
    for line, (name, model) in zip(text[at + 1 :], result.models.items(), strict=False):
        assert line.split()[0] == name.split()[0]
        assert line.endswith(model.chance.verdict)
