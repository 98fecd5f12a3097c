"""The leaderboard says what each set is before it ranks a model."""

import csv
import importlib.util
import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def page(repository):
    """The function that writes the page from stored results."""
    path = repository / "benchmarks" / "accuracy" / "leaderboard_page.py"
    spec = importlib.util.spec_from_file_location("leaderboard_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.leaderboard_page


def audit(severity):
    """An audit's stored result."""
    finding = {"severity": severity, "sentence": "The class can be predicted from the noise alone."}
    return {
        "name": "audit",
        "audit": {"severity": severity, "findings": [finding]},
        "spectra": 30,
        "patients": 9,
        "patients_of_class": {"ill": 4, "well": 6},
    }


def model(name, auc, **more):
    """A model's stored result."""
    figures = {"auc": [auc, auc - 0.1, auc + 0.05], "balanced_accuracy": [0.7, 0.6, 0.8]}
    return {"name": name, **figures, "leaky": {"auc": 0.99, "balanced_accuracy": 0.9}, **more}


@pytest.mark.parametrize(
    ("severity", "heading"), [("stop", "## Sets on which no score"), ("warn", "## Sets on which a score may")]
)
def test_a_stopped_set_is_listed_apart(page, severity, heading):
    text = page({"covid_serum": [audit(severity), model("SVM", 0.8)]})
    before = text[: text.index("### covid_serum")]
    assert before.rfind("\n## ") == before.rfind(heading) - 1
    assert f"> {severity.upper()}: The class can be predicted from the noise alone." in text


def test_the_best_is_named_with_its_leaky_estimate(page):
    text = page({"covid_serum": [audit("stop"), model("SVM", 0.8), model("PLS-DA", 0.85)]})
    assert "| [covid_serum](#covid_serum) | 9 | STOP | PLS-DA 0.850 [0.750, 0.900] | 0.990 |" in text
    assert "30 spectra of 9 patients (ill 4, well 6)" in text
    assert text.index("| PLS-DA |") < text.index("| SVM |")


def test_predictions_by_another_program_are_marked_and_never_named_best(page):
    text = page({"covid_serum": [audit("stop"), model("SVM", 0.8), model("theirs", 0.94, elsewhere=True)]})
    assert "STOP | SVM 0.800" in text
    assert "| theirs (predictions by another program) |" in text
    assert "predictions can't show it" in text


def test_a_published_score_stands_beside_ours_with_its_split(page):
    text = page({"covid_saliva": [audit("stop"), model("PLS-DA", 0.8)]})
    row = next(line for line in text.splitlines() if line.startswith("| PLS-DA |"))
    assert row.endswith("| 0.772 (PLS) |")
    assert "| SANet (not run here) |" in text
    assert "they agree with a split by spectrum" in text


def test_a_set_without_results_is_not_evaluated_and_says_so(page):
    text = page({"covid_serum": [], "covid_saliva": [audit("stop")]})
    for name in ("covid_serum", "covid_saliva"):
        assert f"- {name}: not run yet, or its files are not at hand." in text
    assert "- cartilage_map: no patients" in text
    assert "- fish_oil: regression, no classes." in text


def test_anybodys_predictions_add_a_row(repository, shared_data, tmp_path):
    truth = [
        {"sample_id": str(row), "p_Healthy": 0.9 - 0.8 * sick, "p_SARS-CoV-2": 0.1 + 0.8 * sick}
        for row, sick in zip(range(1, 310), [0] * 150 + [1] * 159, strict=True)
    ]
    with open(tmp_path / "theirs.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, list(truth[0]))
        writer.writeheader()
        writer.writerows(truth)
    command = [
        sys.executable,
        repository / "benchmarks" / "accuracy" / "leaderboard.py",
        "--work",
        tmp_path / "work",
    ]
    command += ["--data", shared_data / "raman", "--out", tmp_path / "page.md"]
    command += ["--add", tmp_path / "theirs.csv", "--sets", "covid_serum"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stored = json.loads((tmp_path / "work" / "covid_serum--elsewhere-theirs.json").read_text())
    assert stored["auc"][0] == 1.0
    assert "| theirs (predictions by another program) | 1.000" in (tmp_path / "page.md").read_text()
    assert (tmp_path / "work" / "truth-covid_serum.csv").exists()
