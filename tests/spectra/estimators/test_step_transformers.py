"""Each step as a transformer: the step's own result, the wavenumbers as names, and settings that can be searched."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

import spectra_dl as sdl
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import (
    EMSC,
    STEPS,
    Baseline,
    Crop,
    Despike,
    Normalise,
    Resample,
    Smooth,
)
from spectra_dl.spectra.table import SpectraTable

AXIS = np.arange(400.0, 700.0, 2.0)
GENERATOR = np.random.default_rng(0)
X = 100 + AXIS / 10 + 50 * np.exp(-(((AXIS - 520) / 9) ** 2)) * GENERATOR.uniform(0.5, 2, (20, 1))
X = X + GENERATOR.normal(size=X.shape)
X[3, 40] += 900  # a cosmic ray
TABLE = SpectraTable(X, AXIS, np.arange(20))
TRANSFORMERS = {
    "crop": (sdl.SpectraCropper(AXIS, low=450, high=650), Crop(450, 650)),
    "resample": (sdl.SpectraResampler(AXIS, low=410, high=690, step=3), Resample(410, 690, 3)),
    "despike": (sdl.SpectraDespiker(AXIS, threshold=8.0), Despike(8.0)),
    "baseline": (sdl.SpectraBaselineCorrector(AXIS), Baseline()),
    "smooth": (sdl.SpectraSmoother(AXIS, window=7, order=2), Smooth(7, 2)),
    "normalise": (sdl.SpectraNormaliser(AXIS, kind="area"), Normalise("area")),
    "emsc": (sdl.SpectraScatterCorrector(AXIS, order=1), EMSC(1)),
}


def test_every_step_has_a_transformer():
    assert TRANSFORMERS.keys() == STEPS.keys()


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_transformer_gives_what_its_step_gives(name):
    transformer, step = TRANSFORMERS[name]
    expected, _ = Preprocessing((step,)).fit(TABLE.select(range(10))).clean(TABLE)
    fitted = clone(transformer).fit(X[:10])
    np.testing.assert_array_equal(fitted.transform(X), expected.intensity)
    assert fitted.get_feature_names_out().tolist() == list(map(repr, expected.wavenumber.tolist()))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_rows_result_does_not_depend_on_its_neighbours(name):
    fitted = clone(TRANSFORMERS[name][0]).fit(X[:10])
    alone = np.concatenate([fitted.transform(X[[row]]) for row in (0, 3, 19)])
    np.testing.assert_array_equal(alone, fitted.transform(X)[[0, 3, 19]])


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_tables_frames_and_matrices_give_the_same(name):
    transformer = TRANSFORMERS[name][0]
    expected = clone(transformer).fit_transform(X)
    frame = pd.DataFrame(X, columns=[f"{value} cm-1" for value in AXIS], index=list("abcdefghijklmnopqrst"))
    without_axis = clone(transformer).set_params(wavenumber=None)
    for rows in (TABLE, frame):
        np.testing.assert_array_equal(clone(without_axis).fit_transform(rows), expected)
    output = clone(without_axis).set_output(transform="pandas").fit_transform(frame)
    assert output.index.tolist() == frame.index.tolist()
    np.testing.assert_array_equal(output.to_numpy(), expected)
    np.testing.assert_array_equal(output.columns, clone(transformer).fit(X).get_feature_names_out())


def test_steps_in_a_pipeline_give_what_the_whole_preprocessing_gives():
    whole = sdl.SpectraPreprocessor(AXIS).fit(X[:15]).transform(X)
    steps = make_pipeline(sdl.SpectraDespiker(), sdl.SpectraBaselineCorrector(), sdl.SpectraNormaliser())
    steps.set_output(transform="pandas")
    frame = pd.DataFrame(X, columns=AXIS)
    np.testing.assert_allclose(steps.fit(frame.iloc[:15]).transform(frame), whole, atol=1e-6)


def test_the_axis_after_one_step_is_that_of_the_next():
    steps = make_pipeline(sdl.SpectraCropper(low=450, high=650), sdl.SpectraResampler(low=460, high=640))
    output = steps.set_output(transform="pandas").fit_transform(pd.DataFrame(X, columns=AXIS))
    assert output.columns.tolist() == [repr(float(value)) for value in range(460, 641, 2)]


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        ({"lam": 1e5}, Baseline("asls", (("lam", 1e5), ("p", 0.001), ("tol", 1e-3)))),
        ({"lam": 1e5, "parameters": {"p": 0.01}}, Baseline("asls", (("lam", 1e5), ("p", 0.01)))),
        ({"method": "arpls", "lam": 1e4}, Baseline("arpls", (("lam", 1e4),))),
        ({"method": "modpoly", "lam": None}, Baseline("modpoly", ())),
        ({"lam": 1e5, "negatives": "clip"}, Baseline(parameters=(("lam", 1e5), ("p", 0.001), ("tol", 1e-3)), negatives="clip")),
    ],
)  # fmt: skip
def test_a_baselines_settings_reach_its_step(settings, step):
    expected, _ = Preprocessing((step,)).fit(TABLE).clean(TABLE)
    np.testing.assert_array_equal(
        sdl.SpectraBaselineCorrector(AXIS, **settings).fit_transform(X), expected.intensity
    )


@pytest.mark.parametrize(
    ("transformer", "sentence"),
    [
        (sdl.SpectraSmoother(AXIS, window=4), "odd"),
        (sdl.SpectraNormaliser(AXIS, kind="max"), "snv"),
        (sdl.SpectraCropper(AXIS, low=650, high=450), "lower end first"),
        (sdl.SpectraDespiker(AXIS, threshold=1), "from 3 to 1000"),
        (sdl.SpectraBaselineCorrector(AXIS, method="modpoly"), 'lam="auto"'),
    ],
)
def test_a_setting_out_of_range_is_refused_when_it_is_fitted(transformer, sentence):
    with pytest.raises(UsageError, match=sentence):
        transformer.fit(X)


def test_a_range_without_points_is_refused():
    with pytest.raises(DataError, match="no point between 900 and 950"):
        sdl.SpectraCropper(AXIS, low=900, high=950).fit(X)


def test_names_that_are_given_are_compared_with_those_of_the_fit():
    fitted = sdl.SpectraNormaliser(AXIS).fit(X)
    assert len(fitted.get_feature_names_out(list(map(str, AXIS)))) == 150
    with pytest.raises(DataError, match="should have length equal"):
        fitted.get_feature_names_out(["a"])
    named = sdl.SpectraNormaliser().fit(pd.DataFrame(X, columns=map(str, AXIS)))
    with pytest.raises(DataError, match="not equal to feature_names_in_"):
        named.get_feature_names_out([f"x{k}" for k in range(150)])
