"""The simulated study holds what its truth says, and nothing but the latents knows the class."""

import subprocess
import sys
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.serum_bands import SERUM_BANDS
from spectra_dl.spectra.simulation.serum_study import (
    StudySettings,
    best_accuracy,
    best_auc,
    class_shift_and_covariance,
    simulate_study,
)
from spectra_dl.spectra.table import SpectraTable


@pytest.fixture(scope="module")
def study():
    return simulate_study(StudySettings(patients=300, seed=7))


@pytest.fixture(scope="module")
def large_study():
    """Many patients, short spectra: for what only the patients' numbers decide."""
    return simulate_study(StudySettings(patients=6000, spectra_per_patient=1, n_wavenumbers=50, seed=11))


def auc_distance_from_half(positive, score):
    """How many standard errors (Hanley & McNeil 1982 under the null) the AUC of ``score`` lies from .5."""
    n_positive, n_negative = positive.sum(), (~positive).sum()
    error = sqrt((len(positive) + 1) / (12 * n_positive * n_negative))
    return abs(roc_auc_score(positive, score) - 0.5) / error


def noise_per_level(intensity):
    """Variance of the point-to-point noise over the level, from third differences, medians over blocks of points."""
    third = np.diff(intensity, n=3, axis=1)
    blocks = range(0, intensity.shape[1] - 70, 70)
    deviation = np.stack([1.4826 * np.median(abs(third[:, start : start + 67]), axis=1) for start in blocks])
    level = np.stack([np.median(intensity[:, start : start + 70], axis=1) for start in blocks])
    return float(np.median(deviation**2 / 20 / level))


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    settings = StudySettings(patients=6, seed=3)
    first, second = simulate_study(settings), simulate_study(settings)
    assert first.table.intensity.tobytes() == second.table.intensity.tobytes()
    assert list(first.table.label) == list(second.table.label)
    assert not np.array_equal(
        first.table.intensity, simulate_study(replace(settings, seed=4)).table.intensity
    )


def test_default_study_has_the_size_of_the_published_one():
    settings = StudySettings()
    assert (settings.patients, settings.spectra_per_patient, settings.n_wavenumbers) == (427, 3, 1000)
    assert best_accuracy(settings.distance) == pytest.approx(0.817, abs=0.002)  # Shao et al. 2020: 81.70 %


def test_spectra_of_a_patient_share_its_label_session_and_id(study):
    table = study.table
    assert table.intensity.shape == study.truth.bands.shape == study.truth.baseline.shape == (900, 1000)
    assert (table.wavenumber[0], table.wavenumber[-1]) == (400.0, 1800.0)
    assert list(table.sample_id[:4]) == ["P001-1", "P001-2", "P001-3", "P002-1"]
    for column in (table.patient, table.label, table.batch):
        assert all(len(set(three)) == 1 for three in column.reshape(300, 3))
    np.testing.assert_array_equal(table.label[::3] == "bone metastasis", study.truth.positive)
    assert study.truth.positive.sum() == 150


def test_study_says_that_it_is_simulated(study):
    assert "simulated" in study.table.notes[0]
    assert all("simulated" in source for source in study.table.source)


def test_best_auc_is_what_the_true_likelihood_ratio_reaches(large_study):
    truth = large_study.truth
    assert truth.best_auc == pytest.approx(norm.cdf(1.8 / sqrt(2)), abs=1e-12)
    assert roc_auc_score(truth.positive, truth.log_likelihood_ratio) == pytest.approx(
        truth.best_auc, abs=0.003
    )
    right = (truth.log_likelihood_ratio > 0) == truth.positive
    assert right.mean() == pytest.approx(norm.cdf(0.9), abs=0.005)


def test_a_discriminant_learnt_on_the_latents_of_many_patients_does_not_beat_the_best_auc(large_study):
    truth = large_study.truth
    reached = cross_val_score(
        LinearDiscriminantAnalysis(), truth.latents[:, :-1], truth.positive, cv=5, scoring="roc_auc"
    ).mean()
    assert truth.best_auc - 0.01 < reached < truth.best_auc + 0.003


def test_latents_have_the_stated_means_and_covariance(large_study):
    truth = large_study.truth
    difference = truth.latents[truth.positive].mean(0) - truth.latents[~truth.positive].mean(0)
    deviation = np.sqrt(np.diag(truth.covariance))
    assert np.all(abs(difference - truth.shift) < 4 * deviation * sqrt(4 / 6000))
    within = truth.latents - np.where(truth.positive[:, None], 0.5, -0.5) * truth.shift
    assert np.all(
        abs(np.cov(within.T) - truth.covariance) < 5 * np.outer(deviation, deviation) * sqrt(2 / 6000)
    )


@pytest.mark.parametrize("distance", [0.5, 1.8, 3.0])
def test_classes_lie_at_the_mahalanobis_distance_asked_for(distance):
    shift, covariance = class_shift_and_covariance(distance)
    # Independent of the pseudo-inverse: drop one of the log-ratios, which sum to zero, and solve.
    assert sqrt(shift[1:] @ np.linalg.solve(covariance[1:, 1:], shift[1:])) == pytest.approx(
        distance, rel=1e-9
    )


def test_best_accuracy_agrees_with_integrating_the_larger_density():
    score = np.linspace(-12, 14, 200_001)
    for distance, prevalence in ((1.8, 0.5), (1.0, 0.2), (0.0, 0.3)):
        larger = np.maximum(prevalence * norm.pdf(score, distance), (1 - prevalence) * norm.pdf(score))
        assert best_accuracy(distance, prevalence) == pytest.approx(np.trapezoid(larger, score), abs=1e-6)
    assert best_auc(0) == 0.5


def test_latents_carry_no_common_factor(study):
    assert abs(study.truth.latents.sum(axis=1)).max() < 1e-12
    assert abs(study.truth.shift.sum()) < 1e-12


def test_gain_only_scales_the_noiseless_spectrum(study):
    # One session has one displacement, so bands over gain are the same patterns with amplitudes exp(latents).
    rows = study.table.batch == study.table.batch[0]
    patterns = study.truth.bands[rows] / study.truth.gain[rows, None]
    assert np.linalg.matrix_rank(patterns, tol=1e-6 * np.linalg.norm(patterns, 2)) == len(SERUM_BANDS)


def test_gain_baseline_session_and_spikes_know_nothing_of_the_class(large_study):
    truth = large_study.truth
    assert auc_distance_from_half(truth.positive, truth.gain) < 4
    assert auc_distance_from_half(truth.positive, truth.axis_shift) < 4
    assert auc_distance_from_half(truth.positive, truth.spikes.sum(axis=1)) < 4
    assert auc_distance_from_half(truth.positive, truth.baseline.mean(axis=1)) < 4
    for component in PCA(5).fit_transform(np.log(truth.baseline)).T:
        assert auc_distance_from_half(truth.positive, component) < 4


def test_without_distance_the_truth_is_chance():
    truth = simulate_study(
        StudySettings(patients=4000, spectra_per_patient=1, n_wavenumbers=50, distance=0, seed=5)
    ).truth
    assert (truth.best_auc, truth.best_accuracy) == (0.5, 0.5)
    assert not truth.shift.any()
    assert max(auc_distance_from_half(truth.positive, latent) for latent in truth.latents.T) < 4


def test_same_seed_gives_the_same_patients_at_every_fluorescence():
    low, high = (
        simulate_study(StudySettings(patients=8, fluorescence=level, seed=2)) for level in ("low", "high")
    )
    np.testing.assert_array_equal(low.truth.latents, high.truth.latents)
    np.testing.assert_array_equal(low.truth.bands, high.truth.bands)
    np.testing.assert_allclose(high.truth.baseline, 6 * low.truth.baseline)


def test_spikes_stand_where_the_truth_says(study):
    truth = study.truth
    noiseless = truth.bands + truth.baseline
    excess = (study.table.intensity - noiseless) / np.sqrt(noiseless)
    big = (truth.spikes > 1500) & (noiseless < 50_000)
    assert big.sum() > 50
    assert (excess[big] > 5).all()
    assert excess[truth.spikes == 0].max() < 7


def test_spikes_are_as_frequent_as_in_the_saliva_spectra(study):
    starts = (study.truth.spikes[:, 1:] > 0) & (study.truth.spikes[:, :-1] == 0)
    assert (
        0.10 < starts.sum() / len(study.table) < 0.18
    )  # the saliva spectra: .11 found by a detector that misses small ones


def test_noise_is_shot_noise_of_the_measured_size(study):
    assert 0.88 < noise_per_level(study.table.intensity) < 0.97  # the saliva spectra: .92


def test_levels_are_those_of_the_saliva_spectra(study):
    low, median, high = np.quantile(np.median(study.table.intensity, axis=1), [0.05, 0.5, 0.95])
    assert 6_500 < low < 9_500
    assert 14_000 < median < 18_500
    assert 26_000 < high < 42_000


def test_detector_ceiling_is_rarely_met_and_never_passed(study):
    assert study.table.intensity.max() <= 64_500
    assert (study.table.intensity == 64_500).any(axis=1).mean() < 0.03
    bright = simulate_study(StudySettings(patients=4, fluorescence=200_000.0)).table.intensity
    assert (bright == 64_500).mean() > 0.5


def test_simulated_noise_and_level_match_the_real_saliva_spectra(study, shared_data):
    folders = sorted((shared_data / "raman" / "covid_saliva").iterdir())[::6]
    real = np.vstack([np.loadtxt(folder / "spectra.csv", delimiter=",") for folder in folders])
    real = real[(real < 60_000).all(axis=1)]
    simulated = study.table.intensity
    assert noise_per_level(simulated) == pytest.approx(noise_per_level(real), rel=0.06)
    assert np.median(simulated) == pytest.approx(np.median(real), rel=0.2)


def test_a_plain_linear_model_comes_near_the_best_auc(study):
    """SNV and PCA-LDA without the fluorescence: what noise, overlap and 300 patients leave of the latents."""
    table: SpectraTable = study.table
    despiked = np.where(study.truth.spikes > 0, study.truth.bands + study.truth.baseline, table.intensity)
    spectra = despiked - study.truth.baseline
    spectra = (spectra - spectra.mean(axis=1, keepdims=True)) / spectra.std(axis=1, keepdims=True)
    per_patient = spectra.reshape(300, 3, -1).mean(axis=1)
    scores = PCA(20, random_state=0).fit_transform(per_patient)
    reached = cross_val_score(
        LinearDiscriminantAnalysis(), scores, study.truth.positive, cv=5, scoring="roc_auc"
    ).mean()
    assert reached > 0.94 * study.truth.best_auc


@pytest.mark.parametrize(
    "wrong",
    [
        {"patients": 1},
        {"patients": 2.5},
        {"spectra_per_patient": 0},
        {"n_wavenumbers": 3},
        {"low": 1800.0, "high": 400.0},
        {"prevalence": 1.0},
        {"distance": -1.0},
        {"distance": float("nan")},
        {"fluorescence": "bright"},
        {"fluorescence": -5.0},
        {"seed": -1},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError, match="give"):
        StudySettings(**wrong)


def test_band_table_is_sane():
    for group in SERUM_BANDS:
        positions = [band.position for band in group.bands]
        assert positions == sorted(positions), group.name
        assert all(400 < band.position < 1800 and band.width > 0 and band.height > 0 for band in group.bands)
    assert len({group.name for group in SERUM_BANDS}) == len(SERUM_BANDS)


def test_demo_file_comes_out_of_its_script_byte_for_byte(repository, tmp_path):
    demo = repository / "datasets" / "demo"
    script = tmp_path / "make_demo.py"
    script.write_bytes((demo / "make_demo.py").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True, cwd=repository)
    assert (tmp_path / "spectra.csv").read_bytes() == (demo / "spectra.csv").read_bytes()
    assert (demo / "spectra.csv").stat().st_size < 250_000
