"""The pipeline: order, fitting on training rows, the axis contract, and its stored form."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.preprocessing import cosmic_rays, despike, two_point_rays
from spectra_dl.spectra.preprocessing.cosmic_rays import FoundRays
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing, transformed_by_each
from spectra_dl.spectra.preprocessing.recurring_places import Place
from spectra_dl.spectra.preprocessing.steps import EMSC, Baseline, Crop, Despike, Normalise, Resample, Smooth
from spectra_dl.spectra.quality import inspect
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

AXIS = np.linspace(400, 1800, 701)
ASLS = Baseline("asls", (("lam", 1e5), ("p", 0.01)))


def serum(axis: np.ndarray = AXIS, n_spectra: int = 12) -> SpectraTable:
    """Smooth serum-like spectra that can be read off at any wavenumber."""
    random = np.random.default_rng(11)
    centres, widths = random.uniform(430, 1770, (2, n_spectra, 12)), random.uniform(5, 12, (n_spectra, 12))
    heights = random.uniform(200, 2000, (n_spectra, 12))
    shape = np.exp(-0.5 * ((axis - centres[0][..., None]) / widths[..., None]) ** 2)
    intensity = 4000 * np.exp(-(axis - 400) / 1500) + (heights[..., None] * shape).sum(axis=1)
    return SpectraTable(intensity, axis, np.arange(n_spectra).astype(str))


def test_default_is_despike_asls_and_snv() -> None:
    asls = Baseline("asls", (("lam", "auto"), ("p", 0.001), ("tol", 1e-3)))
    assert Preprocessing.default() == Preprocessing((Despike(), asls, Normalise("snv")))


def test_steps_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(
        UsageError, match="Baseline after Normalise; the order of stages is axis, spikes, baseline"
    ):
        Preprocessing((Normalise(), Baseline()))


def test_what_is_no_step_is_refused() -> None:
    with pytest.raises(UsageError, match="str is not a step"):
        Preprocessing(("snv",))  # type: ignore[arg-type]


def test_transform_is_the_steps_one_after_another() -> None:
    table = serum()
    steps = (Crop(450, 1700), Despike(), ASLS, Smooth(7, 2), Normalise("vector"))
    result = Preprocessing(steps).fit(table).transform(table)
    intensity, wavenumber = table.intensity, table.wavenumber
    for step in steps:
        after = step.fit(intensity, wavenumber).apply(intensity, wavenumber)
        intensity, wavenumber = after.intensity, after.wavenumber
    assert np.array_equal(result.matrix, intensity.astype(np.float32))
    assert result.matrix.dtype == np.float32
    assert np.array_equal(result.wavenumber, wavenumber)
    certificate = {"converged", "iterations", "final_change", "roughness"}
    assert set(result.remarks) == {
        "spikes_removed",
        "spikes_at",
        "fraction_below_zero",
        *(f"baseline_{field}" for field in certificate),
    }
    assert all(len(remark) == len(table) for remark in result.remarks.values())
    assert result.notes == ()


@pytest.mark.parametrize(
    "pipeline",
    [Preprocessing.default(), Preprocessing((Despike(), Baseline(), EMSC()))],
    ids=["default", "emsc"],
)
def test_a_row_is_the_same_alone_and_beside_anything(pipeline: Preprocessing) -> None:
    table = serum()
    fitted = pipeline.fit(table)
    together = fitted.transform(table).matrix
    company = table.intensity.copy()
    company[1:] = np.random.default_rng(0).normal(0, 1e11, company[1:].shape)
    company[4] = 0
    in_company = fitted.transform(replace(table, intensity=company)).matrix
    assert np.array_equal(in_company[0], together[0])
    assert np.array_equal(fitted.transform(table.select([0])).matrix[0], together[0])


def test_nothing_is_learnt_from_rows_outside_training() -> None:
    table = serum()
    fitted = Preprocessing((ASLS, EMSC(1))).fit(table.select(np.arange(8)))
    by_hand = ASLS.apply(table.intensity[:8], AXIS).intensity.mean(axis=0)
    emsc = fitted.steps[1]
    assert isinstance(emsc, EMSC)
    np.testing.assert_allclose(emsc.reference, by_hand)


@pytest.mark.parametrize(
    "pipeline",
    [
        Preprocessing(()),
        Preprocessing.default(),
        Preprocessing((Resample(420, 1790, 3.7), Baseline("snip", (("max_half_window", 30),)), EMSC(2))),
    ],
    ids=["empty", "default", "emsc"],
)
def test_stored_and_read_back_it_gives_the_same_bits(pipeline: Preprocessing) -> None:
    table = serum()
    fitted = pipeline.fit(table)
    again = FittedPreprocessing.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    assert np.array_equal(again.axis, fitted.axis)
    assert np.array_equal(again.wavenumber, fitted.wavenumber)
    assert np.array_equal(again.transform(table).matrix, fitted.transform(table).matrix)


AXIS_LIST = AXIS.tolist()


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (None, "not an object"),
        ({"steps": []}, "not an object"),
        ({"steps": [], "axis": AXIS_LIST, "call": "os.system"}, "not an object"),
        ({"steps": {}, "axis": AXIS_LIST}, "not a list"),
        (
            {"steps": [{"step": "despike", "settings": {"threshold": 10}}] * 21, "axis": AXIS_LIST},
            "at most 20",
        ),
        ({"steps": [], "axis": "400"}, "not a list of at most"),
        ({"steps": [], "axis": [400, "401"]}, "not a list of at most"),
        ({"steps": [], "axis": [400, True]}, "not a list of at most"),
        ({"steps": [], "axis": [10**400, 401]}, "stored preprocessing"),
        ({"steps": [], "axis": [400.0, float("nan")]}, "ascending"),
        ({"steps": [], "axis": [401.0, 400.0]}, "ascending"),
        ({"steps": [], "axis": [400.0]}, "1 points"),
        ({"steps": [], "axis": [0.0] * 65_537}, "65,536"),
        ({"steps": [{"step": "exec", "settings": {}}], "axis": AXIS_LIST}, "unknown step"),
        (
            {
                "steps": [
                    {"step": "normalise", "settings": {"kind": "snv"}},
                    {"step": "despike", "settings": {"threshold": 10}},
                ],
                "axis": AXIS_LIST,
            },
            "Despike after Normalise",
        ),
        (
            {
                "steps": [{"step": "emsc", "settings": {"order": 1, "reference": [1.0, 2.0]}}],
                "axis": AXIS_LIST,
            },
            "fitted on 2 points and got 701",
        ),
        (
            {"steps": [{"step": "emsc", "settings": {"order": 1, "reference": None}}], "axis": AXIS_LIST},
            "not fitted",
        ),
    ],
)
def test_stored_preprocessing_that_is_not_ours_is_refused(stored: object, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        FittedPreprocessing.from_json(stored)
    assert len(str(caught.value)) <= 500


def test_a_wider_and_finer_axis_is_resampled_and_said() -> None:
    fitted = Preprocessing.default().fit(serum())
    expected = fitted.transform(serum()).matrix
    result = fitted.transform(serum(np.linspace(350, 1900, 3101)))
    assert result.notes == (
        "resampled from 3101 points between 350 and 1900 cm⁻¹ to the model's 701 points between 400 and 1800 cm⁻¹",
    )
    np.testing.assert_allclose(result.matrix, expected, atol=0.01)


def test_an_axis_printed_with_fewer_digits_is_the_same_axis() -> None:
    table = serum(np.linspace(400, 1800, 998))
    rounded = replace(table, wavenumber=np.round(table.wavenumber, 3))
    fitted = Preprocessing.default().fit(table)
    result = fitted.transform(rounded)
    assert result.notes == ()
    assert np.array_equal(result.matrix, fitted.transform(table).matrix)


def test_an_axis_that_does_not_cover_the_model_is_refused() -> None:
    fitted = Preprocessing.default().fit(serum())
    with pytest.raises(DataError, match="cover 600 to 1700 cm⁻¹; the model needs 400 to 1800 cm⁻¹"):
        fitted.transform(serum(np.linspace(600, 1700, 701)))


def test_a_model_that_crops_needs_no_more_than_it_keeps() -> None:
    fitted = Preprocessing((Crop(600, 1500), *Preprocessing.default().steps)).fit(serum())
    wide = fitted.transform(serum())
    cut = serum()
    part = fitted.transform(cut.points((cut.wavenumber >= 600) & (cut.wavenumber <= 1500)))
    assert (fitted.axis[0], fitted.axis[-1], fitted.axis.size) == (600, 1500, 451)
    assert np.array_equal(part.matrix, wide.matrix)
    assert wide.notes == part.notes == ()
    with pytest.raises(DataError, match="the model needs 600 to 1500"):
        fitted.transform(cut.points(cut.wavenumber > 700))


def test_a_model_that_resamples_needs_one_point_beyond_each_end() -> None:
    fitted = Preprocessing((Resample(601, 1499, 2), *Preprocessing.default().steps)).fit(serum())
    cut = serum()
    part = fitted.transform(cut.points((cut.wavenumber >= 600) & (cut.wavenumber <= 1500)))
    assert (fitted.axis[0], fitted.axis[-1]) == (600, 1500)
    assert np.array_equal(part.matrix, fitted.transform(serum()).matrix)


def test_a_stored_crop_with_the_whole_axis_behind_it_needs_the_crop_alone() -> None:
    fitted = Preprocessing((Crop(600, 1500), Normalise())).fit(serum())
    stored = fitted.to_json() | {"axis": AXIS_LIST}
    assert np.array_equal(FittedPreprocessing.from_json(stored).axis, fitted.axis)


def test_what_lies_beyond_the_models_axis_changes_nothing() -> None:
    fitted = Preprocessing.default().fit(serum())
    wide = serum(np.linspace(300, 2000, 1701))
    spoilt = replace(wide, intensity=wide.intensity.copy())
    spoilt.intensity[:, (wide.wavenumber < 398) | (wide.wavenumber > 1802)] *= 1000
    assert np.array_equal(fitted.transform(spoilt).matrix, fitted.transform(wide).matrix)


def test_half_a_step_short_is_held_at_the_end_not_extended() -> None:
    fitted = Preprocessing(()).fit(serum())
    axis = np.linspace(401, 1799, 700)
    result = fitted.transform(serum(axis))
    assert result.matrix[0, 0] == np.float32(serum(axis).intensity[0, 0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused_with_their_number(value: float) -> None:
    table = serum()
    fitted = Preprocessing.default().fit(table)
    table.intensity[[3, 5], 100] = value
    with pytest.raises(
        DataError, match="2 of 12 spectra hold missing or infinite values, the first is number 4"
    ):
        fitted.transform(table)
    with pytest.raises(DataError, match="2 of 12 spectra"):
        Preprocessing.default().fit(table)


def test_spectra_too_short_for_a_step_are_refused_when_fitted() -> None:
    short = SpectraTable(np.ones((2, 3)), np.array([400.0, 402, 404]), ["a", "b"])
    with pytest.raises(DataError, match="Despike needs spectra of at least 5 points; these have 3"):
        Preprocessing.default().fit(short)


def test_prediction_imports_no_heavy_package(repository: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from spectra_dl.spectra.preprocessing.pipeline import Preprocessing\n"
        "from spectra_dl.spectra.quality import inspect\n"
        "from spectra_dl.spectra.table import SpectraTable\n"
        "table = SpectraTable(np.random.default_rng(0).random((9, 60)).cumsum(1), np.arange(400., 460.), 'abcdefghi')\n"
        "Preprocessing.default().fit(table).transform(inspect(table)[0])\n"
        "print([name for name in ('torch', 'sklearn', 'pandas', 'numba', 'pybaselines', 'scipy.signal') "
        "if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )
    assert result.stdout.strip() == "[]"


def test_rays_are_removed_before_spectra_are_brought_to_another_axis():
    wide_axis, narrow_axis = np.linspace(400.0, 1800.0, 351), np.linspace(400.0, 1800.0, 501)
    generator = np.random.default_rng(4)
    values = 1000 + 200 * np.sin(wide_axis / 60.0) + generator.normal(0, 2, (3, 351))
    struck = values.copy()
    struck[np.arange(3), [60, 150, 290]] += 30_000.0
    fitted = FittedPreprocessing((Despike(),), narrow_axis)
    clean, result = (
        fitted.transform(SpectraTable(matrix, wide_axis, np.array(["a", "b", "c"])))
        for matrix in (values, struck)
    )
    assert result.remarks["spikes_removed"].tolist() == [1, 1, 1]
    assert result.remarks["spikes_at"].tolist() == ["640", "1000", "1560"]
    assert np.abs(result.matrix - clean.matrix).max() < 20


def test_interpolated_noise_is_no_ray() -> None:
    study = simulate_study(StudySettings(patients=40, spectra_per_patient=2, n_wavenumbers=700))
    table, finer = study.table, np.linspace(400.0, 1800.0, 1000)
    result = FittedPreprocessing((Despike(),), finer).transform(table)
    own = Despike().apply(table.intensity, table.wavenumber)
    np.testing.assert_array_equal(result.remarks["spikes_removed"], own.remarks["spikes_removed"])
    np.testing.assert_array_equal(result.remarks["spikes_at"], own.remarks["spikes_at"])
    # Looked for between the points, there would be twice as many, and nothing but noise was hit by the others.
    interpolated = np.array([np.interp(finer, table.wavenumber, row) for row in own.intensity])
    noise = Despike().apply(interpolated, finer).remarks["spikes_removed"]
    assert np.count_nonzero(noise) > np.count_nonzero(own.remarks["spikes_removed"]) > 0
    np.testing.assert_allclose(result.matrix, interpolated.astype(np.float32))


def test_pipelines_share_what_they_do_alike_and_no_result_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=300)).table
    rays = Despike(places=(Place(700.0, 710.0, 3),), spectra=16)
    baseline = Baseline("asls", (("lam", 1e5), ("p", 0.01)))
    whole = Preprocessing((rays, baseline, Normalise())).fit(table)
    counted_otherwise = replace(rays, places=(Place(700.0, 710.0, 1),), spectra=9)
    alike = Preprocessing((counted_otherwise, baseline, Normalise())).fit(table)
    smoother = Preprocessing((rays, Baseline("asls", (("lam", 1e7), ("p", 0.01))), Normalise())).fit(table)
    other = Preprocessing((Despike(threshold=20.0, places=()), Normalise())).fit(table)
    assert whole.effect == alike.effect != smoother.effect
    finer = np.linspace(table.wavenumber[0], table.wavenumber[-1], 450)
    intensity = np.array([np.interp(finer, table.wavenumber, row) for row in table.intensity])
    resampled = SpectraTable(intensity, finer, table.sample_id)
    asked = []
    search = cosmic_rays.without_rays

    def counted(intensity: np.ndarray, threshold: float, kept: np.ndarray | None) -> object:
        asked.append(threshold)
        return search(intensity, threshold, kept)

    pipelines = (whole, alike, smoother, other)
    for rows in (table, resampled):
        expected = [fitted.transform(rows) for fitted in pipelines]
        with monkeypatch.context() as patched:
            patched.setattr(cosmic_rays, "without_rays", counted)
            asked.clear()
            found = transformed_by_each(pipelines, rows)
        assert len(asked) == 2
        assert found[0] is found[1]
        for one, two in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one.matrix, two.matrix)
            assert one.notes == two.notes
            assert one.remarks.keys() == two.remarks.keys()
            for name in one.remarks:
                np.testing.assert_array_equal(one.remarks[name], two.remarks[name])


@pytest.mark.parametrize("several", [False, True])
def test_rays_that_the_quality_control_found_are_not_looked_for_again(
    monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=300)).table
    spectra = table.intensity.copy()
    spectra[::3, 120] += 1e5
    # Noise is refused after rays were looked for in it, and the others are looked up by themselves.
    spectra[4] = np.random.default_rng(0).normal(1000.0, 300.0, 300)
    table = replace(table, intensity=spectra)
    steps = Preprocessing((Despike(places=(Place(700.0, 710.0, 3),), spectra=16), Normalise()))
    fitted = [FittedPreprocessing(steps.steps, table.wavenumber)]
    if several:
        fitted.append(FittedPreprocessing((*steps.steps[:1], Normalise("vector")), table.wavenumber))
    rays = FoundRays()
    kept = fitted[0].kept_points(table.wavenumber)
    checked, verdicts = inspect(table, kept, rays=rays)
    usable = checked.select(np.array([verdict.status != "refused" for verdict in verdicts]))
    assert 0 < len(usable) < len(table)
    expected = [each.transform(usable) for each in fitted]
    assert expected[0].remarks["spikes_removed"].any()
    monkeypatch.setattr(cosmic_rays, "without_rays", None)  # nobody may call it
    monkeypatch.setattr(despike, "without_rays", None)
    for one, two in zip(transformed_by_each(fitted, usable, rays), expected, strict=True):
        np.testing.assert_array_equal(one.matrix, two.matrix)
        for name in two.remarks:
            np.testing.assert_array_equal(one.remarks[name], two.remarks[name])


@pytest.mark.parametrize(
    "step",
    [
        Despike(threshold=5.0, places=()),
        Despike(places=(Place(700.0, 710.0, 3),), spectra=16),
        Despike(rule="two points"),
    ],
)
def test_rays_found_by_another_rule_are_looked_for_again(
    monkeypatch: pytest.MonkeyPatch, step: Despike
) -> None:
    table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=300)).table
    rays, searched = FoundRays(), []
    inspect(table, rays=rays)
    for module in (cosmic_rays, two_point_rays):
        real = module.without_rays
        noting = lambda *given, real=real: searched.append(given) or real(*given)  # noqa: E731
        monkeypatch.setattr(module, "without_rays", noting)
    Despike(places=()).apply(table.intensity, table.wavenumber, rays)
    assert not searched
    step.apply(table.intensity, table.wavenumber, rays)
    assert len(searched) == 1
    Despike(places=()).apply(table.intensity + 1.0, table.wavenumber, rays)
    assert len(searched) == 2
