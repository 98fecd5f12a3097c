"""Verdicts on spectra: broken ones refused or warned of by name, sound real ones left alone."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.quality import Verdict, inspect
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

FloatArray = NDArray[np.float64]
AXIS = np.linspace(400, 1800, 701)


def serum(n_spectra: int = 36) -> FloatArray:
    """Raw serum-like spectra of some 4,000 counts with noise."""
    random = np.random.default_rng(2)
    rows = []
    for _ in range(n_spectra):
        centres, heights, widths = (
            random.uniform([430], [1770], (1, 20)),
            random.random((1, 20)),
            random.uniform(5, 12, 20),
        )
        shape = np.exp(-0.5 * ((AXIS[:, None] - centres) / widths) ** 2) * heights
        rows.append(
            3000 * np.exp(-(AXIS - 400) / 1500) + 1500 * shape.sum(axis=1) + random.normal(0, 15, 701)
        )
    return np.array(rows)


def verdicts_of(intensity: FloatArray, axis: FloatArray | None = None) -> list[Verdict]:
    axis = np.arange(400.0, 400 + intensity.shape[1]) if axis is None else axis
    return inspect(SpectraTable(intensity, axis, [str(row) for row in range(len(intensity))]))[1]


def test_sound_spectra_are_ok_without_reasons() -> None:
    assert verdicts_of(serum(), AXIS) == [Verdict("ok")] * 36


def test_the_five_broken_rows_are_found_and_no_other() -> None:
    intensity = serum()
    random = np.random.default_rng(0)
    intensity[5] = 0
    intensity[10] = 123.4
    intensity[15] *= -1
    intensity[21] = random.permutation(intensity[21])
    intensity[26] = random.normal(4000, 300, 701)
    verdicts = verdicts_of(intensity, AXIS)
    faulty = {row: verdict for row, verdict in enumerate(verdicts) if verdict.status != "ok"}
    assert {row: verdict.status for row, verdict in faulty.items()} == {
        5: "refused", 10: "refused", 15: "warned", 21: "refused", 26: "refused",
    }  # fmt: skip
    said = ["values are zero", "flat: every value is 123.4", "bands point down", "out of order", "noise"]
    for words, verdict in zip(said, faulty.values(), strict=True):
        assert words in verdict.reasons[0]


def test_bands_that_point_down_from_a_positive_level_are_warned_of() -> None:
    verdicts = verdicts_of(10_000 - serum(), AXIS)
    assert all("bands point down" in verdict.reasons[0] for verdict in verdicts)


def test_an_empty_spectrum_is_refused() -> None:
    intensity = serum(3)
    intensity[1] = np.nan
    assert [verdict.status for verdict in verdicts_of(intensity)] == ["ok", "refused", "ok"]
    assert verdicts_of(intensity)[1].reasons == ("empty spectrum: every value is missing",)


def test_gaps_of_up_to_three_points_are_filled_along_a_line_and_said() -> None:
    intensity = serum(2)
    intensity[0, 100:103] = np.nan
    intensity[0, 0] = np.nan
    table, verdicts = inspect(SpectraTable(intensity, AXIS, ["a", "b"]))
    expected = np.interp([100, 101, 102], [99, 103], intensity[0, [99, 103]])
    np.testing.assert_allclose(table.intensity[0, 100:103], expected)
    assert table.intensity[0, 0] == intensity[0, 1]
    assert verdicts[0] == Verdict("warned", ("4 missing values filled from their neighbours",))
    assert verdicts[1] == Verdict("ok")
    assert np.isnan(intensity[0, 100])


def test_a_longer_gap_is_refused_with_its_place() -> None:
    intensity = serum(2)
    intensity[1, 100:104] = np.nan
    table, verdicts = inspect(SpectraTable(intensity, AXIS, ["a", "b"]))
    assert verdicts[1].status == "refused"
    assert "4 missing values in gaps of up to 4 points, the first at 600 cm⁻¹" in verdicts[1].reasons[0]
    assert np.isnan(table.intensity[1, 100:104]).all()


def test_a_spectrum_of_many_short_gaps_is_refused() -> None:
    intensity = serum(2)
    intensity[1, ::8] = np.nan
    assert verdicts_of(intensity)[1] == Verdict("refused", ("88 of 701 values are missing",))


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e308, -1e13])
def test_infinite_and_absurd_values_are_refused_with_their_place(value: float) -> None:
    intensity = serum(3)
    intensity[2, 301] = value
    verdicts = verdicts_of(intensity, AXIS)
    assert [verdict.status for verdict in verdicts] == ["ok", "ok", "refused"]
    assert "1 infinite or absurd values" in verdicts[2].reasons[0]
    assert "at 1002 cm⁻¹" in verdicts[2].reasons[0]


def test_a_value_too_small_to_matter_is_no_fault() -> None:
    intensity = serum(2)
    intensity[1, 3] = 5e-324
    assert verdicts_of(intensity)[1].status == "ok"


def test_a_clipped_detector_is_warned_of_with_the_count() -> None:
    intensity = serum(4)
    limit = np.sort(intensity[2])[-9]
    intensity[2] = np.minimum(intensity[2], limit)
    verdicts = verdicts_of(intensity)
    assert verdicts[2] == Verdict("warned", (f"saturated: 9 points at the maximum of {limit:g}",))


def test_a_few_cosmic_rays_are_left_to_the_despiking_many_are_warned_of() -> None:
    intensity = serum(3)
    intensity[1, [50, 300, 500]] += 30_000
    intensity[2, 20:680:30] += 30_000
    verdicts = verdicts_of(intensity)
    assert verdicts[1] == Verdict("ok")
    assert verdicts[2] == Verdict("warned", ("cosmic rays on 22 points",))


def test_a_verdict_does_not_depend_on_the_company() -> None:
    intensity = serum(6)
    intensity[1] = np.nan
    intensity[2, 5] = 1e308
    intensity[3] *= 1e11 / intensity[3].max()
    together = verdicts_of(intensity)
    assert together == [verdicts_of(intensity[row : row + 1])[0] for row in range(6)]


@pytest.mark.parametrize("n_points", [1, 3, 19])
def test_spectra_too_short_to_have_a_shape_are_left_to_the_axis_check(n_points: int) -> None:
    assert verdicts_of(np.ones((2, n_points))) == [Verdict("ok")] * 2


def test_no_spectra_give_no_verdicts() -> None:
    assert verdicts_of(np.empty((0, 50))) == []


def test_reasons_fit_one_line() -> None:
    intensity = serum(2)
    intensity[0, 10:300] = np.nan
    intensity[1] = 1e300
    for verdict in verdicts_of(intensity):
        assert all(len(reason) < 200 and "\n" not in reason for reason in verdict.reasons)


def test_real_serum_and_cartilage_are_all_ok(shared_data: Path) -> None:
    serum_file = shared_data / "raman/covid_serum/original_covid_and_healthy_spectra.csv"
    real = np.loadtxt(serum_file, delimiter=",", skiprows=1, usecols=range(900))
    assert Counter(verdict.status for verdict in verdicts_of(real)) == {"ok": 309}
    cartilage = np.genfromtxt(
        shared_data / "raman/cartilage_map/chondro.csv.gz", delimiter=",", skip_header=1
    )
    assert Counter(verdict.status for verdict in verdicts_of(cartilage[:, 3:])) == {"ok": 875}


def test_real_saliva_is_warned_of_only_where_the_detector_was_full(shared_data: Path) -> None:
    folders = sorted((shared_data / "raman/covid_saliva").glob("*/spectra.csv"))
    real = np.vstack([np.loadtxt(file, delimiter=",", ndmin=2) for file in folders])
    verdicts = verdicts_of(real)
    assert Counter(verdict.status for verdict in verdicts) == {"ok": 1620, "warned": 55}
    assert all("at the maximum of 64500" in each.reasons[0] for each in verdicts if each.status == "warned")


def test_a_whole_spectrum_is_looked_at_whole_whatever_the_range() -> None:
    table = SpectraTable(serum(4), AXIS, list("abcd"))
    assert inspect(table, within=(900, 1000))[1] == inspect(table)[1]
    noisy = SpectraTable(serum(1) + np.random.default_rng(0).normal(0, 300, 701), AXIS, ["a"])
    assert inspect(noisy, within=(1780, 1800))[1] == inspect(noisy)[1]


def test_a_model_that_crops_predicts_spectra_that_are_padded_outside_its_range() -> None:
    study = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=300)).table
    low, high = float(study.wavenumber[20]), float(study.wavenumber[-20])
    steps = CleaningSettings(crop=(low, high), baseline="none").preprocessing()
    model = SpectraClassifier(study.wavenumber, steps, members=2, training=TrainingSettings(epochs=2)).fit(
        study.intensity, study.label, groups=study.patient
    )
    padded = study.intensity.copy()
    padded[:, :20], padded[:, -19:] = 0, np.nan
    rows, _ = model.predictor_.predict(replace(study, intensity=padded))
    whole, _ = model.predictor_.predict(study)
    assert "refused" not in set(rows.status)
    np.testing.assert_array_equal(rows.probability, whole.probability)
