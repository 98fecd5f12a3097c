"""A spectrum with baselines over it."""

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.spectra.baseline import asls
from spectra_dl.spectra.plots.baseline_plot import plot_baselines
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable


@pytest.fixture(scope="module")
def table() -> SpectraTable:
    return simulate_study(StudySettings(patients=3, n_wavenumbers=120)).table


def test_a_baseline_lies_over_the_spectrum_it_was_fitted_to(table: SpectraTable) -> None:
    fitted = asls(table.intensity, lam=1e5, p=0.01)
    measured, baseline = plot_baselines(table, {"asls": fitted}, row=2).lines
    assert np.array_equal(measured.get_ydata(), table.intensity[2])
    assert np.array_equal(baseline.get_ydata(), fitted.baseline[2])


def test_what_a_baseline_leaves_can_be_drawn_instead(table: SpectraTable) -> None:
    fitted = asls(table.intensity, lam=1e5, p=0.01)
    axes = plot_baselines(table, {"asls": fitted}, corrected=True)
    assert np.array_equal(axes.lines[-1].get_ydata(), table.intensity[0] - fitted.baseline[0])
    assert axes.get_ylabel() == "corrected"


def test_baselines_of_other_spectra_are_refused(table: SpectraTable) -> None:
    fitted = asls(table.intensity[:1], lam=1e5, p=0.01)
    with pytest.raises(UsageError, match=r"a: a baseline of shape \(1, 120\) for spectra of shape"):
        plot_baselines(table, {"a": fitted})
    with pytest.raises(UsageError, match=f"row {len(table)}: the table has {len(table)} spectra"):
        plot_baselines(table, {}, row=len(table))
