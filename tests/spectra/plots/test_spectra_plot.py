"""Spectra drawn by class or patient."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.plots.spectra_plot import plot_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable


@pytest.fixture(scope="module")
def table() -> SpectraTable:
    return simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=120)).table


def test_each_class_has_its_mean_and_its_standard_deviation(table: SpectraTable) -> None:
    axes = plot_spectra(table)
    assert table.label is not None
    classes = sorted(set(table.label))
    counts = [f"{name} (n = {(table.label == name).sum()})" for name in classes]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == counts
    means = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    for line, band, name in zip(means, axes.collections, classes, strict=True):
        rows = table.intensity[table.label == name]
        assert np.array_equal(line.get_ydata(), rows.mean(axis=0))
        top = band.get_paths()[0].vertices[:, 1].max()
        assert top == pytest.approx((rows.mean(axis=0) + rows.std(axis=0, ddof=1)).max())


def test_at_most_two_hundred_single_spectra_are_drawn(table: SpectraTable) -> None:
    many = table.select(np.tile(np.arange(len(table)), 40))
    assert len(plot_spectra(many).lines) == 200 + 2


def test_of_many_patients_the_largest_six_are_drawn(table: SpectraTable) -> None:
    assert table.patient is not None
    more = table.select(
        np.concatenate([np.arange(len(table)), np.flatnonzero(table.patient == table.patient[-1])])
    )
    legend = plot_spectra(more, by="patient").get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(texts) == 6
    assert f"{table.patient[-1]} (n = 4)" in texts


def test_axes_that_are_given_are_drawn_on(table: SpectraTable) -> None:
    axes = Figure().subplots()
    assert plot_spectra(replace(table, label=None), axes=axes) is axes
    assert len(axes.lines) == len(table) + 1


def test_names_are_drawn_as_text(table: SpectraTable) -> None:
    labels = text_array(["$x^2$", "_hidden"] * (len(table) // 2))
    legend = plot_spectra(replace(table, label=labels)).get_legend()
    assert legend is not None
    assert [text.get_text().split(" ")[0] for text in legend.get_texts()] == ["$x^2$", "_hidden"]
    assert not any(text.get_parse_math() for text in legend.get_texts())


def test_what_can_not_be_drawn_is_refused_in_words(table: SpectraTable) -> None:
    with pytest.raises(DataError, match="none of the 16 spectra is complete"):
        plot_spectra(replace(table, intensity=np.full_like(table.intensity, np.nan)))
    with pytest.raises(UsageError, match="names no patients"):
        plot_spectra(replace(table, patient=None), by="patient")
    with pytest.raises(UsageError, match="give 'label', 'patient' or None"):
        plot_spectra(table, by="batch")  # type: ignore[arg-type]
