"""The harness end to end on small sets whose truth is known."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import AuditInputs, Probe
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.task import prepare_task
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.engine import fold_jobs
from spectra_dl.evaluation.folds.group_splits import group_folds
from spectra_dl.evaluation.folds.split_file import read_split, split_text
from spectra_dl.evaluation.folds.splits import Fold, patient_folds, spectrum_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.run import Execution

QUICK = EvaluationSettings(resamples=200, permutations=200)


def study(signal, *, patients=60, replicates=4, seed=0, classes=("healthy", "sick")):
    """Return rows, labels and patients: a strong patient effect, little noise, and ``signal`` between the classes."""
    generator = np.random.default_rng(seed)
    patient = np.repeat([f"p{k:03d}" for k in range(patients)], replicates)
    code = np.repeat(np.arange(patients) % len(classes), replicates)
    patient_means = np.repeat(generator.normal(size=(patients, 8)), replicates, axis=0)
    rows = patient_means + 0.1 * generator.normal(size=patient_means.shape)
    rows[:, 0] += signal * code
    return rows, np.array(classes)[code], patient


def nearest():
    """Return a model that learns patients by heart."""
    return make_pipeline(StandardScaler(), KNeighborsClassifier(3))


def test_a_signal_is_found():
    result = evaluate({"lda": LinearDiscriminantAnalysis()}, *study(4.0), QUICK).models["lda"]
    assert result.patient_level["auc"].low > 0.85
    assert result.row_level["auc"].value > 0.9
    assert result.chance.verdict == "better"
    assert result.chance.p == pytest.approx(0.5 / 500)
    assert set(result.patient_level) == set(result.row_level)


def test_without_signal_the_spectrum_split_scores_what_the_patient_split_does_not():
    result = evaluate({"nearest": nearest()}, *study(0.0), QUICK).models["nearest"]
    assert result.leaky["auc"] > 0.98
    assert result.leaky["balanced_accuracy"] > 0.95
    assert result.patient_level["auc"].value < 0.65
    assert result.training_auc == 1.0


class LargeTree(DecisionTreeClassifier):
    """A tree that offers a stump."""

    def smaller(self):
        return DecisionTreeClassifier(max_depth=1, random_state=self.random_state)


def test_a_leaky_estimate_is_of_the_smaller_model_that_is_offered():
    models = {"tree": DecisionTreeClassifier(random_state=0), "offering": LargeTree(random_state=0)}
    models["stump"] = models["offering"].smaller()
    results = evaluate(models, *study(1.0), QUICK).models
    assert results["offering"].leaky == results["stump"].leaky != results["tree"].leaky
    np.testing.assert_array_equal(results["offering"].probability, results["tree"].probability)
    assert {name for name, result in results.items() if result.leaky_of_smaller} == {"offering"}


def test_permuted_labels_give_one_half_on_average():
    quick = EvaluationSettings(resamples=100, permutations=100, refits=99, leaky=False)
    values = []
    for seed in range(30):
        rows, label, patient = study(0.0, patients=40, replicates=1, seed=seed)
        result = evaluate({"lda": LinearDiscriminantAnalysis()}, rows, label, patient, quick).models["lda"]
        values.append(result.patient_level["auc"].value)
    assert np.mean(values) == pytest.approx(0.5, abs=3 * np.std(values) / np.sqrt(30) + 0.01)


def test_every_model_is_compared_with_the_first_on_the_same_folds():
    models = {
        "prior": DummyClassifier(),
        "lda": LinearDiscriminantAnalysis(),
        "lda again": LinearDiscriminantAnalysis(),
    }
    result = evaluate(models, *study(4.0), QUICK)
    verdicts = {
        (difference.model, difference.metric): (difference.reference, difference.verdict)
        for difference in result.differences
    }
    assert verdicts["lda", "auc"] == ("prior", "better")
    assert set(verdicts) == {
        (name, metric) for name in ("lda", "lda again") for metric in ("auc", "balanced_accuracy")
    }
    first, second = result.models["lda"].probability, result.models["lda again"].probability
    np.testing.assert_array_equal(first, second)


def test_shares_of_patients_have_wilsons_interval_also_where_all_are_right():
    level = evaluate({"lda": LinearDiscriminantAnalysis()}, *study(12.0), QUICK).models["lda"].patient_level
    assert level["sensitivity"].method == "wilson"
    assert (level["sensitivity"].value, level["sensitivity"].high) == (1.0, 1.0)
    assert level["sensitivity"].low == pytest.approx(0.886, abs=0.001)  # 30 of 30
    assert level["brier"].method == "percentile"
    assert level["auc"].method == "refit-corrected"
    assert (level["auc"].value, level["auc"].high) == (1.0, 1.0)
    assert 0.85 < level["auc"].low < 1.0


def test_repeats_are_averaged():
    repeated = EvaluationSettings(resamples=200, permutations=100, repeats=3, leaky=False)
    result = evaluate({"lda": LinearDiscriminantAnalysis()}, *study(1.0), repeated).models["lda"]
    assert result.probability.shape == (3, 240, 2)
    assert len({each.tobytes() for each in result.probability}) == 3
    assert result.leaky is None
    assert (
        result.patient_level["auc"].low < result.patient_level["auc"].value < result.patient_level["auc"].high
    )


def test_three_classes_are_averaged_over_each_against_the_rest():
    result = evaluate({"lda": LinearDiscriminantAnalysis()}, *study(6.0, classes=("a", "b", "c")), QUICK)
    assert result.positive is None
    assert result.models["lda"].patient_level["auc"].value > 0.9
    assert result.models["lda"].patient_level["sensitivity"].method == "percentile"


class GroupKeeper(ClassifierMixin, BaseEstimator):
    """Refuses test patients it was fitted with; its ``fit`` takes groups."""

    def fit(self, X, y, groups=None):
        self.classes_, share = np.unique(y, return_counts=True)
        self.share_, self.patients_ = share / share.sum(), set(groups)
        self.rows_ = len(X)
        return self

    def predict_proba(self, X):
        return np.tile(self.share_, (len(X), 1)) if self.patients_ else np.empty(0)


def test_patients_are_handed_to_a_model_that_takes_groups():
    result = evaluate({"keeper": GroupKeeper()}, *study(0.0), QUICK).models["keeper"]
    assert result.patient_level["auc"].value == 0.5


def test_changing_a_test_row_changes_no_other_prediction():
    rows, label, patient = study(1.0)
    model = {"lda": make_pipeline(StandardScaler(), LinearDiscriminantAnalysis())}
    before = evaluate(model, rows, label, patient, QUICK)
    changed = rows.copy()
    fold = before.folds[2]
    changed[fold.test[0]] += 1000.0
    after = evaluate(model, changed, label, patient, QUICK)
    first, second = (
        before.models["lda"].probability[0, fold.test],
        after.models["lda"].probability[0, fold.test],
    )
    np.testing.assert_array_equal(first[1:], second[1:])
    assert not np.array_equal(first[0], second[0])


def test_the_folds_of_another_run_can_be_repeated():
    rows, label, patient = study(1.0)
    folds = patient_folds(patient, label, folds=3, seed=77)
    again = evaluate(
        {"lda": LinearDiscriminantAnalysis()},
        rows,
        label,
        patient,
        QUICK,
        folds=read_split(split_text(folds, patient), patient),
    )
    assert [fold.test.tolist() for fold in again.folds] == [fold.test.tolist() for fold in folds]


def test_folds_with_a_patient_on_both_sides_are_refused():
    rows, label, patient = study(1.0)
    with pytest.raises(DataError, match="a patient on both sides"):
        evaluate({"prior": DummyClassifier()}, rows, label, patient, QUICK, folds=spectrum_folds(label))
    with pytest.raises(DataError, match="test each row once"):
        evaluate(
            {"prior": DummyClassifier()}, rows, label, patient, QUICK, folds=patient_folds(patient, label)[1:]
        )


def test_the_log_names_each_job(caplog):
    with caplog.at_level("INFO", logger="spectra_dl"):
        evaluate({"lda": LinearDiscriminantAnalysis()}, *study(1.0), QUICK)
    said = [record.getMessage().split(" (")[0] for record in caplog.records]
    assert said[0] == "1 of 17 done: audit: columns"
    assert "7 of 17 done: chance: refits of a linear model" in said
    assert "12 of 17 done: lda: fold 5 of 5" in said
    assert said[-1] == "17 of 17 done: lda: leaky split, fold 5 of 5"


def test_the_audit_runs_unasked_and_takes_probes():
    rows, label, patient = study(0.0)
    probe = Probe("axis", "the axis alone", (label == "sick").astype(float)[:, None])
    result = evaluate(
        {"prior": DummyClassifier()},
        rows,
        label,
        patient,
        QUICK,
        audit_inputs=AuditInputs.of_rows(rows, probes=[probe]),
    )
    assert result.audit.severity == "stop"
    assert {"axis", "patient ids", "identical rows"} <= {finding.name for finding in result.audit.findings}


def test_the_audit_gets_what_else_is_known_of_the_rows():
    rows, label, patient = study(0.0)
    instrument = np.where(label == "sick", "A", "B")
    result = evaluate(
        {"prior": DummyClassifier()},
        rows,
        label,
        patient,
        QUICK,
        audit_inputs=AuditInputs.of_rows(rows, columns={"instrument": instrument}),
    )
    assert any(
        "instrument" in finding.sentence and finding.severity == "stop" for finding in result.audit.findings
    )


def test_an_observer_sees_each_fold_by_patient_once_and_no_leaky_one():
    models = {"prior": DummyClassifier(), "lda": LinearDiscriminantAnalysis()}
    rows, label, patient = study(1.0)
    result = evaluate(
        models,
        rows,
        label,
        patient,
        QUICK,
        observers=[lambda name, fold, fitted: fitted.predict_proba(rows[fold.test])],
    )
    seen = [(observation.model, observation.fold, observation.seen) for observation in result.observations]
    assert [(name, fold.number) for name, fold, _ in seen] == [(name, k) for name in models for k in range(5)]
    for name, fold, probability in seen:
        np.testing.assert_array_equal(probability, result.models[name].probability[0, fold.test])


def lda():
    return {"lda": LinearDiscriminantAnalysis()}


def learned_in_folds(rows, label, patient, folds=None):
    """Return what each fold of a model learned."""
    task = prepare_task(len(rows), read_patients(patient, label), QUICK, folds)
    entry = ModelEntry("lda", LinearDiscriminantAnalysis())
    return task, [outcome.learned for outcome in Execution().run(fold_jobs(entry, rows, task, task.folds))]


@pytest.mark.parametrize("what", ["labels", "rows"])
def test_moving_test_patients_moves_no_threshold_and_no_conformal_set(what):
    rows, label, patient = study(1.5)
    task, before = learned_in_folds(rows, label, patient)
    tested = task.folds[3].test
    rows, label = rows.copy(), label.copy()
    if what == "labels":
        label[tested] = np.where(label[tested] == "sick", "healthy", "sick")
    else:
        rows[tested] = 0.0
    _, after = learned_in_folds(rows, label, patient, task.folds)
    assert before[3].threshold == after[3].threshold
    assert before[3].sets == after[3].sets
    assert before[0].threshold != after[0].threshold  # which trains on them
    assert before[0].sets != after[0].sets


def test_a_wanted_specificity_is_about_reached_on_patients_never_seen():
    settings = EvaluationSettings(resamples=100, permutations=100, leaky=False, threshold_rule=0.9)
    result = evaluate(lda(), *study(1.5, patients=300, replicates=2), settings).models["lda"].threshold
    assert result.specificity.value == pytest.approx(0.9, abs=0.06)
    assert 0.3 < result.sensitivity.value < 0.9
    assert result.specificity.method == "wilson"


def test_conformal_sets_hold_each_class_about_as_often_as_asked():
    settings = EvaluationSettings(resamples=100, permutations=100, leaky=False, coverage=0.8)
    result = evaluate(lda(), *study(1.5, patients=300, replicates=2), settings).models["lda"].conformal
    assert result.coverage_per_class == pytest.approx((0.8, 0.8), abs=0.08)
    assert result.coverage == pytest.approx(np.mean(result.coverage_per_class))
    assert 0 < result.abstained < 1


def test_counts_and_curves_are_of_patients():
    result = evaluate(lda(), *study(1.5), QUICK).models["lda"]
    assert result.curves.confusion.sum() == 60
    assert result.curves.confusion.sum(axis=1).tolist() == [30, 30]
    recall = np.diagonal(result.curves.confusion) / 30
    assert recall.mean() == pytest.approx(result.patient_level["balanced_accuracy"].value)
    (curve,) = result.curves.roc
    area = np.trapezoid(curve.sensitivity, curve.false_positive_rate)
    assert area == pytest.approx(result.patient_level["pooled_auc"].value)
    assert sum(reliability_bin.patients for reliability_bin in result.curves.calibration.bins) == 60
    assert [fold.patients for fold in result.per_fold] == [12] * 5
    assert all(0 <= fold.auc <= 1 for fold in result.per_fold)


def test_three_classes_have_three_curves_sets_and_no_threshold():
    result = evaluate(lda(), *study(4.0, classes=("a", "b", "c")), QUICK).models["lda"]
    assert [curve.name for curve in result.curves.roc] == ["a", "b", "c"]
    assert result.curves.confusion.shape == (3, 3)
    assert result.threshold is None
    assert result.curves.calibration is None
    assert len(result.conformal.coverage_per_class) == 3


def test_leaving_out_one_patient_at_a_time_is_a_split_too():
    rows, label, patient = study(3.0, patients=12)
    folds = group_folds(patient, label, patient, column="patient")
    settings = EvaluationSettings(resamples=100, permutations=100)
    result = evaluate(lda(), rows, label, patient, settings, folds=folds).models["lda"]
    assert len(result.per_fold) == 12
    assert result.threshold is not None


def test_a_single_training_patient_of_a_class_leaves_no_threshold():
    rows, label, patient = study(3.0, patients=4)
    result = evaluate(
        lda(), rows, label, patient, EvaluationSettings(folds=2, resamples=100, permutations=100)
    )
    assert result.models["lda"].threshold is None
    assert result.models["lda"].conformal is None


def test_given_folds_that_train_no_patient_of_a_class_are_refused():
    rows, label, patient = study(1.0, patients=10)
    torn = [
        Fold(0, number, np.flatnonzero(label != name), np.flatnonzero(label == name))
        for number, name in enumerate(("sick", "healthy"))
    ]
    with pytest.raises(DataError, match=r"trains on a class less \(patients: healthy 5, sick 0\)"):
        evaluate(lda(), rows, label, patient, QUICK, folds=torn)


class Broken(DummyClassifier):
    """Gives no numbers."""

    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


def test_probabilities_that_are_none_are_refused_with_the_models_name():
    with pytest.raises(DataError, match="broken: predict_proba gave no probabilities"):
        evaluate({"broken": Broken()}, *study(0.0), QUICK)


def test_no_models_and_no_patients_are_refused():
    rows, label, patient = study(0.0)
    with pytest.raises(UsageError, match="no models"):
        evaluate({}, rows, label, patient, QUICK)
    with pytest.raises(UsageError, match="no patient ids"):
        evaluate({"prior": DummyClassifier()}, rows, label, None, QUICK)
    with pytest.raises(DataError, match="239 rows for 240 labels"):
        evaluate({"prior": DummyClassifier()}, rows[1:], label, patient, QUICK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"folds": 1},
        {"repeats": 0},
        {"seed": -1},
        {"resamples": 5},
        {"interval": "normal"},
        {"threshold_rule": "best"},
        {"coverage": 1.0},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError):
        EvaluationSettings(**wrong)


def test_rows_too_few_for_a_model_are_refused_in_a_sentence():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rows = np.random.default_rng(0).normal(size=(6, 3))
    patient, label = [f"p{k}" for k in range(6)], ["sick", "well"] * 3
    with pytest.raises(DataError, match="LinearDiscriminantAnalysis can't be fitted on 2 rows of 2 patients"):
        evaluate({"lda": LinearDiscriminantAnalysis()}, rows, label, patient, EvaluationSettings(folds=3))
