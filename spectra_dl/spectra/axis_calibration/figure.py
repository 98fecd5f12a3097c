"""The correction of an axis, drawn."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_95_PERCENT = 1.96


def calibration_figure(calibration: AxisCalibration, first: float, last: float) -> "Figure":
    """Return the correction over the axis with its 95 % interval, and the lines that it was fitted to.

    Parameters
    ----------
    calibration
        What is drawn.
    first, last
        Ends of the axis, cm⁻¹.
    """
    from spectra_dl.evaluation.report.axes import given_or_new
    from spectra_dl.evaluation.report.colours import COLOURS, GREY

    axes = given_or_new(None)
    shift = np.linspace(first, last, 400)
    middle, half = calibration.correction(shift), _95_PERCENT * calibration.uncertainty(shift)
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.fill_between(shift, middle - half, middle + half, color=COLOURS[0], alpha=0.2, linewidth=0)
    axes.plot(shift, middle, color=COLOURS[0], label="correction, 95 % interval")
    axes.plot(
        calibration.found,
        calibration.lines - calibration.found,
        "o",
        color=COLOURS[1],
        markersize=5,
        label=f"lines of {calibration.standard}",
    )
    axes.set(xlabel="Raman shift as stated (cm⁻¹)", ylabel="true less stated (cm⁻¹)", xlim=(first, last))
    axes.legend(frameon=False)
    return axes.figure  # type: ignore[return-value]
