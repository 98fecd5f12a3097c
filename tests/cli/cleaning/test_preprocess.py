"""spectra-dl preprocess, in a process of its own."""

import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from command_line import run as run_command
from spectra_dl.spectra.baseline import asls
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.readers import read_spectra

run = partial(run_command, "preprocess")


@pytest.fixture
def demo(repository: Path) -> Path:
    """The table the README predicts on."""
    return repository / "datasets" / "demo" / "spectra.csv"


def certificates(folder: Path) -> list[dict[str, str]]:
    """Return the lines of certificates.csv."""
    with open(folder / "certificates.csv", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_both_files_hold_the_corrected_spectra_under_the_same_ids(demo: Path, tmp_path: Path) -> None:
    run(demo, "--lam", "1e5", "--out", tmp_path / "out")
    given = read_spectra(demo)
    clean = (
        Despike().fit(given.intensity, given.wavenumber).apply(given.intensity, given.wavenumber).intensity
    )
    fitted = asls(clean, lam=1e5, p=0.001, tol=1e-3)
    for name in ("spectra.csv", "spectra.h5"):
        found = read_spectra(tmp_path / "out" / name)
        assert np.array_equal(found.intensity, clean - fitted.baseline)
        assert np.array_equal(found.wavenumber, given.wavenumber)
        for column in ("sample_id", "patient", "label"):
            assert list(getattr(found, column)) == list(getattr(given, column))
    listed = certificates(tmp_path / "out")
    assert [line["sample_id"] for line in listed] == list(given.sample_id)
    assert [int(line["baseline_iterations"]) for line in listed] == fitted.certificate.iterations.tolist()
    assert [float(line["baseline_roughness"]) for line in listed] == fitted.certificate.roughness.tolist()


def test_hdf5_in_gives_the_same_as_text_in(demo: Path, tmp_path: Path) -> None:
    run(demo, "--baseline", "none", "--out", tmp_path / "a")
    run(tmp_path / "a" / "spectra.h5", "--out", tmp_path / "b")
    run(tmp_path / "a" / "spectra.csv", "--out", tmp_path / "c")
    one, other = (read_spectra(tmp_path / folder / "spectra.h5") for folder in "bc")
    assert np.array_equal(one.intensity, other.intensity)
    assert (tmp_path / "b" / "spectra.csv").read_bytes() == (tmp_path / "c" / "spectra.csv").read_bytes()


def test_nexus_holds_the_same_bit_for_bit_and_the_refused_row_without_values(
    demo: Path, tmp_path: Path
) -> None:
    lines = demo.read_text(encoding="utf-8").splitlines()
    names, cells = lines[0].split(","), lines[5].split(",")
    first = next(k for k, name in enumerate(names) if name[0].isdigit())
    lines[5] = ",".join([*cells[:first], *[""] * (len(names) - first)])
    (tmp_path / "damaged.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run(tmp_path / "damaged.csv", "--format", "nxraman", "--out", tmp_path / "a", code=6)
    run(tmp_path / "damaged.csv", "--format", "hdf5", "--out", tmp_path / "b", code=6)
    assert not (tmp_path / "a" / "spectra.csv").exists()
    found, other = read_spectra(tmp_path / "a" / "spectra.nxs"), read_spectra(tmp_path / "b" / "spectra.h5")
    assert np.array_equal(found.intensity, other.intensity, equal_nan=True)
    assert np.isnan(found.intensity[4]).all()
    assert np.array_equal(found.wavenumber, other.wavenumber)
    for column in ("sample_id", "patient", "label"):
        assert list(getattr(found, column)) == list(getattr(other, column))
    assert {name: list(texts) for name, texts in found.metadata.items()} == {
        name: list(texts) for name, texts in other.metadata.items()
    }
    run(tmp_path / "a" / "spectra.nxs", "--out", tmp_path / "c", code=6)


def test_a_spectrum_that_cannot_be_used_keeps_its_row_without_values(demo: Path, tmp_path: Path) -> None:
    lines = demo.read_text(encoding="utf-8").splitlines()
    names, cells = lines[0].split(","), lines[5].split(",")
    first = next(k for k, name in enumerate(names) if name[0].isdigit())
    lines[5] = ",".join([*cells[:first], *[""] * (len(names) - first)])
    damaged = tmp_path / "damaged.csv"
    damaged.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run(damaged, "--out", tmp_path / "out", code=6)
    assert "1 refused" in done.stdout
    found = read_spectra(tmp_path / "out" / "spectra.csv")
    assert list(found.sample_id) == list(read_spectra(demo).sample_id)
    assert np.isnan(found.intensity[4]).all()
    assert np.isfinite(np.delete(found.intensity, 4, axis=0)).all()
    line = certificates(tmp_path / "out")[4]
    assert line["status"] == "refused"
    assert "every value is missing" in line["reason"]
    assert line["baseline_converged"] == ""
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["results"]["refused"] == 1


def test_negative_values_are_kept_or_clipped_as_said(demo: Path, tmp_path: Path) -> None:
    kept = run(demo, "--out", tmp_path / "kept").stdout
    clipped = run(demo, "--negatives", "clip", "--out", tmp_path / "clipped").stdout
    assert "kept negative" in kept
    assert "set to 0" in clipped
    first, second = (read_spectra(tmp_path / name / "spectra.h5").intensity for name in ("kept", "clipped"))
    assert (first < 0).any()
    assert np.array_equal(second, np.maximum(first, 0))


def test_the_report_says_which_lam_was_chosen(demo: Path, tmp_path: Path) -> None:
    run(demo, "--out", tmp_path / "out", "--format", "csv")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    (baseline,) = [step for step in report["steps"] if step["step"] == "baseline"]
    lam = dict(map(tuple, baseline["settings"]["parameters"]))["lam"]
    assert isinstance(lam, float)
    assert not (tmp_path / "out" / "spectra.h5").exists()


def test_an_unreadable_input_leaves_no_folder(tmp_path: Path) -> None:
    run(tmp_path / "nothing.csv", "--out", tmp_path / "out", code=3)
    assert not (tmp_path / "out").exists()


def test_a_fault_far_down_leaves_no_half_file(demo: Path, tmp_path: Path) -> None:
    lines = demo.read_text(encoding="utf-8").splitlines()
    rows = [line.replace("SIM-", f"SIM{copy}-") for copy in range(40) for line in lines[1:]]
    rows[-1] += ",1,2,3"
    (tmp_path / "long.csv").write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    done = run(tmp_path / "long.csv", "--out", tmp_path / "out", code=3)
    assert f"line {len(rows) + 1}" in done.stderr
    assert not (tmp_path / "out").exists()


def test_padding_is_refused_with_its_place_and_cropping_is_the_remedy(demo: Path, tmp_path: Path) -> None:
    lines = demo.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    padded = [k for k, name in enumerate(names) if name[0].isdigit() and not 450 <= float(name) <= 1700]
    rows = [line.split(",") for line in lines]
    for row in rows[1:]:
        for k in padded:
            row[k] = "0"
    table = tmp_path / "padded.csv"
    table.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    run(table, "--lam", "1e5", "--out", tmp_path / "whole", code=6)
    reasons = [line["reason"] for line in certificates(tmp_path / "whole")]
    assert all("zeros at" in reason and "padding, no measurement; use 4" in reason for reason in reasons)
    run(table, "--lam", "1e5", "--crop", "450", "1700", "--out", tmp_path / "cropped")
    assert {line["status"] for line in certificates(tmp_path / "cropped")} == {"ok"}
    run(demo, "--lam", "1e5", "--crop", "450", "1700", "--out", tmp_path / "unpadded")
    one, other = (read_spectra(tmp_path / name / "spectra.csv") for name in ("cropped", "unpadded"))
    assert np.array_equal(one.intensity, other.intensity)
