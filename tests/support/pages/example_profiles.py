"""A report of profiles as evaluate writes it, with maps of a held-out section."""

import json

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

from evaluated import evaluated
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.evaluation.report.profiles_json import profile_report
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.report_context import expression_context

MAPS = {
    **{"section": "s0", "patient": "A", "spots": 3, "genes_of_panel": 50, "gathered": False, "size": 30.0},
    **{"height": 200.0, "bar": 60.0, "bar_um": 500.0, "x": "40.0 160.0 280.0", "y": "40.0 100.0 160.0"},
    "genes": [{"name": "GENE7", "pearson": 0.5, "limits": [0.1, 2.5], "predicted": "ajt", "measured": "a.t"}],
}


class Chosen:
    """Every target in every fold, each with the same ceiling."""

    def __init__(self, values, names):
        self._values, self.names = values, names

    def values(self, rows):
        return self._values[rows]

    def ceiling(self, rows):
        return np.full(len(self.names), 0.9)


class Targets:
    """Choose all targets."""

    def __init__(self, values, names):
        self.chosen = Chosen(values, names)

    def fit(self, rows):
        return self.chosen


def profiles_evaluation(*, prefix="", findings=(), flat=False, context=None, **settings):
    """Return two models of 50 genes, evaluated on five sections of four patients."""
    generator = np.random.default_rng(0)
    section = np.repeat([f"{prefix}s{number}" for number in range(5)], 40)
    patient = np.repeat([f"{prefix}{name}" for name in "AABCD"], 40)
    inputs = generator.normal(size=(200, 4))
    values = inputs @ generator.normal(size=(4, 50)) + generator.normal(size=(200, 50))
    if flat:
        values[:40, 0] = 0.0
    names = [f"{prefix}GENE{number}" for number in range(50)]
    return evaluated(
        {f"{prefix}linear": LinearRegression(), "ridge": Ridge(1e3)},
        inputs,
        Targets(values, names),
        section,
        patient,
        ProfileSettings(**settings),
        reference="ridge",
        position=generator.uniform(size=(200, 2)),
        findings=findings,
        context=context or expression_context(PanelSettings()),
    )


def profiles_report():
    """Return the report, as it is read from its file."""
    results = {**profile_report(profiles_evaluation()), "maps": MAPS}
    content = {"command": ["spectra-dl", "evaluate"], "results": results}
    return json.loads(json.dumps(content, allow_nan=False))
