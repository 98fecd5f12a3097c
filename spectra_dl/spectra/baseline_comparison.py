"""Candidate baselines over a few spectra: a figure to choose by, and how each fit ended."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, SpectraDLWarning, UsageError
from spectra_dl.spectra.baseline import BaselineResult, choose_lam, correct
from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS, ParameterValue, check_method
from spectra_dl.spectra.plots.baseline_plot import draw_baselines, name_spectrum
from spectra_dl.spectra.plots.spectra_plot import AXIS_TITLE
from spectra_dl.spectra.preprocessing.despike import ray_step
from spectra_dl.spectra.preprocessing.ray_threshold import THRESHOLD
from spectra_dl.spectra.preprocessing.steps import Baseline
from spectra_dl.spectra.preprocessing.whole_input import inspect_whole
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Candidate:
    """One method's baselines of the spectra drawn.

    Attributes
    ----------
    method
        Its name.
    lam
        The smoothing parameter chosen by the V-curve over all usable spectra; None where the method has none.
    result
        ``(k, p)`` baselines and their certificates.
    """

    method: str
    lam: float | None
    result: BaselineResult

    @property
    def title(self) -> str:
        """The method and its smoothing parameter in words."""
        return self.method if self.lam is None else f"{self.method} (lam {self.lam:.3g})"


@dataclass(frozen=True, eq=False)
class BaselineComparison:
    """What is drawn.

    Attributes
    ----------
    table
        The k spectra drawn, spikes removed.
    candidates
        One per method.
    notes
        Where bands or hot pixels recur, which were not removed as cosmic rays; and where a smoothing parameter is not the V-curve's.
    """

    table: SpectraTable
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def compare_baselines(
    table: SpectraTable, methods: Sequence[str], *, n_spectra: int = 4, despike: float | str = THRESHOLD
) -> BaselineComparison:
    """Fit each method to a few spectra that span the levels in ``table``.

    Parameters
    ----------
    table
        Spectra as read; those the quality check refuses are left out, and those it warns of while there are others.
    methods
        Names from `spectra_dl.spectra.baseline.METHODS`. For the five with ``lam`` the V-curve chooses it; asls has the
        settings of the default cleaning, the others their own defaults.
    n_spectra
        How many spectra are drawn, 1 or more: from the lowest mean intensity to the highest, evenly by rank.
    despike
        Height over the noise's standard deviation from which a narrow spike is a cosmic ray; ``"none"`` removes none. What recurs in the
        usable spectra is kept.

    Raises
    ------
    UsageError
        An unknown method, one named twice, or none; or an impossible threshold.
    DataError
        No usable spectrum, or a method fails on one.
    """
    if not methods:
        raise UsageError("no method to compare; name at least one, such as asls")
    for method in methods:
        check_method(method)
    if len(set(methods)) < len(methods):
        raise UsageError("a method is named twice; name each once")
    step = ray_step(despike)
    checked, verdicts = inspect_whole(table)
    status = np.array([verdict.status for verdict in verdicts], dtype=object)
    usable = checked.select(status == ("ok" if "ok" in status else "warned"))
    if not len(usable):
        raise DataError(
            f"none of the {len(table)} spectra can be used; the first: {'; '.join(verdicts[0].reasons)}"
        )
    clean, notes = usable.intensity, tuple[str, ...]()
    if step is not None:
        fitted = step.fit(usable.intensity, usable.wavenumber)
        clean, notes = (
            fitted.apply(usable.intensity, usable.wavenumber).intensity,
            fitted.notes_without_model(),
        )
    rows = _across_levels(clean, n_spectra)
    drawn = SpectraTable(clean[rows], usable.wavenumber, usable.sample_id[rows])
    candidates, remarks = zip(*(_candidate(method, clean, drawn) for method in methods), strict=True)
    return BaselineComparison(drawn, candidates, (*notes, *chain.from_iterable(remarks)))


def comparison_figure(comparison: BaselineComparison) -> "Figure":
    """Draw each spectrum in its own panel with the candidate baselines over it, and below it what each leaves."""
    from matplotlib.figure import Figure

    table = comparison.table
    figure = Figure(figsize=(9, 3.8 * len(table) + 0.6), layout="constrained")
    panels = figure.subplots(
        2 * len(table), 1, sharex=True, squeeze=False, height_ratios=[3, 2] * len(table)
    )[:, 0]
    results = [candidate.result for candidate in comparison.candidates]
    for row, (above, below) in enumerate(zip(panels[::2], panels[1::2], strict=True)):
        draw_baselines(above, table, results, row, corrected=False)
        draw_baselines(below, table, results, row, corrected=True)
        name_spectrum(above, table, row)
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel(AXIS_TITLE)
    names = ["measured", *(candidate.title for candidate in comparison.candidates)]
    handles = panels[0].get_legend_handles_labels()[0]
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


def _candidate(method: str, training: FloatArray, drawn: SpectraTable) -> tuple[Candidate, list[str]]:
    """Return a method's candidate, and what must be known of how its smoothing parameter was chosen."""
    default = Baseline()
    parameters: dict[str, ParameterValue] = dict(default.parameters) if method == default.method else {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", SpectraDLWarning)
        lam = choose_lam(training, method, parameters) if method in WHITTAKER_METHODS else None
    if lam is not None:
        parameters["lam"] = lam
    candidate = Candidate(method, lam, correct(drawn.intensity, method, parameters, drawn.wavenumber))
    return candidate, [str(each.message) for each in warned]


def _across_levels(intensity: FloatArray, n_spectra: int) -> NDArray[np.intp]:
    by_level = np.argsort(intensity.mean(axis=1), kind="stable")
    ranks = np.linspace(0, len(by_level) - 1, min(n_spectra, len(by_level))).round().astype(np.intp)
    return np.asarray(by_level[ranks], dtype=np.intp)
