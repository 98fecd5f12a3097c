"""Models of the time to an event end to end, on small sets whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import AuditInputs, Probe
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.pooled_cox import KaplanMeierOnly, PooledCox
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.report.survival.survival_text import survival_text
from spectra_dl.execution.run import Execution

QUICK = SurvivalSettings("months", "relapse", resamples=200, refits=99)
MODELS = [
    ModelEntry("Cox", PooledCox(penalties=(1.0, 30.0))),
    ModelEntry("curve", KaplanMeierOnly(), "control"),
]


def study(signal, *, patients=80, seed=0):
    """Return rows of patients, two each, whose first feature goes with the log hazard, and what came."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(patients, 6))
    died = generator.exponential(np.exp(-signal * features[:, 0]))
    left = generator.exponential(3.0, patients)
    rows = np.repeat(features, 2, axis=0) + 0.05 * generator.normal(size=(2 * patients, 6))
    of_row = np.repeat(np.arange(patients), 2)
    names = tuple(f"p{at:02d}" for at in range(patients))
    return rows, Survival(names, of_row, np.minimum(died, left), died <= left)


@pytest.fixture(scope="module")
def evaluation():
    return evaluate_survival(MODELS, *study(2.0), QUICK)


def test_a_signal_is_found_and_the_curve_of_all_ranks_nobody(evaluation):
    cox, curve = evaluation.models["Cox"], evaluation.models["curve"]
    assert cox.chance.verdict == "better"
    assert cox.patient_level["c_index"].low > 0.6
    assert curve.patient_level["c_index"].value == pytest.approx(0.5)
    assert curve.chance.verdict == "not distinguishable"
    by_curve = {each.metric: each.verdict for each in evaluation.differences}
    assert by_curve == {"c_index": "worse", "integrated_brier": "worse"}
    assert evaluation.chance_reaches < cox.patient_level["c_index"].value


def test_nobody_was_last_seen_without_an_event_that_came_to_all(evaluation):
    survival = evaluation.survival
    everybody = replace(survival, event=np.ones_like(survival.event))
    assert "the others last seen without it" in " ".join(survival_text(evaluation).split())
    said = " ".join(survival_text(replace(evaluation, survival=everybody)).split())
    assert "80 patients, all of them with the event; 160" in said


def test_patients_of_higher_risk_have_the_event_sooner(evaluation):
    groups = evaluation.models["Cox"].groups
    lower, higher = groups.curves
    assert higher.at(evaluation.horizon)[0] < lower.at(evaluation.horizon)[0] - 0.2
    assert groups.p < 0.02
    assert 0.3 < groups.higher.mean() < 0.7
    control = evaluation.models["curve"].groups
    assert control.curves[1] is None
    assert np.isnan(control.p)


def test_probabilities_are_set_beside_what_came(evaluation):
    thirds = evaluation.models["Cox"].calibration
    assert sum(third.patients for third in thirds) == 80
    assert [third.predicted for third in thirds] == sorted(third.predicted for third in thirds)
    assert all(third.low <= third.observed <= third.high for third in thirds)
    assert abs(thirds[-1].predicted - thirds[-1].observed) < 0.25


def test_figures_are_of_patients_no_model_had_seen(evaluation):
    of_row = evaluation.survival.of_row
    for fold in evaluation.folds:
        assert not set(of_row[fold.train]) & set(of_row[fold.test])
    per_fold = evaluation.models["Cox"].per_fold
    assert sum(fold.events for fold in per_fold) == evaluation.survival.event.sum()
    assert max(fold.events for fold in per_fold) - min(fold.events for fold in per_fold) <= 1


def test_a_split_by_row_flatters_and_training_does_too():
    followed = study(0.0)[1]
    own = np.random.default_rng(9).normal(size=(80, 60))
    model = evaluate_survival(
        {"Cox": PooledCox(penalties=(0.1,))}, own[followed.of_row], followed, QUICK
    ).models["Cox"]
    assert model.leaky > 0.7 > model.patient_level["c_index"].value
    assert model.training_c_index > 0.8


def test_the_same_seed_gives_the_same_figures_whoever_runs_the_jobs(evaluation):
    again = evaluate_survival(MODELS, *study(2.0), QUICK, execution=Execution())
    np.testing.assert_array_equal(again.models["Cox"].risk, evaluation.models["Cox"].risk)
    assert again.models["Cox"].patient_level == evaluation.models["Cox"].patient_level


def test_without_a_signal_nothing_is_called_better():
    quick = replace(QUICK, leaky=False)
    found = [
        evaluate_survival(MODELS[:1], *study(0.0, seed=seed), replace(quick, seed=seed)).models["Cox"]
        for seed in range(5)
    ]
    assert sum(model.chance.verdict == "better" for model in found) <= 1
    assert np.mean([model.patient_level["c_index"].value for model in found]) == pytest.approx(0.5, abs=0.08)


def test_repeats_are_averaged():
    model = evaluate_survival(MODELS[:1], *study(2.0), replace(QUICK, repeats=2, leaky=False)).models["Cox"]
    assert model.risk.shape == (2, 80)
    assert not np.array_equal(*model.risk)
    assert len(model.per_fold) == 10


def test_a_probe_that_knows_the_time_stops_and_one_that_does_not_is_fine():
    rows, followed = study(1.0)
    noise = np.random.default_rng(1).normal(size=(160, 1))
    late = followed.time[followed.of_row]
    probes = [
        Probe("exposure", "the exposure alone", np.log(late)[:, None]),
        Probe("noise", "the noise alone", noise),
    ]
    inputs = AuditInputs(probes, columns={"batch": np.where(late > np.median(late), "May", "June")})
    found = evaluate_survival(MODELS[:1], rows, followed, QUICK, audit_inputs=inputs).audit.findings
    severity = {finding.name: finding.severity for finding in found}
    assert severity["exposure"] == "stop"
    assert severity["noise"] == "fine"
    assert severity["column batch"] == "warn"
    sentence = next(finding.sentence for finding in found if finding.name == "exposure")
    assert sentence.startswith(
        "The time to relapse can be predicted from the exposure alone (C-index of patients"
    )


class Broken(KaplanMeierOnly):
    """A model whose probabilities are none."""

    def predict_survival(self, X, times):
        return np.full((len(X), len(times)), 1.5)


def test_predictions_that_are_none_are_refused_by_the_models_name():
    with pytest.raises(DataError, match="broken: predict_survival gave no probability"):
        evaluate_survival({"broken": Broken()}, *study(1.0), QUICK)


def test_impossible_splits_and_settings_are_refused():
    rows, followed = study(1.0)
    with pytest.raises(DataError, match="159 rows for 160 times"):
        evaluate_survival(MODELS, rows[1:], followed, QUICK)
    with pytest.raises(DataError, match="too few patients for 40 folds: 80"):
        evaluate_survival(MODELS, rows, followed, replace(QUICK, folds=40))
    with pytest.raises(UsageError, match="horizon=1e\\+06 lies outside"):
        evaluate_survival(MODELS, rows, followed, replace(QUICK, horizon=1e6))
    with pytest.raises(DataError, match="all events came at the same time"):
        evaluate_survival(MODELS, rows, replace(followed, time=np.ones(80), event=np.ones(80, bool)), QUICK)
    rare = np.zeros(80, dtype=bool)
    rare[:10] = True
    with pytest.raises(DataError, match="tests no patient with an event"):
        evaluate_survival(MODELS, rows, replace(followed, event=rare), replace(QUICK, folds=20))
    for wrong in ({"folds": 1}, {"resamples": 10}, {"horizon": 0.0}):
        with pytest.raises(UsageError):
            SurvivalSettings(**wrong)
