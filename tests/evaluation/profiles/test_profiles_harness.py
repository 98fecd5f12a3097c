"""Models of profiles scored by patient: hand-worked scores, controls and what may not leak."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

from evaluated import evaluated
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.profiles.controls import NEIGHBOURS, PATIENT_MEAN, SHUFFLED, TRAINING_MEAN
from spectra_dl.evaluation.profiles.results import ProfileSettings

QUICK = ProfileSettings(shuffles=0, leaky=False)


class Chosen:
    def __init__(self, values, names, ceiling):
        self._values, self.names, self._ceiling = values, names, ceiling

    def values(self, rows):
        return self._values[rows]

    def ceiling(self, rows):
        return np.full(len(self.names), self._ceiling)


class Targets:
    """All columns, or those that vary most in the rows it is fitted on."""

    def __init__(self, values, *, keep=None, ceiling=1.0):
        self.all, self.keep, self.ceiling = np.asarray(values, dtype=float), keep, ceiling

    def fit(self, rows):
        columns = np.arange(self.all.shape[1])
        if self.keep:
            columns = np.argsort(-self.all[rows].var(axis=0), kind="stable")[: self.keep]
        return Chosen(self.all[:, columns], [f"t{column}" for column in columns], self.ceiling)


class Shown(BaseEstimator):
    """Predicts the columns it gets."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X


class Constant(Shown):
    def predict(self, X):
        return np.zeros((len(X), X.shape[1]))


class NotFinite(Shown):
    def predict(self, X):
        return np.full(X.shape, np.nan)


def study(*, seed=0, sections=4, rows=60, features=5, targets=8, noise=1.0):
    """Linear maps with noise; two sections of patient A, one of each other."""
    generator = np.random.default_rng(seed)
    section = np.repeat([f"s{number}" for number in range(sections)], rows)
    patient = np.repeat(["A", "A", *"BCDEF"][:sections], rows)
    inputs = generator.normal(size=(sections * rows, features))
    values = inputs @ generator.normal(size=(features, targets))
    values += noise * generator.normal(size=values.shape) + np.repeat(
        generator.normal(size=(sections, targets)), rows, axis=0
    )
    return inputs, values, section, patient, generator.uniform(size=(sections * rows, 2))


def test_scores_are_means_over_targets_then_sections_then_patients():
    measured = np.array([[0, 0], [1, 1], [0, 0], [1, 1], [0, 0], [1, 1.0]])
    # Section a1: r of 1 and -1; a2: 1 and 1; b1: -1 and -1. Patients: (0 + 1) / 2 and -1, so -0.25 overall.
    predicted = np.array([[0, 1], [1, 0], [0, 0], [1, 1], [1, 1], [0, 0.0]])
    section, patient = ["a1", "a1", "a2", "a2", "b1", "b1"], list("aaaabb")
    result = evaluated({"shown": Shown()}, predicted, Targets(measured, ceiling=0.5), section, patient, QUICK)
    assert result.first.pearson.value == pytest.approx(-0.25)
    assert result.first.share_of_ceiling.value == pytest.approx(-0.5)
    # Squared errors of the columns: 0 and 1, 0 and 0, 1 and 1; R² is 1 - error / 0.25.
    assert result.first.figures["squared_error"].value == pytest.approx((0.25 + 1) / 2)
    assert result.first.explained.value == pytest.approx(1 - 4 * (0.25 + 1) / 2)
    assert [target.name for target in result.first.targets] == ["t0", "t1"]
    assert [target.pearson for target in result.first.targets] == pytest.approx([0.0, -0.5])


def test_sections_are_the_units_where_they_are_left_out():
    measured = np.array([[0], [1], [0], [1], [0], [1.0]])
    predicted = np.array([[0], [1], [0], [1], [1], [0.0]])
    section = ["a1", "a1", "a2", "a2", "a3", "a3"]
    settings = ProfileSettings(group="section", shuffles=0, leaky=False)
    result = evaluated({"shown": Shown()}, predicted, Targets(measured), section, ["a"] * 6, settings)
    assert result.first.pearson.value == pytest.approx(1 / 3)
    assert [fold.left_out for fold in result.folds] == ["a1", "a2", "a3"]


def test_what_was_measured_constant_is_left_out_and_counted():
    measured = np.array([[0, 5], [1, 5], [0, 0], [1, 1.0]])
    result = evaluated(
        {"shown": Shown()}, measured, Targets(measured), ["a", "a", "b", "b"], ["a", "a", "b", "b"], QUICK
    )
    assert result.first.pearson.value == pytest.approx(1.0)
    assert result.first.undefined == 1
    assert [target.sections for target in result.first.targets] == [2, 1]


def test_a_section_in_which_nothing_varies_has_no_ceiling_that_scores_are_held_against():
    class Sections(Targets):
        def fit(self, rows):
            return self

        names = ("t0",)

        def values(self, rows):
            return self.all[rows]

        def ceiling(self, rows):
            return np.array([0.0 if rows[0] == 0 else 0.8])

    values = np.random.default_rng(0).normal(size=(40, 1))
    values[:10] = 1.0
    section = np.repeat(list("abcd"), 10)
    targets = Sections(values)
    del targets.ceiling
    result = evaluated({"shown": Shown()}, values, targets, section, section, QUICK)
    assert result.ceiling.value == pytest.approx(0.8)
    assert result.first.share_of_ceiling.value == pytest.approx(1 / 0.8)


def test_what_is_predicted_constant_scores_zero_and_is_counted():
    _, values, section, patient, _ = study()
    result = evaluated({"constant": Constant()}, values, Targets(values), section, patient, QUICK)
    assert result.first.pearson.value == 0.0
    assert (result.first.undefined, result.first.unordered) == (0, 4 * 8)


def test_predictions_that_are_not_finite_are_refused():
    _, values, section, patient, _ = study()
    with pytest.raises(DataError, match="finite"):
        evaluated({"broken": NotFinite()}, values, Targets(values), section, patient, QUICK)


def test_panel_depends_on_training_rows_only():
    inputs, values, section, patient, _ = study(targets=20)
    changed = values.copy()
    changed[patient == "B"] *= np.linspace(100, 0, 20)
    panels = [
        {
            score.section: score.names
            for score in evaluated(
                {"linear": LinearRegression()}, inputs, Targets(each, keep=5), section, patient, QUICK
            ).first.sections
        }
        for each in (values, changed)
    ]
    assert panels[0]["s2"] == panels[1]["s2"]
    assert panels[0]["s3"] != panels[1]["s3"]


def test_each_model_is_fitted_on_the_other_patients_only():
    inputs, values, section, patient, _ = study()
    seen = []

    class Recording(LinearRegression):
        def fit(self, X, y, groups=None):
            seen.append(set(groups))
            return super().fit(X, y)

    evaluated({"recording": Recording()}, inputs, Targets(values), section, patient, QUICK)
    assert seen == [{"s2", "s3"}, {"s0", "s1", "s3"}, {"s0", "s1", "s2"}]


def test_a_model_that_learns_from_its_rows_beats_its_shuffled_self():
    inputs, values, section, patient, _ = study(sections=6, rows=100)
    result = evaluated({"linear": LinearRegression()}, inputs, Targets(values), section, patient)
    shuffled = result.controls[SHUFFLED].pearson.value
    assert result.first.pearson.value > 0.8
    assert abs(shuffled) < 0.15
    assert 0 < result.shuffled_sd < 0.2


def test_a_model_that_knows_the_rates_reaches_the_ceiling():
    generator = np.random.default_rng(0)
    rate = np.exp(generator.normal(0.5, 0.6, size=(900, 25)))
    draws = [np.log1p(generator.poisson(rate)) for _ in range(40)]
    ceiling = np.mean(
        [np.corrcoef(np.log1p(rate[:, t]), draw[:, t])[0, 1] for draw in draws for t in range(25)]
    )
    section = np.repeat(["a1", "b1", "c1"], 300)
    result = evaluated(
        {"truth": Shown()},
        np.log1p(rate),
        Targets(np.log1p(generator.poisson(rate)), ceiling=ceiling),
        section,
        section,
        QUICK,
    )
    assert result.first.share_of_ceiling.value == pytest.approx(1.0, abs=0.02)


def test_training_mean_has_no_skill_but_some_when_pooled():
    inputs, values, section, patient, position = study(sections=5)
    result = evaluated(
        {"linear": LinearRegression()}, inputs, Targets(values), section, patient, QUICK, position=position
    )
    mean = result.controls[TRAINING_MEAN]
    assert mean.pearson.value == 0.0
    assert mean.explained.value < 0.0
    assert mean.pooled != 0.0
    assert mean.unordered == 5 * 8


def test_patient_mean_is_scored_where_the_patient_has_other_sections():
    inputs, values, section, patient, _ = study()
    result = evaluated({"linear": LinearRegression()}, inputs, Targets(values), section, patient, QUICK)
    mean = result.controls[PATIENT_MEAN]
    assert [score.section for score in mean.sections] == ["s0", "s1"]
    expected = np.mean((values[section == "s0"] - values[section == "s1"].mean(axis=0)) ** 2)
    assert mean.sections[0].skill.squared_error.mean() == pytest.approx(expected)
    alone = evaluated({"linear": LinearRegression()}, inputs, Targets(values), section, section, QUICK)
    assert PATIENT_MEAN not in alone.controls


def test_neighbours_are_the_six_nearest_of_the_same_section_without_the_row_itself():
    place = np.arange(20.0)
    values = np.concatenate([place**2, -(place**2)])[:, None]
    position = np.stack([np.concatenate([place, place]), np.zeros(40)], axis=1)
    section = np.repeat(["a", "b"], 20)
    result = evaluated(
        {"linear": LinearRegression()}, values, Targets(values), section, section, QUICK, position=position
    )
    predicted = [np.mean([neighbour**2 for neighbour in _nearest(at)]) for at in range(20)]
    expected = np.mean((np.array(predicted) - place**2) ** 2)
    score = result.controls[NEIGHBOURS].sections[0].skill
    assert score.squared_error[0] == pytest.approx(expected)
    assert score.pearson[0] > 0.95


def _nearest(at):
    window = range(at - 3, at + 4)
    shift = max(0, -min(window)) - max(0, max(window) - 19)
    return [neighbour + shift for neighbour in window if neighbour + shift != at]


def test_smooth_maps_that_no_image_predicts_are_predicted_by_a_split_by_row():
    generator = np.random.default_rng(0)
    position = generator.uniform(0, 6, size=(600, 2))
    section = np.repeat(["a1", "b1", "c1"], 200)
    phase = np.repeat(generator.uniform(0, 6, size=(3, 10)), 200, axis=0)
    values = np.sin(position[:, :1] + phase) + 0.1 * generator.normal(size=(600, 10))
    # Place and section stand for tiles that overlap: enough to know a neighbour, nothing of another patient.
    place = np.concatenate([position, 100 * np.repeat(np.arange(3.0), 200)[:, None]], axis=1)
    result = evaluated(
        {"nearest": KNeighborsRegressor()}, place, Targets(values), section, section, position=position
    )
    assert result.leaky["nearest"] > 0.9
    assert result.controls[NEIGHBOURS].pearson.value > 0.9
    assert abs(result.first.pearson.value) < 0.5


def test_constant_profile_reaches_a_correlation_over_targets():
    inputs, values, section, patient, _ = study()
    result = evaluated(
        {"linear": LinearRegression()}, inputs, Targets(values + 30 * np.arange(8)), section, patient, QUICK
    )
    assert result.constant_profile > 0.95
    assert result.controls[TRAINING_MEAN].pearson.value == 0.0


def test_differences_are_against_the_reference_and_the_first():
    inputs, values, section, patient, _ = study(sections=6)
    models = {"linear": LinearRegression(), "same": LinearRegression(), "constant": BaselineOfRows()}
    result = evaluated(models, inputs, Targets(values), section, patient, QUICK, reference="constant")
    pairs = [
        (difference.model, difference.reference, difference.verdict) for difference in result.differences
    ]
    assert pairs == [
        ("linear", "constant", "better"),
        ("same", "constant", "better"),
        ("same", "linear", "not distinguishable"),
    ]


class BaselineOfRows(LinearRegression):
    def predict(self, X):
        return np.repeat(super().predict(X[:1]), len(X), axis=0)


def test_controls_of_the_modality_are_scored_as_models_are():
    inputs, values, section, patient, _ = study()
    result = evaluated(
        {"linear": LinearRegression()},
        inputs,
        Targets(values),
        section,
        patient,
        QUICK,
        controls={"own": LinearRegression()},
    )
    assert result.controls["own"].pearson == result.first.pearson


@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_is_of_no_account(seed):
    inputs, values, section, patient, position = study()
    order = np.random.default_rng(seed).permutation(len(inputs))
    models = {"linear": LinearRegression()}
    first = evaluated(models, inputs, Targets(values), section, patient, position=position)
    second = evaluated(
        models,
        inputs[order],
        Targets(values[order]),
        section[order],
        patient[order],
        position=position[order],
    )
    assert first.first.pearson.value == pytest.approx(second.first.pearson.value, abs=1e-10)
    assert first.shuffled_sd == pytest.approx(second.shuffled_sd, abs=1e-10)
    assert first.leaky["linear"] == pytest.approx(second.leaky["linear"], abs=1e-10)
    for name, control in first.controls.items():
        assert control.pearson.value == pytest.approx(second.controls[name].pearson.value, abs=1e-10)


def test_every_fit_of_a_model_can_be_observed():
    inputs, values, section, patient, _ = study()
    result = evaluated(
        {"linear": LinearRegression()},
        inputs,
        Targets(values),
        section,
        patient,
        observers=[lambda name, fold, fitted: fitted.coef_.shape],
    )
    seen = [
        (observation.model, observation.fold.left_out, observation.seen)
        for observation in result.observations
    ]
    assert seen == [("linear", name, (8, 5)) for name in "ABC"]


def test_gravest_finding_comes_first():
    inputs, values, section, patient, _ = study()
    findings = [Finding("one", "fine", "Fine."), Finding("other", "stop", "Stop.")]
    result = evaluated(
        {"linear": LinearRegression()}, inputs, Targets(values), section, patient, QUICK, findings=findings
    )
    assert [finding.severity for finding in result.audit.findings] == ["stop", "fine"]


@pytest.mark.parametrize(
    ("change", "error"),
    [({"reference": "none"}, UsageError), ({"position": np.zeros((3, 2))}, DataError)],
)
def test_what_does_not_fit_is_refused(change, error):
    inputs, values, section, patient, _ = study()
    with pytest.raises(error):
        evaluated({"linear": LinearRegression()}, inputs, Targets(values), section, patient, QUICK, **change)


def test_no_models_are_refused():
    with pytest.raises(UsageError, match="no models"):
        evaluated({}, np.zeros((2, 1)), Targets(np.zeros((2, 1))), ["a", "b"], ["a", "b"])
