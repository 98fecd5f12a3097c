"""What the commands find in the demonstration data does not change when code moves.

The figures were printed by an earlier version. Tolerances leave room for another processor's rounding, and for nothing else.
"""

import csv
import json

import pytest

from command_line import run

pytestmark = pytest.mark.xdist_group("shipped results")
PROBABILITY = {  # of bone metastasis, by the model that ships
    "SIM-01": 0.531987,
    "SIM-02": 0.237032,
    "SIM-03": 0.321699,
    "SIM-04": 0.199181,
    "SIM-05": 0.947188,
    "SIM-06": 0.331221,
    "SIM-07": 0.878732,
    "SIM-08": 0.396122,
    "SIM-09": 0.135216,
    "SIM-10": 0.911392,
    "SIM-11": 0.923023,
    "SIM-12": 0.895019,
}
UNANSWERED = {"SIM-01", "SIM-03", "SIM-06", "SIM-08"}
# Patient AUC and AUC of the leaky estimate, 3 folds.
# By model: the AUC within folds, with folds pooled, and the leaky estimate.
AUC = {
    "majority class": (0.5, 0.5, 0.5),
    "logistic regression": (0.4166666667, 0.4166666667, 0.8055555556),
    "PLS-DA": (0.5, 0.4583333333, 0.75),
    "PCA-LDA": (0.8333333333, 0.7777777778, 0.5833333333),
    "SVM": (0.3333333333, 0.3333333333, 0.5),
}
PROBES = {"intensity level": 0.3611111111, "silent region": 0.3888888889, "noise": 0.3333333333}
PEARSON = {
    "ridge, all features": 0.8547726135,
    "pls, all features": 0.8543585886,
    "ridge, colour and texture": 0.8589624646,
}
CONTROLS = {
    "training mean": 0.0,
    "spatial neighbours (a leak)": 0.8403860985,
    "sequencing depth (counts of the test spots)": 0.0299275575,
}


@pytest.fixture(scope="module")
def demo(repository):
    return repository / "datasets" / "demo"


def test_patients_of_the_demonstration_get_the_probabilities_they_always_got(demo, tmp_path):
    run("predict", demo / "spectra.csv", "--out", tmp_path / "out")
    with open(tmp_path / "out" / "patients.csv", newline="", encoding="utf-8") as stream:
        rows = {row["patient_id"]: row for row in csv.DictReader(stream)}
    found = {name: float(row["p_bone metastasis"]) for name, row in rows.items()}
    assert found == pytest.approx(PROBABILITY, abs=2e-6)
    assert {name for name, row in rows.items() if not row["predicted_class"]} == UNANSWERED


def test_classical_models_and_probes_of_the_demonstration_score_what_they_always_scored(demo):
    models = "logistic,pls-da,pca-lda,svm"
    options = ("--label", "label", "--patient", "patient_id", "--models", models, "--folds", 3)
    results = json.loads(run("evaluate", "spectra", demo / "spectra.csv", *options, "--json").stdout)[
        "results"
    ]
    found = {
        name: (
            model["patient_level"]["auc"]["value"],
            model["patient_level"]["pooled_auc"]["value"],
            model["leaky_estimate"]["auc"],
        )
        for name, model in results["models"].items()
        if name in AUC
    }
    for name, expected in AUC.items():
        assert found[name] == pytest.approx(expected, abs=1e-6), name
    probes = {
        one["name"]: one["patient_auc"]["value"]
        for one in results["audit"]["findings"]
        if one["name"] in PROBES
    }
    assert probes == pytest.approx(PROBES, abs=1e-6)


def test_regressions_and_controls_of_the_demonstration_sections_score_what_they_always_scored(demo):
    options = ("--genes", 12, "--model", "ridge", "--json")
    sheet = demo / "tissue" / "sections.csv"
    results = json.loads(run("evaluate", "expression", sheet, *options).stdout)["results"]
    found = {
        name.removesuffix(", all features"): model["pearson"]["value"]
        for name, model in results["models"].items()
    }
    expected = {name.removesuffix(", all features"): value for name, value in PEARSON.items()}
    assert found == pytest.approx(expected, abs=1e-4)
    controls = {name: results["controls"][name]["pearson"]["value"] for name in CONTROLS}
    assert controls == pytest.approx(CONTROLS, abs=1e-4)
    assert results["ceiling"]["value"] == pytest.approx(0.9584654449, abs=1e-6)
    assert results["leaky_estimates"]["constant_profile"] == pytest.approx(0.6032201539, abs=1e-6)
