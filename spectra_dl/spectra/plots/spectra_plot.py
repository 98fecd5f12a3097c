"""Spectra of a table, by class or patient, with the mean of each."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.report.axes import given_or_new, legend_of, line_in_band
from spectra_dl.evaluation.report.colours import COLOURS
from spectra_dl.spectra.readers.wording import printable
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LINES = 200
AXIS_TITLE = "Raman shift (cm⁻¹)"


def plot_spectra(
    table: SpectraTable, by: Literal["label", "patient"] | None = "label", *, axes: "Axes | None" = None
) -> "Axes":
    """Draw spectra: the mean of each group with a band of one standard deviation, and up to 200 single spectra faintly behind it.

    Parameters
    ----------
    table
        Spectra, raw or corrected; refused ones, whose values are missing, are left out.
    by
        What groups them; a table without labels is one group. Six groups can be distinguished: of more, the largest six are drawn.
    axes
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        Intensity over Raman shift.

    Raises
    ------
    DataError
        No spectrum is complete.
    UsageError
        ``by`` is none of these, or the table has no patients.

    Examples
    --------
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> axes = plot_spectra(simulate_study(StudySettings(patients=4)).table)
    >>> axes.get_xlabel()
    'Raman shift (cm⁻¹)'
    """
    complete = np.isfinite(table.intensity).all(axis=1)
    if not complete.any():
        raise DataError(f"none of the {len(table)} spectra is complete; there is nothing to draw")
    table = table.select(complete)
    names, groups = _groups(table, by)
    axes = given_or_new(axes)
    for row in np.linspace(0, len(table) - 1, min(len(table), _MOST_LINES)).round().astype(np.intp):
        if groups[row] >= 0:
            colour = COLOURS[groups[row]]
            axes.plot(
                table.wavenumber, table.intensity[row], color=colour, alpha=0.15, linewidth=0.6, label="_one"
            )
    for number in range(len(names)):
        _mean_and_spread(axes, table.wavenumber, table.intensity[groups == number], number)
    axes.set(xlabel=AXIS_TITLE, ylabel="intensity")
    axes.margins(x=0)
    legend_of(axes, names, frameon=False, fontsize=8)
    return axes


def _groups(table: SpectraTable, by: str | None) -> tuple[list[str], np.ndarray]:
    """Return the largest groups' names with their sizes, and the number of each spectrum's group, -1 where it isn't drawn."""
    column = _column(table, by)
    names, groups, sizes = np.unique(column.astype(str), return_inverse=True, return_counts=True)
    drawn = np.sort(np.argsort(-sizes, kind="stable")[: len(COLOURS)])
    numbers = np.full(len(names), -1)
    numbers[drawn] = np.arange(len(drawn))
    titles = [f"{printable(names[at], 40)} (n = {sizes[at]})".lstrip() for at in drawn]
    return titles, numbers[groups]


def _column(table: SpectraTable, by: str | None) -> TextArray:
    if by not in ("label", "patient", None):
        raise UsageError(f"by={by!r:.60}: give 'label', 'patient' or None")
    column = None if by is None else table.label if by == "label" else table.patient
    if by == "patient" and column is None:
        raise UsageError(
            "by='patient': the table names no patients; read it with ReadOptions(patient=COLUMN)"
        )
    return text_array(["spectra"] * len(table)) if column is None else column


def _mean_and_spread(axes: "Axes", x: FloatArray, rows: FloatArray, number: int) -> None:
    mean = rows.mean(axis=0)
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else 0.0
    line_in_band(axes, number, x, mean, (mean - spread, mean + spread), label=str(number))
