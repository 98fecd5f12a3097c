"""The two tables of metrics: each entry has a name, a title and a short title of its own, and stands in report.json."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression

from evaluated import evaluated
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.evaluation.report.classes_json import evaluation_report
from spectra_dl.evaluation.report.profiles_json import profile_report

TABLES = pytest.mark.parametrize("table", [METRICS, PROFILE_METRICS], ids=["classes", "profiles"])


class AllTargets:
    """Every column is a target, with a ceiling of 1."""

    def __init__(self, profiles):
        self.profiles, self.names = profiles, [f"t{number}" for number in range(profiles.shape[1])]

    def fit(self, rows):
        return self

    def values(self, rows):
        return self.profiles[rows]

    def ceiling(self, rows):
        return np.ones(len(self.names))


@pytest.fixture(scope="module")
def class_report():
    code = np.repeat(np.arange(20) % 2, 2)
    rows = np.random.default_rng(0).normal(size=(40, 3)) + code[:, None]
    patient = np.repeat([f"p{number:02d}" for number in range(20)], 2)
    settings = EvaluationSettings(folds=2, resamples=200, permutations=100, leaky=False)
    label = np.array(["healthy", "sick"])[code]
    return evaluation_report(evaluate({"LDA": LinearDiscriminantAnalysis()}, rows, label, patient, settings))


@pytest.fixture(scope="module")
def report_of_profiles():
    generator = np.random.default_rng(0)
    section = np.repeat(["a1", "b1", "c1"], 20)
    rows = generator.normal(size=(60, 4))
    profiles = rows @ generator.normal(size=(4, 3)) + generator.normal(size=(60, 3))
    settings = ProfileSettings(resamples=100, shuffles=0, leaky=False)
    models = {"linear": LinearRegression()}
    return profile_report(evaluated(models, rows, AllTargets(profiles), section, section, settings))


@TABLES
@pytest.mark.parametrize("attribute", ["name", "title", "short"])
def test_no_two_metrics_share_a_name_or_a_title(table, attribute):
    values = [getattr(metric, attribute) for metric in table.values()]
    assert all(values)
    assert len({value.casefold() for value in values}) == len(values)


@TABLES
def test_a_table_is_keyed_by_the_names_of_its_metrics(table):
    assert list(table) == [metric.name for metric in table.values()]
    assert all(name.isidentifier() for name in table)


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_of_classes_stands_in_the_report_with_its_interval(class_report, name):
    model = class_report["models"]["LDA"]
    for level in ("patient_level", "row_level"):
        figure = model[level][name]
        assert figure["low"] <= figure["value"] <= figure["high"]


@pytest.mark.parametrize("name", PROFILE_METRICS)
def test_each_metric_of_profiles_stands_in_the_report_with_its_interval(report_of_profiles, name):
    model = report_of_profiles["models"]["linear"]
    assert model[name]["low"] <= model[name]["value"] <= model[name]["high"]
    for section in model["sections"]:
        assert (name in section) == PROFILE_METRICS[name].by_section


def test_the_report_holds_no_metric_that_no_table_has(class_report):
    model = class_report["models"]["LDA"]
    assert set(model["patient_level"]) == set(model["row_level"]) == set(METRICS)
