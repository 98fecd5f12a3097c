"""Mean spectra by instrument or batch, and in what they differ."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.spectra.plots.spectra_plot import AXIS_TITLE
from spectra_dl.spectra.readers.wording import printable
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INSTRUMENT = "instrument"


def batches_of(table: SpectraTable) -> TextArray | None:
    """Return each spectrum's batch, or else what its column ``instrument`` says; None where neither names two.

    Parameters
    ----------
    table
        Spectra.
    """
    for column in (table.batch, table.metadata.get(INSTRUMENT)):
        if column is not None and len(set(column) - {""}) > 1:
            return column
    return None


def batch_figure(table: SpectraTable) -> "Figure | None":
    """Return the mean spectrum of each batch at one mean level, and below it each one's difference from the mean of them; None without batches.

    Six batches can be distinguished: of more, the largest six are drawn. A shifted band is a wave in the difference, a broader one a dip with shoulders.

    Parameters
    ----------
    table
        Raw spectra; those with missing values are left out.

    Examples
    --------
    >>> from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings, simulate_instruments
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings
    >>> study = simulate_instruments(InstrumentStudySettings(study=StudySettings(patients=12, n_wavenumbers=100)))
    >>> len(batch_figure(study.table).axes)
    2
    """
    from matplotlib.figure import Figure

    from spectra_dl.evaluation.report.axes import line_style
    from spectra_dl.evaluation.report.colours import COLOURS, GREY
    from spectra_dl.evaluation.report.figures import styled

    column = batches_of(table)
    if column is None:
        return None
    names, means = _means(table, column, len(COLOURS))
    if len(names) < 2:
        return None
    with styled():
        figure = Figure(figsize=(8, 5.5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        below.axhline(0.0, color=GREY, linewidth=0.8)
        for number, (name, mean) in enumerate(zip(names, means, strict=True)):
            above.plot(table.wavenumber, mean, label=name, **line_style(number))
            below.plot(table.wavenumber, mean - means.mean(axis=0), **line_style(number))
        above.set_ylabel("mean spectrum, level 1")
        below.set(xlabel=AXIS_TITLE, ylabel="difference")
        below.margins(x=0)
        above.legend(frameon=False, fontsize=8)
    return figure


def _means(table: SpectraTable, column: TextArray, most: int) -> tuple[list[str], FloatArray]:
    """Return titles and mean spectra of the largest batches, each spectrum divided by its mean level."""
    level = np.abs(table.intensity).mean(axis=1)
    usable = np.isfinite(table.intensity).all(axis=1) & (level > 0) & (column != "")
    scaled, owner = table.intensity[usable] / level[usable, None], column[usable]
    names, sizes = np.unique(owner.astype(str), return_counts=True)
    kept = sorted(np.argsort(-sizes, kind="stable")[:most])
    means = [scaled[owner == names[at]].mean(axis=0) for at in kept]
    titles = [f"{printable(names[at], 40)} (n = {sizes[at]})" for at in kept]
    return titles, np.array(means).reshape(len(kept), -1)
