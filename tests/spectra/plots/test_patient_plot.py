"""One patient's spectra over the training classes."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from spectra_dl.errors import DataError, UsageError
from spectra_dl.loading import load_model
from spectra_dl.spectra.patient_page.stages import cleaned_stages
from spectra_dl.spectra.plots.patient_plot import plot_patient
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl_datasets.shipped import SHIPPED_MODEL


@pytest.fixture(scope="module")
def predictor():
    return load_model(SHIPPED_MODEL)


@pytest.fixture(scope="module")
def table(repository):
    return read_spectra(
        repository / "datasets" / "demo" / "spectra.csv", ReadOptions(label="label", patient="patient_id")
    )


def test_the_mean_is_of_this_patient_as_the_model_takes_it(predictor, table):
    axes = Figure().subplots()
    assert plot_patient(predictor, table, "SIM-03", axes=axes) is axes
    (mean,) = [line for line in axes.lines if line.get_label() == "0"]
    rows = cleaned_stages(predictor, table.select(table.patient == "SIM-03")).prepared[0]
    np.testing.assert_allclose(mean.get_ydata(), rows.mean(axis=0))
    assert sum(line.get_label() == "_one" for line in axes.lines) == len(rows) == 3


def test_each_class_has_the_mean_and_the_spread_of_the_model_file(predictor, table):
    axes = plot_patient(predictor, table, "SIM-03")
    known = predictor.class_spectra
    assert len(axes.collections) == len(known.classes)
    for band, mean, spread in zip(axes.collections, known.mean, known.spread, strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.max() == pytest.approx((mean + spread).max(), rel=1e-5)
        assert heights.min() == pytest.approx((mean - spread).min(), rel=1e-5)
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert named[1:] == [f"{name}, mean ± SD of training patients" for name in known.classes]


def test_the_title_is_the_answer_of_predict_or_why_there_is_none(predictor, table):
    titles = {
        name: plot_patient(predictor, table, name).get_title(loc="left") for name in ("SIM-01", "SIM-02")
    }
    spectra, _ = predictor.predict(table)
    assert titles["SIM-01"].startswith("no answer: ")
    assert any(titles["SIM-02"].startswith(f"{name}, p = 0.") for name in spectra.classes)


def test_a_model_of_before_has_no_class_below_the_patient(predictor, table):
    axes = plot_patient(replace(predictor, class_spectra=None), table, "SIM-03")
    assert len(axes.collections) == 0
    assert len(axes.get_legend().get_texts()) == 1


def test_who_is_not_in_the_table_is_refused_with_who_is(predictor, table):
    with pytest.raises(UsageError, match="no patient 'SIM-99'; it has SIM-01"):
        plot_patient(predictor, table, "SIM-99")


def test_who_has_no_spectrum_that_can_be_used_is_refused_with_the_reason(predictor, table):
    empty = replace(table, intensity=np.zeros_like(table.intensity))
    with pytest.raises(DataError, match="none of 3 spectra can be used"):
        plot_patient(predictor, empty, "SIM-03")


def test_without_patients_a_spectrum_stands_for_itself(predictor, table):
    alone = replace(table, patient=None)
    axes = plot_patient(predictor, alone, "SIM-03-1")
    assert axes.get_legend().get_texts()[0].get_text() == "SIM-03-1"
