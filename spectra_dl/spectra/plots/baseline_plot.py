"""One spectrum with baselines over it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.report.axes import given_or_new, legend_of, line_style
from spectra_dl.evaluation.report.colours import GREY
from spectra_dl.spectra.baseline import BaselineResult
from spectra_dl.spectra.plots.spectra_plot import AXIS_TITLE
from spectra_dl.spectra.readers.wording import printable
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_baselines(
    table: SpectraTable,
    baselines: Mapping[str, BaselineResult],
    row: int = 0,
    *,
    corrected: bool = False,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw one spectrum with the baselines fitted to it, or what they leave of it.

    Parameters
    ----------
    table
        The spectra that were fitted.
    baselines
        Results of `spectra_dl.asls` and its like by the names they get in the legend, each of all spectra of ``table``.
    row
        Which spectrum.
    corrected
        Draw the spectrum less each baseline instead.
    axes
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        Intensity over Raman shift.

    Raises
    ------
    UsageError
        There is no such row, or a result is of other spectra.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=4)).table
    >>> axes = plot_baselines(table, {"asls": sdl.asls(table.intensity, lam=1e6, p=0.01)})
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['measured', 'asls']
    """
    if not -len(table) <= row < len(table):
        raise UsageError(f"row {row}: the table has {len(table)} spectra, from 0")
    for name, result in baselines.items():
        if result.baseline.shape != table.intensity.shape:
            raise UsageError(
                f"{name}: a baseline of shape {result.baseline.shape} for spectra of shape {table.intensity.shape}; fit it to this table"
            )
    axes = given_or_new(axes)
    draw_baselines(axes, table, list(baselines.values()), row, corrected=corrected)
    name_spectrum(axes, table, row)
    axes.set_xlabel(AXIS_TITLE)
    legend_of(axes, [*([] if corrected else ["measured"]), *baselines], frameon=False, fontsize=8)
    return axes


def draw_baselines(
    axes: "Axes", table: SpectraTable, results: Sequence[BaselineResult], row: int, *, corrected: bool
) -> None:
    """Draw the lines of `plot_baselines`, without title, legend and the name of the axis.

    Parameters
    ----------
    axes
        Where to draw.
    table, row, corrected
        As in `plot_baselines`.
    results
        Of all spectra of ``table``.
    """
    measured = table.intensity[row]
    if corrected:
        axes.axhline(0.0, color=GREY, linewidth=0.9, label="_zero")
    else:
        axes.plot(table.wavenumber, measured, color=GREY, linewidth=0.9, label="measured")
    for number, result in enumerate(results):
        fitted = result.baseline[row]
        line = {**line_style(number), "linewidth": 0.9 if corrected else 1.3}
        axes.plot(table.wavenumber, measured - fitted if corrected else fitted, label=str(number), **line)
    axes.set_ylabel("corrected" if corrected else "intensity")


def name_spectrum(axes: "Axes", table: SpectraTable, row: int) -> None:
    """Write a spectrum's id above axes, as text whatever it holds.

    Parameters
    ----------
    axes
        Of the spectrum.
    table, row
        Which it is.
    """
    axes.set_title(printable(table.sample_id[row], 60), fontsize=9, loc="left", parse_math=False)
