"""A report of classes as evaluate writes it, and its page as a reader sees it."""

import json
from html.parser import HTMLParser

from spectra_dl.evaluation.report.page.render import report_page

CURVES = """{
 "roc": [{"class": "sick", "false_positive_rate": [0, 0.2, 1], "sensitivity": [0, 0.9, 1]}],
 "calibration": {"ece": 0.05, "brier": 0.2, "slope": 0.9, "intercept": null, "reliability": [
   {"low": 0.1, "high": 0.4, "patients": 20, "mean_probability": 0.3,
    "observed": 0.25, "observed_low": 0.1, "observed_high": 0.5}]},
 "decision_curve": {"threshold": [0.1, 0.16, 0.5], "treat_all": [0.444, 0.405, 0.0],
   "net_benefit": {"value": [0.45, 0.41, 0.213], "low": [0.4, 0.36, 0.1], "high": [0.5, 0.46, 0.3]},
   "standardised": {"value": [0.9, 0.82, 0.426], "low": [0.8, 0.7, 0.2], "high": [1.0, 0.92, 0.6]},
   "gain": {"value": [0.006, 0.005, 0.213], "low": [-0.01, -0.02, 0.1], "high": [0.05, 0.06, 0.3]}},
 "confusion": {"classes": ["healthy", "sick"], "counts": [[12, 8], [3, 17]]},
 "threshold": {"rule": "youden", "per_fold": [0.41, 0.62], "spread_per_fold": [[0.33, 0.48], [0.51, 0.77]],
   "sensitivity": {"value": 0.85, "low": 0.64, "high": 0.95, "method": "wilson"},
   "specificity": {"value": 0.55, "low": 0.34, "high": 0.74, "method": "wilson"}},
 "conformal": {"coverage_wanted": 0.9, "coverage": 0.925, "coverage_per_class": {"healthy": 0.9, "sick": 0.95},
   "mean_set_size": 1.4, "abstained": 0.4, "pooled_classes": ["sick"]}
}"""
SALIENCY = """{
 "model": "CNN compact", "axis": [400, 1003, 1800], "axis_title": "wavenumber / cm⁻¹", "unit": "cm⁻¹", "known": "nearest known band", "stability": 0.61,
 "classes": [{"name": "sick", "mean": [0, 1, 0], "attribution": [0, 0.5, 0], "spread": [0, 0.1, 0]}],
 "places": [{"position": 1003, "name": "phenylalanine", "source": "Somebody 2007", "class": "sick",
   "attribution": 0.5, "stable": true}]
}"""


def interval(value, low, high, method="percentile"):
    return {"value": value, "low": low, "high": high, "undefined_share": 0.0, "method": method}


def model(auc, low, high, *, kind="classical"):
    return {
        "kind": kind,
        "patient_level": {
            "auc": interval(auc, low, high),
            "balanced_accuracy": interval(0.7, 0.6, 0.8),
            "sensitivity": interval(0.8, 0.6, 0.9, "wilson"),
            "specificity": interval(0.6, 0.4, 0.8, "wilson"),
            "mcc": interval(None, None, None),
        },
        "row_level": {"auc": interval(0.71, 0.6, 0.8)},
        "training_patient_auc": 0.999,
        "permutation_p": 0.0005,
        "leaky_estimate": {"auc": 0.987, "balanced_accuracy": 0.9},
        **json.loads(CURVES),
        "per_fold": [
            {
                "repeat": 1,
                "fold": fold,
                "patients": 20,
                "auc": 0.123 + fold,
                "balanced_accuracy": 0.7,
                "left_out": "tuesday",
                "chosen": {"name": "rate 0.01", "inner_scores": {"rate 0.01": 0.8, "rate 0.1": 0.7}},
            }
            for fold in (1, 2)
        ],
    }


def report(*, auc=(0.8, 0.7, 0.9), rival="not distinguishable", severity="fine"):
    differences = {
        "better": (0.1, 0.02, 0.18),
        "worse": (-0.1, -0.18, -0.02),
        "not distinguishable": (0.01, -0.05, 0.07),
    }
    findings = [
        {"name": "row order", "severity": "fine", "sentence": "Row order says nothing.", "patient_auc": None},
        {
            "name": "column ward",
            "severity": severity,
            "sentence": "The class follows ward.",
            "patient_auc": None,
        },
    ]
    return {
        "command": ["spectra-dl", "evaluate", "spectra", "my file.csv"],
        "versions": {"spectra-dl": "0.1.0"},
        "seed": 0,
        "inputs": [{"path": "my file.csv", "sha256": "ab" * 32}],
        "notes": ["decimal comma"],
        "refused": [],
        "results": {
            "context": {"words": {"row": "spectrum", "rows": "spectra", "target": "target"}},
            "data": {
                "rows": 120,
                "patients": 40,
                "classes": ["healthy", "sick"],
                "patients_per_class": {"healthy": 20, "sick": 20},
                "positive_class": "sick",
                "positive_class_reason": "'sick' was chosen.",
            },
            "settings": {
                "folds": 2,
                "repeats": 1,
                "seed": 0,
                "resamples": 2000,
                "permutations": 2000,
                "interval": "percentile",
                "level": 0.95,
                "split_by": "ward",
                "threshold_rule": "youden",
                "coverage": 0.9,
            },
            "audit": {"severity": severity, "findings": findings},
            "models": {
                "CNN compact": model(*auc, kind="network"),
                "majority class": model(0.5, 0.5, 0.5, kind="control"),
                "PLS-DA": model(0.81, 0.7, 0.9),
            },
            "differences": [
                {
                    "model": name,
                    "reference": "CNN compact",
                    "metric": "auc",
                    "difference": interval(*differences[outcome]),
                    "verdict": outcome,
                }
                for name, outcome in (("majority class", "worse"), ("PLS-DA", rival))
            ],
            "split": {"sha256": "cd" * 32, "folds": []},
            "saliency": json.loads(SALIENCY),
        },
    }


class Page(HTMLParser):
    """The elements of a page, its attributes and the text a reader sees."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag in ("td", "th", "span", "dt"):
            self.text += " "

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.text += data

    @property
    def words(self):
        return " ".join(self.text.split())


def words(content):
    return Page(report_page(content)).words


def undrawn(content):
    """Return a report without the figures that take time to draw."""
    for each in content["results"]["models"].values():
        del each["roc"], each["calibration"]
    del content["results"]["saliency"]
    return content


def renamed(content, old, new):
    if isinstance(content, dict):
        return {renamed(key, old, new): renamed(value, old, new) for key, value in content.items()}
    if isinstance(content, list):
        return [renamed(value, old, new) for value in content]
    return new if content == old else content
