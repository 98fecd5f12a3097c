import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.group_splits import group_folds

QUICK = EvaluationSettings(resamples=200, refits=99)


def study(signal, *, patients=60, replicates=4, seed=0):
    """Return rows, labels and patients: a strong patient effect, little noise, and ``signal`` between the classes."""
    generator = np.random.default_rng(seed)
    patient = np.repeat([f"p{k:03d}" for k in range(patients)], replicates)
    code = np.repeat(np.arange(patients) % 2, replicates)
    rows = np.repeat(generator.normal(size=(patients, 8)), replicates, axis=0)
    rows += 0.1 * generator.normal(size=rows.shape)
    rows[:, 0] += signal * code
    return rows, np.array(["healthy", "sick"])[code], patient


def lda():
    return {"lda": LinearDiscriminantAnalysis()}


def test_a_split_by_batch_tests_whole_batches_and_has_no_auc_where_a_class_is_missing():
    rows, label, patient = study(3.0)
    number = np.array([int(name[1:]) for name in patient])
    batch = np.where(number < 20, "May", np.where(label == "sick", "June", "July"))
    folds = group_folds(patient, label, batch, column="batch")
    settings = EvaluationSettings(resamples=100, permutations=100, split_by="batch")
    result = evaluate(lda(), rows, label, patient, settings, folds=folds)
    assert result.settings.folds == 3
    per_fold = result.models["lda"].per_fold
    assert [fold.left_out for fold in per_fold] == ["July", "June", "May"]
    assert [np.isnan(fold.auc) for fold in per_fold] == [True, True, False]
    level = result.models["lda"].patient_level
    assert np.isnan(level["auc"].value)  # folds of one class hold 40 of 60 patients
    assert level["pooled_auc"].value > 0.8
    assert result.models["lda"].chance.verdict == "not distinguishable"
    assert result.one_class_folds == ("July", "June")


def test_the_auc_is_of_the_folds_with_both_classes():
    rows, label, patient = study(3.0)
    number = np.array([int(name[1:]) for name in patient])
    batch = np.where(number < 20, "May", np.where((number >= 40) & (label == "sick"), "July", "June"))
    folds = group_folds(patient, label, batch, column="batch")
    result = evaluate(lda(), rows, label, patient, QUICK, folds=folds)
    model = result.models["lda"]
    assert result.one_class_folds == ("July",)
    weight, value = zip(
        *[(fold.patients, fold.auc) for fold in model.per_fold if not np.isnan(fold.auc)], strict=True
    )
    assert len(weight) == 2
    assert min(value) <= model.patient_level["auc"].value <= max(value)


def test_batches_with_other_class_shares_do_not_make_noise_look_worse_than_chance():
    pooled, within, p = [], [], []
    for seed in range(25):
        rows, _, patient = study(0.0, patients=60, replicates=1, seed=seed)
        batch = np.arange(60) % 3
        sick = np.random.default_rng(seed).random(60) < np.array([0.2, 0.5, 0.8])[batch]
        label = np.where(sick, "sick", "well")
        folds = group_folds(patient, label, [f"batch {one}" for one in batch], column="batch")
        settings = EvaluationSettings(resamples=100, leaky=False, refits=99)
        model = evaluate(lda(), rows, label, patient, settings, folds=folds).models["lda"]
        pooled.append(model.patient_level["pooled_auc"].value)
        within.append(model.patient_level["auc"].value)
        p.append(model.chance.p)
    assert np.mean(pooled) < 0.42
    assert np.mean(within) == pytest.approx(0.5, abs=3 * np.std(within) / 5)
    assert np.mean(np.array(p) < 0.5) > 0.2  # permuted classes of fixed pooled scores never reject


def test_a_model_refitted_itself_gives_its_own_p():
    rows, label, patient = study(0.0, patients=20, replicates=2)
    settings = EvaluationSettings(resamples=100, leaky=False, null_refits=39)
    entries = [
        ModelEntry("lda", LinearDiscriminantAnalysis()),
        ModelEntry("prior", DummyClassifier(), "control"),
    ]
    models = evaluate(entries, rows, label, patient, settings).models
    assert (models["lda"].chance.refitted, models["lda"].chance.refits) == ("the model itself", 39)
    assert models["prior"].chance.refitted == "linear model"
    assert abs(models["lda"].chance.null_mean - 0.5) < 3 * models["lda"].chance.null_sd / np.sqrt(39) + 0.02
    with pytest.raises(UsageError, match="at least 39"):
        EvaluationSettings(null_refits=5)
