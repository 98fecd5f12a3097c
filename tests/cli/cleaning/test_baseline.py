"""spectra-dl baseline, in a process of its own."""

from functools import partial
from pathlib import Path

import pytest

from command_line import run as run_command

run = partial(run_command, "baseline")


@pytest.fixture
def demo(repository: Path) -> Path:
    """The table the README predicts on."""
    return repository / "datasets" / "demo" / "spectra.csv"


def test_one_figure_shows_a_few_spectra_with_every_candidate(demo: Path, tmp_path: Path) -> None:
    figure = tmp_path / "b.svg"
    out = run(demo, "--compare", "asls, arpls,imodpoly", "--spectra", 2, "--out", figure).stdout
    assert "with 2 of 36 spectra" in out
    assert [line.split()[0] for line in out.splitlines()[-7:-4]] == ["asls", "arpls", "imodpoly"]
    drawn = figure.read_text(encoding="utf-8")
    assert drawn.startswith("<?xml")
    assert drawn.count('id="axes_') == 4  # each with what is left of it below


def test_a_lam_that_would_swallow_bands_is_noted(shared_data: Path, tmp_path: Path) -> None:
    saliva = shared_data / "raman" / "covid_saliva" / "COV+_09"
    out = run(saliva, "--compare", "arpls", "--spectra", 1, "--out", tmp_path / "b.svg").stdout
    assert "Note: arpls: the V-curve would let the baseline run over bands in 19 of 25 spectra" in out
    done = run_command("preprocess", saliva, "--baseline", "arpls", "--out", tmp_path / "corrected.csv")
    assert "Warning: arpls: the V-curve would let" in done.stderr
    assert ".py:" not in done.stderr


def test_a_figure_that_exists_is_kept_unless_asked(demo: Path, tmp_path: Path) -> None:
    figure = tmp_path / "b.png"
    figure.write_text("mine")
    done = run(demo, "--compare", "asls", "--out", figure, code=3)
    assert "this file exists; choose another name, or add --overwrite" in done.stderr
    assert figure.read_text() == "mine"
    run(demo, "--compare", "asls", "--out", figure, "--overwrite")
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_an_unknown_method_is_refused_with_similar_names(demo: Path, tmp_path: Path) -> None:
    done = run(demo, "--compare", "asls,aspl", "--out", tmp_path / "b.svg", code=2)
    assert "no baseline method 'aspl'; did you mean" in done.stderr
    assert not list(tmp_path.iterdir())
