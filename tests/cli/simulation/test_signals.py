"""A simulated study of another kind of signal through the real command."""

import json

import pytest

from command_line import run
from spectra_dl.spectra.simulation.families.settings import SIGNALS


@pytest.mark.parametrize("signal", SIGNALS)
def test_each_signal_is_written_with_the_best_that_any_method_can_reach(signal, tmp_path):
    done = run("simulate", tmp_path, "--signal", signal, "--patients", 8, "--best-auc", 0.8)
    assert "The best patient AUC any method can reach is 0.800" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["results"]["best_auc"] == pytest.approx(0.8, abs=2e-4)
    assert (report["settings"]["signal"], report["settings"]["patients"]) == (signal, 8)
    assert len((tmp_path / "spectra.csv").read_text(encoding="utf-8").splitlines()) == 1 + 8 * 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--best-auc", 0.9), "--best-auc is of a signal; add --signal"),
        (("--signal", "ratio", "--distance", 2), "--distance is of the study of one signal"),
        (("--signal", "ratio", "--hazard-ratio", 2), "--hazard-ratio is of the study of one signal"),
        (("--signal", "ratio", "--instruments", 2), "--instruments is of the study of one signal"),
        (("--signal", "ratio", "--fluorescence", "low"), "--fluorescence is of the study of one signal"),
        (("--signal", "ratio", "--tissue"), "--signal is of spectra of two classes alone"),
        (("--signal", "ratio", "--fusion"), "--signal is of spectra of two classes alone"),
        (("--signal", "subset", "--best-auc", 0.95), "no method can exceed 0.829"),
        (("--signal", "ratio", "--patients", 3), "patients is 3; give a whole number of at least 4"),
    ],
)
def test_an_option_that_is_of_something_else_is_refused(options, said, tmp_path):
    assert said in run("simulate", tmp_path / "x", *options, code=2).stderr
