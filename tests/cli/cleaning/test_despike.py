"""--despike at every command that cleans, and where the points that were replaced are listed."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from command_line import run

AXIS = 400.0 + 4.0 * np.arange(200)


def written(folder: Path, name: str, intensity: np.ndarray) -> Path:
    """Write spectra of two classes as a table and return its path."""
    rows = [
        [f"s{row}", f"P{row // 2}", "ab"[row // 2 % 2], *(f"{value:.2f}" for value in spectrum)]
        for row, spectrum in enumerate(intensity)
    ]
    path = folder / name
    with open(path, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["sample_id", "patient", "label", *map(str, AXIS)], *rows])
    return path


def spectra(n: int) -> np.ndarray:
    """Return spectra with a band narrower than a ray in all, and one ray of three points in the second."""
    generator = np.random.default_rng(0)
    narrow = 300 * np.exp(-4 * np.log(2) * ((AXIS - 1000) / 6) ** 2)
    intensity = 900 - 0.2 * AXIS + narrow + generator.normal(0, 3, (n, AXIS.size))
    intensity[1, 25:28] += [700, 900, 800]
    return intensity


def lines(path: Path) -> list[dict[str, str]]:
    """Return the lines of a table."""
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("rays"), "spectra.csv", spectra(20))


def values(path: Path) -> np.ndarray:
    """Return the intensities of a table."""
    return np.array([[float(row[str(point)]) for point in AXIS] for row in lines(path)])


def test_a_ray_goes_a_band_stays_and_both_are_said(given: Path, tmp_path: Path) -> None:
    done = run("preprocess", given, "--baseline", "none", "--out", tmp_path / "out")
    note = (
        "bands or hot pixels, hit as cosmic rays too often for chance and kept: 1000 cm-1 in 20 of 20 spectra"
    )
    assert note in done.stdout
    assert "without a model, 20 usable spectra of the whole input were looked at" in done.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert note in report["notes"]
    certificates = lines(tmp_path / "out" / "certificates.csv")
    assert certificates[1]["spikes_at"] == "500-508"
    assert [line["spikes_removed"] for line in certificates] == ["0", "3", *["0"] * 18]
    before, after = values(given), values(tmp_path / "out" / "spectra.csv")
    assert (np.abs(before - after) > 0.01).sum() == 3
    (step,) = report["steps"]
    assert step["settings"]["spectra"] == 20


def test_none_removes_nothing(given: Path, tmp_path: Path) -> None:
    words = ("--baseline", "none", "--despike", "none")
    done = run("preprocess", given, *words, "--out", tmp_path / "out")
    assert "looked at" not in done.stdout
    assert np.array_equal(values(given), values(tmp_path / "out" / "spectra.csv"))
    assert {line["spikes_at"] for line in lines(tmp_path / "out" / "certificates.csv")} == {""}


def test_a_high_threshold_leaves_the_ray(given: Path, tmp_path: Path) -> None:
    run("preprocess", given, "--baseline", "none", "--despike", 900, "--out", tmp_path / "out")
    assert np.array_equal(values(given), values(tmp_path / "out" / "spectra.csv"))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("some", "'some' is neither none nor a number"),
        ("2", "give a number from 3 to 1000"),
        ("nan", "threshold is nan"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [("preprocess",), ("baseline",), ("train", "spectra"), ("evaluate", "spectra")],
    ids=" ".join,
)
def test_an_impossible_threshold_is_refused_before_anything_is_written(
    given: Path, tmp_path: Path, command: tuple[str, ...], value: str, sentence: str
) -> None:
    done = run(*command, given, "--despike", value, "--out", tmp_path / "out.svg", code=2)
    assert sentence in done.stderr
    assert not list(tmp_path.iterdir())


def test_jobs_and_blocks_change_nothing_of_a_long_input(tmp_path: Path) -> None:
    intensity = spectra(1100)
    intensity[1040:, 100] += 400  # a hot pixel that only the last block has
    path = written(tmp_path, "long.csv", intensity)
    words = ("preprocess", path, "--baseline", "none", "--format", "csv")
    run(*words, "--out", tmp_path / "one")
    run(*words, "--jobs", 2, "--out", tmp_path / "two")
    for name in ("spectra.csv", "certificates.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    after = values(tmp_path / "one" / "spectra.csv")
    assert np.allclose(after[1040:, 100], intensity[1040:, 100], atol=0.01)
    report = json.loads((tmp_path / "one" / "report.json").read_text())
    assert "800 cm-1 in 60 of 1100 spectra" in " ".join(report["notes"])


def test_the_baselines_are_compared_after_the_same_cleaning(given: Path, tmp_path: Path) -> None:
    figure = ("--compare", "imodpoly", "--out", tmp_path / "a.svg", "--overwrite")
    assert "1000 cm-1 in 20 of 20 spectra" in run("baseline", given, *figure).stdout
    assert "cosmic rays" not in run("baseline", given, *figure, "--despike", "none").stdout


def test_a_model_keeps_its_places_and_its_predictions_say_where(given: Path, tmp_path: Path) -> None:
    words = ("--label", "label", "--patient", "patient", "--members", 2, "--epochs", 1)
    run("train", "spectra", given, *words, "--despike", 6, "--out", tmp_path / "m")
    model = tmp_path / "m" / "model.safetensors"
    shown = json.loads(run("model", "show", model, "--json").stdout)
    (despike, *_) = shown["input"]["preprocessing"][0]["steps"]
    assert despike["settings"]["threshold"] == 6
    assert any(low < 1000 < high for low, high, _ in despike["settings"]["places"])
    assert "1000 cm-1 in" in " ".join(shown["training"]["notes"])
    new = spectra(4)
    new[2, 60] += 500
    run("predict", written(tmp_path, "new.csv", new), "--model", model, "--out", tmp_path / "p", code=None)
    run(
        "predict",
        written(tmp_path, "alone.csv", new[2:3]),
        "--model",
        model,
        "--out",
        tmp_path / "a",
        code=None,
    )
    together, alone = (lines(tmp_path / folder / "predictions.csv") for folder in "pa")
    assert "3 spikes removed at 500-508 cm-1" in together[1]["reason"]
    assert "1 spikes removed at 640 cm-1" in together[2]["reason"]
    assert alone[0]["reason"] == together[2]["reason"]
    assert alone[0]["p_a"] == together[2]["p_a"]
    run("train", "spectra", given, *words, "--despike", "none", "--out", tmp_path / "n")
    shown = json.loads(run("model", "show", tmp_path / "n" / "model.safetensors", "--json").stdout)
    assert [step["step"] for step in shown["input"]["preprocessing"][0]["steps"]] == ["baseline", "normalise"]
