"""The correction of an axis, drawn."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration
from spectra_dl.spectra.intensity_calibration.response import IntensityResponse

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_95_PERCENT = 1.96


def calibration_figure(calibration: AxisCalibration, first: float, last: float) -> "Figure":
    """Return the correction over the axis with its 95 % interval, the lines that it was fitted to, and the response where one was measured.

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
    if calibration.response is not None:
        _draw_response(axes, calibration.response)
    return axes.figure  # type: ignore[return-value]


def _draw_response(axes: "Axes", response: IntensityResponse) -> None:
    """Draw a response with its 95 % interval below what is drawn already."""
    from spectra_dl.evaluation.report.colours import COLOURS

    figure: Figure = axes.figure  # type: ignore[assignment]
    grid = figure.add_gridspec(2, 1, hspace=0.35)
    axes.set_subplotspec(grid[0])
    figure.set_size_inches(8.0, 8.0)
    below = figure.add_subplot(grid[1])
    middle, half = np.exp(response.log_response), _95_PERCENT * response.uncertainty
    below.fill_between(
        response.shift, middle * (1 - half), middle * (1 + half), color=COLOURS[0], alpha=0.2, linewidth=0
    )
    below.plot(
        response.shift, middle, color=COLOURS[0], label=f"response by {response.standard}, 95 % interval"
    )
    below.set(xlabel="Raman shift (cm⁻¹)", ylabel="relative response", ylim=(0, None))
    below.legend(frameon=False)
