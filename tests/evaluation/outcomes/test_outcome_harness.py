"""Models of a number end to end, on small sets whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import AuditInputs, Probe
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.tuning import TunedNumber
from spectra_dl.evaluation.outcomes.values import read_outcomes
from spectra_dl.evaluation.report.outcomes_json import outcome_report, outcome_split
from spectra_dl.evaluation.report.outcomes_text import outcome_text

QUICK = OutcomeSettings("iron", resamples=200, refits=99)


def study(signal, *, patients=40, seed=0):
    """Return rows of patients, three each, whose first feature goes with the number."""
    generator = np.random.default_rng(seed)
    value = 10 * generator.normal(size=patients)
    features = generator.normal(size=(patients, 6))
    features[:, 0] += signal * value / 10
    rows = np.repeat(features, 3, axis=0) + 0.05 * generator.normal(size=(3 * patients, 6))
    patient = np.repeat([f"p{at:02d}" for at in range(patients)], 3)
    return rows, read_outcomes(patient, np.repeat([f"{one:.4f}" for one in value], 3), column="iron")


MODELS = [
    ModelEntry("ridge", Ridge(1.0)),
    ModelEntry("nearest", KNeighborsRegressor(1)),
    ModelEntry("mean", DummyRegressor(), "control"),
]


@pytest.fixture(scope="module")
def evaluation():
    return evaluate_outcome(MODELS, *study(3.0), QUICK)


def test_a_signal_is_found_and_the_mean_explains_nothing(evaluation):
    ridge, mean = evaluation.models["ridge"], evaluation.models["mean"]
    assert ridge.chance.verdict == "better"
    assert ridge.patient_level["r2"].low > 0.5
    assert mean.patient_level["r2"].value == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(mean.patient_level["spearman"].value)
    assert mean.chance.verdict == "not distinguishable"
    by_mean = {each.metric: each.verdict for each in evaluation.differences if each.model == "mean"}
    assert by_mean["rmse"] == "worse"


def test_figures_are_of_patients_no_model_had_seen(evaluation):
    people = evaluation.outcomes
    for fold in evaluation.folds:
        assert not set(people.of_row[fold.train]) & set(people.of_row[fold.test])
    predicted = evaluation.models["ridge"].predicted[0]
    error = np.sqrt(np.mean((predicted - people.value) ** 2))
    assert evaluation.models["ridge"].patient_level["rmse"].value == pytest.approx(error)


def test_a_split_by_row_flatters_a_model_that_learns_patients_by_heart(evaluation):
    nearest = evaluation.models["nearest"]
    assert nearest.training_rmse < 1e-9
    assert nearest.leaky["rmse"] < 0.3 * nearest.patient_level["rmse"].value
    assert nearest.leaky["r2"] > 0.9


def test_without_a_signal_nothing_is_called_better():
    verdicts = [
        evaluate_outcome(MODELS[:2], *study(0.0, seed=seed), replace(QUICK, leaky=False, seed=seed)).models
        for seed in range(10)
    ]
    better = sum(model.chance.verdict == "better" for models in verdicts for model in models.values())
    assert better <= 1


def test_the_report_holds_what_was_measured_and_predicted_and_gives_the_same_bytes(evaluation):
    report = outcome_report(evaluation)
    assert report["kind"] == "outcomes"
    assert report["data"]["measured"].keys() == report["models"]["ridge"]["predicted"].keys()
    assert report == outcome_report(evaluate_outcome(MODELS, *study(3.0), QUICK))
    text = outcome_text(evaluation)
    assert max(map(len, text.splitlines())) <= 100
    assert "Figures are of 40 patients who were not trained on" in text


def test_folds_of_another_run_are_repeated(evaluation):
    rows, people = study(3.0)
    folds = read_split(outcome_split(evaluation), people.patient_of_row)
    again = evaluate_outcome(MODELS[:1], rows, people, QUICK, folds=folds)
    assert outcome_split(again) == outcome_split(evaluation)
    np.testing.assert_array_equal(again.models["ridge"].predicted, evaluation.models["ridge"].predicted)


def test_repeats_are_averaged():
    repeated = evaluate_outcome(MODELS[:1], *study(3.0), replace(QUICK, repeats=2, leaky=False))
    model = repeated.models["ridge"]
    assert model.predicted.shape == (2, 40)
    errors = np.sqrt(np.mean((model.predicted - repeated.outcomes.value) ** 2, axis=1))
    assert model.patient_level["rmse"].value == pytest.approx(errors.mean())


def test_folds_that_divide_a_patient_or_test_too_few_are_refused(evaluation):
    rows, people = study(3.0)
    first, second, *rest = evaluation.folds
    moved = replace(second, test=np.sort(np.append(second.test, first.test[0])))
    with pytest.raises(DataError, match="a patient on both sides"):
        evaluate_outcome(
            MODELS[:1], rows, people, QUICK, folds=[replace(first, test=first.test[1:]), moved, *rest]
        )
    singles = [
        replace(
            first,
            number=at,
            train=np.flatnonzero(people.of_row != at),
            test=np.flatnonzero(people.of_row == at),
        )
        for at in range(40)
    ]
    with pytest.raises(DataError, match="tests fewer than 3 patients"):
        evaluate_outcome(MODELS[:1], rows, people, QUICK, folds=singles)


def test_a_probe_that_knows_the_number_stops_and_one_that_does_not_is_fine():
    rows, people = study(1.0)
    noise = np.random.default_rng(1).normal(size=(120, 1))
    inputs = AuditInputs(
        [
            Probe("exposure", "the exposure alone", people.value_of_row[:, None] + noise),
            Probe("level", "the level alone", people.value_of_row[:, None], at_worst="warn"),
            Probe("noise", "the noise alone", noise),
        ],
        columns={
            "batch": np.where(people.value_of_row > 0, "May", "June"),
            "age": people.value_of_row.astype(str),
        },
    )
    found = evaluate_outcome(MODELS[:1], rows, people, QUICK, audit_inputs=inputs).audit.findings
    severity = {finding.name: finding.severity for finding in found}
    assert severity["exposure"] == "stop"
    assert severity["level"] == "warn"
    assert severity["noise"] == "fine"
    assert severity["column batch"] == "warn"
    sentence = next(finding.sentence for finding in found if finding.name == "exposure")
    assert sentence.startswith(
        "The number 'iron' can be predicted from the exposure alone (rank correlation of patients 1.000"
    )


class Broken(RegressorMixin, BaseEstimator):
    """A model whose numbers are none."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), np.nan)


def test_predictions_that_are_no_numbers_are_refused_by_the_models_name():
    with pytest.raises(DataError, match="broken: predict gave no finite number"):
        evaluate_outcome({"broken": Broken()}, *study(1.0), QUICK)


def test_a_choice_is_made_on_training_patients():
    rows, people = study(3.0)
    tuned = TunedNumber({"weak": Ridge(1.0), "dead": Ridge(1e9)})
    result = evaluate_outcome({"tuned": tuned}, rows, people, QUICK).models["tuned"]
    assert {fold.chosen.name for fold in result.per_fold} == {"weak"}
    few = TunedNumber({"a": Ridge(), "b": Ridge(2.0), "c": Ridge(3.0)}).fit(
        rows[:6], np.arange(6.0), groups=list("aabbcc")
    )
    assert few.chosen_.name == "b"
    with pytest.raises(UsageError, match="groups=patients"):
        tuned.fit(rows, rows[:, 0])


def test_what_stands_before_candidates_is_fitted_once_a_fold_and_changes_no_byte():
    rows, _ = study(3.0)
    number, names, fits = rows[:, 0] ** 2, [f"p{row}" for row in range(len(rows))], []

    class Counted(StandardScaler):
        def fit(self, X, y=None):
            fits.append(len(X))
            return super().fit(X)

    ridges = {size: Ridge(float(size)) for size in ("1", "100", "1000")}
    shared = TunedNumber(ridges, before=Counted()).fit(rows, number, groups=names)
    once = len(fits)
    each = {size: make_pipeline(Counted(), ridge) for size, ridge in ridges.items()}
    apart = TunedNumber(each).fit(rows, number, groups=names)
    assert shared.chosen_ == apart.chosen_
    assert shared.predict(rows).tobytes() == apart.predict(rows).tobytes()
    assert len(fits) - once == 3 * (once - 1) + 1


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"repeats": 0}, {"resamples": 10}, {"refits": 3}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError):
        OutcomeSettings(**wrong)


def test_other_numbers_of_rows_are_refused():
    rows, people = study(1.0)
    with pytest.raises(DataError, match="119 rows for 120 numbers"):
        evaluate_outcome(MODELS[:1], rows[1:], people, QUICK)
