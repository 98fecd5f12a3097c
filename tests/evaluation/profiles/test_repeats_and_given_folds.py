"""Profiles on folds that are repeated, given, split by a column, or chosen in."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, Ridge

from evaluated import evaluated
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.leave_out_splits import column_folds
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.evaluation.profiles.tuning import TunedProfiles

QUICK = {"shuffles": 0, "leaky": False}


class Measured:
    names = ("a", "b")

    def __init__(self, values):
        self._values = values

    def fit(self, rows):
        return self

    def values(self, rows):
        return self._values[rows]

    def ceiling(self, rows):
        return np.ones(2)


def study(noise=0.5):
    """Return rows, targets, section and patient: two sections of each of four patients."""
    generator = np.random.default_rng(0)
    section = np.repeat([f"s{number}" for number in range(8)], 20).astype(object)
    patient = np.repeat(list("ABCD"), 40).astype(object)
    rows = generator.normal(size=(160, 3))
    values = rows @ generator.normal(size=(3, 2)) + noise * generator.normal(size=(160, 2))
    return rows, Measured(values), section, patient


def test_each_repeat_tests_every_section_once_on_another_split():
    result = evaluated({"linear": LinearRegression()}, *study(), ProfileSettings(folds=2, repeats=3, **QUICK))
    assert [(fold.repeat, fold.number) for fold in result.folds] == [
        (r, k) for r in range(3) for k in range(2)
    ]
    splits = {tuple(fold.test.tolist()) for fold in result.folds if fold.number == 0}
    assert len(splits) > 1
    names = [score.section for score in result.first.sections]
    assert sorted(names) == sorted(3 * [f"s{number}" for number in range(8)])


def test_a_repeat_scores_as_its_folds_alone_do():
    settings = ProfileSettings(folds=2, repeats=2, **QUICK)
    both = evaluated({"linear": LinearRegression()}, *study(), settings)
    first = [fold for fold in both.folds if fold.repeat == 0]
    alone = evaluated({"linear": LinearRegression()}, *study(), ProfileSettings(**QUICK), folds=first)
    of_both = [score.skill.pearson for score in both.first.sections[:8]]
    np.testing.assert_array_equal(of_both, [score.skill.pearson for score in alone.first.sections])


def test_repeats_without_a_number_of_folds_are_refused():
    with pytest.raises(UsageError, match="only with a number of folds"):
        ProfileSettings(repeats=2)


@pytest.mark.parametrize("group", ["patient", "section"])
def test_a_split_that_was_written_gives_the_same_scores_again(group):
    rows, targets, section, patient = study()
    settings = ProfileSettings(group=group, folds=3, repeats=2, seed=5, **QUICK)
    before = evaluated({"linear": LinearRegression()}, rows, targets, section, patient, settings)
    folds = read_split(before.split, patient, unit=section if group == "section" else None)
    after = evaluated(
        {"linear": LinearRegression()},
        rows,
        targets,
        section,
        patient,
        ProfileSettings(group=group, seed=5, **QUICK),
        folds=folds,
    )
    assert after.first.pearson == before.first.pearson
    assert after.settings.folds == 3
    assert after.settings.repeats == 2


def test_sections_of_a_patient_on_both_sides_are_refused_unless_sections_are_left_out():
    rows, targets, section, patient = study()
    settings = ProfileSettings(group="section", folds=2, seed=1, **QUICK)
    split = evaluated({"linear": LinearRegression()}, rows, targets, section, patient, settings).split
    with pytest.raises(DataError, match="patients on both sides"):
        read_split(split, patient)


def test_given_folds_that_divide_a_section_are_refused():
    rows, targets, _, patient = study()
    folds = read_split(
        evaluated({"l": LinearRegression()}, rows, targets, patient, patient, ProfileSettings(**QUICK)).split,
        patient,
    )
    torn = np.array([f"{name}{row % 2}" for row, name in enumerate("x" * 160)], dtype=object)
    with pytest.raises(DataError, match="divides sections x0, x1"):
        evaluated({"l": LinearRegression()}, rows, targets, torn, ["p"] * 160, folds=folds)


def test_a_column_leaves_out_all_patients_of_one_value():
    rows, targets, section, patient = study()
    scanner = np.where(np.isin(patient, ["A", "B"]), "old", "new")
    folds = column_folds(section, patient, scanner, column="scanner")
    result = evaluated(
        {"linear": LinearRegression()},
        rows,
        targets,
        section,
        patient,
        ProfileSettings(split_by="scanner", **QUICK),
        folds=folds,
    )
    assert [fold.left_out for fold in result.folds] == ["new", "old"]
    assert result.first.pearson.value > 0.7


@pytest.mark.parametrize(
    ("scanner", "said"),
    [(["a", "b"] * 80, "patients with more than one 'scanner'"), (["a"] * 160, "every row has the same")],
)
def test_a_column_that_divides_patients_or_says_nothing_is_refused(scanner, said):
    _, _, section, patient = study()
    with pytest.raises(DataError, match=said):
        column_folds(section, patient, scanner, column="scanner")


class Seen(BaseEstimator):
    """Remembers which sections it was fitted on."""

    fitted: list = []  # noqa: RUF012  # shared by copies on purpose

    def fit(self, X, y, groups=None):
        self.fitted.append(frozenset(groups))
        self.mean_ = y.mean(axis=0)
        return self

    def predict(self, X):
        return np.tile(self.mean_, (len(X), 1))


def test_what_a_fold_chooses_is_chosen_on_its_training_sections_alone():
    rows, targets, section, patient = study()
    Seen.fitted.clear()
    models = {"tuned": TunedProfiles({"seen": Seen(), "ridge": Ridge(1e-3)})}
    result = evaluated(models, rows, targets, section, patient, ProfileSettings(**QUICK))
    assert [choice.name for choice in result.first.chosen] == ["ridge"] * 4
    for fold, choice in zip(result.folds, result.first.chosen, strict=True):
        assert choice.scores["ridge"] > choice.scores["seen"]
        training = set(section[fold.train])
        inner = [names for names in Seen.fitted if names < training]
        assert inner
        assert all(names <= training for names in inner)
    assert not any(set(section) <= names for names in Seen.fitted)


def test_one_training_section_leaves_nothing_to_choose_on():
    with pytest.raises(DataError, match="nothing to choose on"):
        TunedProfiles({"ridge": Ridge()}).fit(np.zeros((4, 1)), np.zeros((4, 2)), groups=["a"] * 4)
