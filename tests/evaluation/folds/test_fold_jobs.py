"""A fold is a job that holds all it needs: it runs anywhere to the same outcome, and observers only look."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.task import prepare_task
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.engine import by_fold, fold_jobs
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.run import Execution

PATIENT = np.repeat([f"p{number:02d}" for number in range(24)], 2)
CODE = np.repeat(np.arange(24) % 2, 2)
LABEL = np.array(["healthy", "sick"])[CODE]
ROWS = np.random.default_rng(0).normal(size=(48, 5)) + CODE[:, None]
ENTRY = ModelEntry("LR", LogisticRegression())


class Coefficients:
    """Return the coefficients of a fitted model in the first fold, nothing in others."""

    def __call__(self, name, fold, fitted):
        return fitted.coef_.copy() if fold.number == 0 else None


def jobs(**options):
    settings = EvaluationSettings(folds=3, resamples=200, permutations=100)
    task = prepare_task(len(ROWS), read_patients(PATIENT, LABEL), settings, None)
    return fold_jobs(ENTRY, ROWS, task, task.folds, **options)


def assert_same(first, second):
    assert (first.model, first.fold.number, first.learned) == (
        second.model,
        second.fold.number,
        second.learned,
    )
    np.testing.assert_array_equal(first.predicted, second.predicted)


def test_a_job_that_went_through_bytes_runs_to_the_same_outcome():
    for job in jobs(observers=[Coefficients()]):
        here = job.run()
        elsewhere = pickle.loads(pickle.dumps(job)).run()  # noqa: S301 - our own bytes, of this test alone
        assert_same(here, elsewhere)
        np.testing.assert_equal(here.observed, elsewhere.observed)


def test_an_outcome_goes_through_bytes():
    outcome = jobs()[0].run()
    assert_same(outcome, pickle.loads(pickle.dumps(outcome)))  # noqa: S301 - our own bytes, of this test alone


def test_a_job_runs_again_to_the_same_outcome_and_fits_no_model_of_the_caller():
    job = jobs()[1]
    assert_same(job.run(), job.run())
    assert not hasattr(ENTRY.estimator, "coef_")


def test_jobs_run_in_any_order_to_the_same_outcomes():
    forward = Execution().run(jobs())
    backward = Execution().run(list(reversed(jobs())))
    for first, second in zip(forward, reversed(backward), strict=True):
        assert_same(first, second)


def test_a_job_predicts_its_test_rows_from_its_training_rows_alone():
    job = jobs()[2]
    outcome = job.run()
    assert outcome.predicted.shape == (len(job.fold.test), 2)
    expected = LogisticRegression().fit(ROWS[job.fold.train], LABEL[job.fold.train])
    np.testing.assert_array_equal(outcome.predicted, expected.predict_proba(ROWS[job.fold.test]))


def test_observers_change_no_outcome_and_are_noted_where_they_saw_something():
    plain, observed = Execution().run(jobs()), Execution().run(jobs(observers=[Coefficients()]))
    for first, second in zip(plain, observed, strict=True):
        assert_same(first, second)
        assert first.observations() == []
    observations = [observation for outcome in observed for observation in outcome.observations()]
    assert [(observation.model, observation.fold.number) for observation in observations] == [("LR", 0)]
    assert observations[0].seen.shape == (1, 5)


def test_titles_say_model_and_fold():
    assert [job.title for job in jobs()] == ["LR: fold 1 of 3", "LR: fold 2 of 3", "LR: fold 3 of 3"]
    assert jobs(title="LR, shuffled 2:")[0].title == "LR, shuffled 2: fold 1 of 3"


def test_models_come_fold_by_fold_also_where_one_has_fewer_folds():
    titles = [job.title for job in by_fold([jobs(), jobs(title="shuffled:")[:2]])]
    assert titles == [
        "LR: fold 1 of 3",
        "shuffled: fold 1 of 3",
        "LR: fold 2 of 3",
        "shuffled: fold 2 of 3",
        "LR: fold 3 of 3",
    ]


def test_without_a_listener_nothing_is_printed(capsys):
    Execution().run(jobs()[:1])
    assert capsys.readouterr() == ("", "")


def test_a_fit_that_fails_is_refused_before_later_folds_run(caplog):
    good, broken, later = jobs()
    broken = replace(broken, rows=np.full_like(ROWS, np.nan))
    with (
        caplog.at_level("INFO", logger="spectra_dl"),
        pytest.raises(DataError, match="LogisticRegression can't be fitted on 32 rows"),
    ):
        Execution().run([good, broken, later])
    assert [record.getMessage().split(" (")[0] for record in caplog.records] == [
        "1 of 3 done: LR: fold 1 of 3"
    ]
