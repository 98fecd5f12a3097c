"""The smoothing parameter that is chosen from the spectra."""

import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import DataError, SpectraDLWarning, UsageError
from spectra_dl.spectra.baseline import asls, choose_lam, correct, smoothing
from spectra_dl.spectra.preprocessing.steps import Baseline, step_from_json, step_to_json
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.recently_used import RecentlyUsed
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

GRID = [10 ** (k / 4) for k in range(8, 37)]


def straight_choice(
    spectrum: np.ndarray, p: float, method: str = "asls", above: float | None = None
) -> float:
    """Frasso & Eilers' rule written out for one spectrum; points above the baseline weigh ``above``, or ``p``."""
    above = p if above is None else above
    settings = {"p": p} if method == "asls" else {}
    points = []
    for lam in GRID:
        baseline = correct(spectrum[None], method, {**settings, "lam": lam}).baseline[0]
        residual = spectrum - baseline
        weight = [above if value > 0 else 1 - above for value in residual]
        misfit = np.log(sum(w * r * r for w, r in zip(weight, residual, strict=True)))
        points.append((misfit, np.log(np.mean(np.diff(baseline, n=2) ** 2))))
    steps = [np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    return GRID[int(np.argmin(steps)) + 1]


@pytest.fixture(scope="module")
def spectra() -> np.ndarray:
    """Raw spectra of a simulated study."""
    return simulate_study(StudySettings(patients=8, n_wavenumbers=500)).table.intensity


def test_one_spectrum_is_judged_by_the_published_rule(spectra: np.ndarray) -> None:
    for spectrum in spectra[:4]:
        assert choose_lam(spectrum[None], "asls", {"p": 0.01}) == straight_choice(spectrum, 0.01)


@pytest.mark.parametrize(("method", "p", "rows"), [("asls", 0.01, (13, 20)), ("arpls", 0.01, (0, 3, 8, 10))])
def test_points_above_the_baseline_weigh_p_and_those_below_the_rest(
    spectra: np.ndarray, method: str, p: float, rows: tuple[int, ...]
) -> None:
    for row in rows:  # where the other way round would choose another value
        expected = straight_choice(spectra[row], p, method)
        assert straight_choice(spectra[row], p, method, above=1 - p) != expected
        assert choose_lam(spectra[row : row + 1], method, {"p": p} if method == "asls" else {}) == expected


def test_several_spectra_are_judged_by_their_median(spectra: np.ndarray) -> None:
    single = sorted(straight_choice(spectrum, 0.001) for spectrum in spectra[:5])
    assert choose_lam(spectra[:5], "asls", {"p": 0.001}) == single[2]


@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_the_error_against_the_true_baseline_is_near_the_least_of_the_grid(level: str) -> None:
    study = simulate_study(StudySettings(patients=10, fluorescence=level))  # type: ignore[arg-type]

    def error(lam: float) -> float:
        difference = asls(study.table.intensity, lam=lam, p=0.001).baseline - study.truth.baseline
        return float(np.median(np.sqrt((difference**2).mean(axis=1))))

    least = min(error(lam) for lam in GRID)
    assert error(choose_lam(study.table.intensity, "asls", {"p": 0.001})) < 1.15 * least


def test_the_scale_of_the_intensities_does_not_matter(spectra: np.ndarray) -> None:
    assert choose_lam(1e6 * spectra, "asls", {}) == choose_lam(spectra, "asls", {})


def test_spectra_that_never_bend_leave_the_default_lam() -> None:
    assert choose_lam(np.zeros((3, 100)), "asls", {}) == 1e5


def test_a_constant_spectrum_among_others_has_no_say(spectra: np.ndarray) -> None:
    flat = np.zeros((1, spectra.shape[1]))
    assert choose_lam(np.vstack([flat, spectra[:1]]), "asls", {}) == choose_lam(spectra[:1], "asls", {})


def test_a_choice_does_not_depend_on_the_choices_before(
    spectra: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    subsets = [generator.choice(len(spectra), size, replace=False) for size in (1, 2, 7, 15, 15, 20, 24)]
    settings = [{}, {"p": 0.001}, {"p": 0.05, "max_iter": 2}]
    chosen = [choose_lam(spectra[rows], "asls", each) for rows in subsets for each in settings]
    monkeypatch.setattr(smoothing, "_FLATTEST", RecentlyUsed[int](0))  # remembers nothing
    assert [choose_lam(spectra[rows], "asls", each) for rows in subsets for each in settings] == chosen
    assert len(set(chosen)) > 2


def test_each_spectrum_is_followed_once(spectra: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = []

    def noting(intensity: np.ndarray, *settings: object) -> object:
        followed.append(len(intensity))
        return correct(intensity, *settings)  # type: ignore[arg-type]

    monkeypatch.setattr(smoothing, "correct", noting)
    monkeypatch.setattr(smoothing, "_FLATTEST", RecentlyUsed[int](1 << 20))
    for rows in (spectra[:5], spectra[2:8]):
        choose_lam(rows, "asls", {})
    assert followed == [5] * len(GRID) + [3] * len(GRID)
    choose_lam(spectra[:8], "arpls", {})
    followed.clear()
    choose_lam(spectra[:8], "arpls", {})
    choose_lam(spectra[:8], "asls", {})
    assert followed == []


BROAD = ("arpls", "airpls", "drpls")


def broad_bands(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy spectra with broad bands, as saliva has them, on a sloping background; and the highest band alone."""
    generator = np.random.default_rng(seed)
    x = np.arange(900.0)
    height, centre, width = np.array(
        [[3000, 620, 20], [250, 80, 30], [300, 260, 25], [350, 420, 22], [700, 540, 18], [350, 790, 20]]
    ).T[:, :, np.newaxis]
    bands = height * np.exp(-0.5 * ((x - centre) / width) ** 2)
    background = 14_000 * np.exp(-x / 900)
    return bands.sum(axis=0) + background + generator.normal(0, 100, (6, x.size)), bands[0]


@pytest.mark.parametrize("method", BROAD)
def test_no_baseline_runs_over_broad_bands(method: str) -> None:
    spectra, band = broad_bands(3)
    words = rf"{method}: the V-curve would let the baseline run over bands in [56] of 6"
    with pytest.warns(SpectraDLWarning, match=words):
        lam = choose_lam(spectra, method, {})

    def left(lam: float) -> np.ndarray:
        """What is left of the highest band, as a share of it."""
        corrected = spectra - correct(spectra, method, {"lam": lam}).baseline
        return np.asarray(corrected[:, 610:631].mean(axis=1) / band[610:631].mean())

    assert left(lam).min() > 0.7
    assert left(float(np.median([straight_choice(each, 0.01, method) for each in spectra]))).max() < 0.2


@pytest.mark.parametrize("method", BROAD)
def test_real_saliva_keeps_its_band_near_1250(method: str, shared_data: Path) -> None:
    table = read_spectra(shared_data / "raman" / "covid_saliva" / "COV+_09")
    with pytest.warns(SpectraDLWarning, match="run over bands"):
        lam = choose_lam(table.intensity, method, {})
    corrected = table.intensity - correct(table.intensity, method, {"lam": lam}).baseline
    near = np.abs(table.wavenumber - 1255) < 10
    assert (
        corrected[6, near].mean() > 2_500
    )  # the band's height is about 3,300; a fit that follows it leaves 100


def test_bands_of_usual_width_raise_no_warning(spectra: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in (*BROAD, "iasls"):
            choose_lam(spectra, method, {})


@pytest.mark.parametrize("method", ["snip", "imodpoly"])
def test_a_method_without_a_lam_is_refused(method: str) -> None:
    with pytest.raises(UsageError, match="works with asls, arpls"):
        choose_lam(np.ones((1, 50)), method, {})


def test_no_spectra_are_refused() -> None:
    with pytest.raises(UsageError, match="there are none"):
        choose_lam(np.empty((0, 50)), "asls", {})


def test_missing_values_are_refused() -> None:
    with pytest.raises(DataError, match="spectrum 1 holds nan"):
        choose_lam(np.full((1, 50), np.nan), "asls", {})


def test_the_method_itself_takes_numbers_only() -> None:
    with pytest.raises(UsageError, match="choose_lam finds one on training spectra"):
        correct(np.ones((1, 50)), "asls", {"lam": "auto"})


def test_a_step_learns_its_lam_from_the_rows_it_is_given(spectra: np.ndarray) -> None:
    axis = np.arange(spectra.shape[1], dtype=float)
    step = Baseline("asls", (("lam", "auto"), ("p", 0.001)))
    assert step.learns
    fitted = step.fit(spectra, axis)
    assert not fitted.learns
    assert dict(fitted.parameters)["lam"] == choose_lam(spectra, "asls", {"p": 0.001})
    assert fitted.fit(1e3 * spectra[:1], axis) == fitted
    assert step_from_json(step_to_json(fitted)) == fitted


def test_a_step_that_has_not_learnt_its_lam_refuses_to_work(spectra: np.ndarray) -> None:
    step = Baseline("asls", (("lam", "auto"),))
    with pytest.raises(UsageError, match="fit the step"):
        step.apply(spectra, np.arange(spectra.shape[1], dtype=float))


def test_a_step_of_a_method_without_lam_refuses_auto() -> None:
    with pytest.raises(UsageError, match="not with snip"):
        Baseline("snip", (("lam", "auto"),))
