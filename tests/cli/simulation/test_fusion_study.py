"""A simulated study of several blocks through the real command."""

import json

import pytest

from command_line import run


def test_files_of_all_blocks_are_written_with_the_best_that_can_be_reached(tmp_path):
    folder = tmp_path / "study"
    done = run(
        "simulate", folder, "--fusion", "--tissue", "--patients", 8, "--distance", 1.8, "--missing", 0.2
    )
    assert "The best patient AUC any method can reach: clinical 0.750, spectra 0.898" in done.stdout
    assert "With the blocks that patients lack here it is 0." in done.stdout
    assert {file.name for file in folder.iterdir()} == {
        "study.toml", "spectra.csv", "clinical.csv", "images", "truth.json", "report.json",
    }  # fmt: skip
    assert json.loads((folder / "report.json").read_text())["results"]["best_auc"]["tissue"] == 0.7


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--missing", 0.1), "--missing is of several blocks; add --fusion"),
        (("--explained", 0.1), "--explained is of several blocks; add --fusion"),
        (("--fusion", "--hazard-ratio", 2, "--distance", 1), "--distance is of classes"),
        (("--fusion", "--hazard-ratio", 2, "--explained", 0.3), "leave one out"),
        (("--fusion", "--slides", 2), "--slides is of one kind of data alone"),
    ],
)
def test_options_of_other_studies_are_refused(tmp_path, options, said):
    assert said in run("simulate", tmp_path / "x", *options, code=2).stderr
