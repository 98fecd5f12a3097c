"""spectra-dl calibrate-axis: a measured standard in, a correction of the axis out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import bundled_reading, data_argument, identity_options, read_table
from spectra_dl_cli.output import overwrite_option, say, table_text
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration
    from spectra_dl.spectra.intensity_calibration.response import IntensityResponse
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.table import SpectraTable

_HEADER = ("line", "found at", "correction", "left")
_LARGE = 1.0  # cm⁻¹
_FILE = click.Path(path_type=Path, readable=False)


@click.command("calibrate-axis", cls=Command)
@data_argument
@click.option(
    "--standard",
    required=True,
    metavar="NAME",
    help="What was measured: silicon, polystyrene, acetonitrile, cyclohexane, paracetamol, calcite or neon.",
)
@click.option(
    "--intensity-standard",
    type=_FILE,
    metavar="FILE",
    help="A spectrum of a standard of certified relative intensity, such as NIST SRM 2241: intensities are corrected too.",
)
@click.option(
    "--certificate",
    type=_FILE,
    metavar="FILE",
    help="With --intensity-standard: what its certificate states, a polynomial in TOML or a table of Raman shift and intensity.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("calibration.json"),
    show_default=True,
    metavar="FILE",
    help="Where the correction goes; a figure of it is written beside it.",
)
@identity_options
@overwrite_option
@bundled_reading
def calibrate_axis(
    *,
    data: tuple[Path, ...],
    standard: str,
    intensity_standard: Path | None,
    certificate: Path | None,
    out: Path,
    reading: "ReadOptions",
    overwrite: bool,
) -> None:
    """Find the lines of a measured standard and write the correction that brings the axis to them.

    Give the file to preprocess, audit, train spectra, evaluate spectra and predict as --calibration, for spectra of the same instrument
    and session. Without more lines than one, only an offset can be seen; measure a standard whose lines span the axis.

    With --intensity-standard and --certificate the file also says how much more the instrument answers at one shift than at another, and intensities are
    divided by it wherever the file is given. Subtract the dark signal of both standards, and no baseline.
    """
    from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis as calibrated
    from spectra_dl.spectra.axis_calibration.figure import calibration_figure
    from spectra_dl.spectra.axis_calibration.standards import standard_named
    from spectra_dl.storage.figure_file import write_figure

    _check_both(intensity_standard, certificate)
    figure = _checked_figure(out, overwrite=overwrite)
    known = standard_named(standard)
    table = read_table(data, reading)
    calibration = calibrated(table, standard, laser_nm=reading.laser_nm or table.laser_nm)
    notes = table.notes
    if intensity_standard is not None and certificate is not None:
        glass = read_table((intensity_standard,), reading)
        calibration = _with_response(calibration, glass, certificate)
        notes = (*notes, *glass.notes)
    calibration.save(out)
    write_figure(
        figure, calibration_figure(calibration, float(table.wavenumber[0]), float(table.wavenumber[-1]))
    )
    for note in dict.fromkeys(notes):
        say(f"Note: {note}")
    say(table_text(_HEADER, _rows(calibration)))
    say()
    for line in _summary(calibration, known.source, float(table.wavenumber[0]), float(table.wavenumber[-1])):
        say(line)
    say(f"Wrote {out} and {figure}.")


def _check_both(intensity_standard: Path | None, certificate: Path | None) -> None:
    from spectra_dl.errors import UsageError

    if (intensity_standard is None) != (certificate is None):
        raise UsageError(
            "--intensity-standard is a measured spectrum and --certificate says what the standard truly emits; give both, or neither"
        )


def _with_response(
    calibration: "AxisCalibration", table: "SpectraTable", certificate: Path
) -> "AxisCalibration":
    """Return a calibration that corrects intensities too, by a standard measured on the same instrument."""
    from spectra_dl.spectra.intensity_calibration.certificate import read_certificate
    from spectra_dl.spectra.intensity_calibration.measure import measured_response

    known = read_certificate(certificate)
    return replace(calibration, response=measured_response(calibration.applied(table), known))


def _checked_figure(out: Path, *, overwrite: bool) -> Path:
    """Return where the figure goes; refuse names that would lose something."""
    from spectra_dl.errors import DataError, UsageError

    if out.suffix != ".json" or out.is_dir():
        raise UsageError(
            f"--out {out}: give the name of a file that ends in .json; the figure gets the same name with .svg"
        )
    figure = out.with_suffix(".svg")
    for path, what in ((out, "this file exists"), (figure, f"the figure beside it, {figure.name}, exists")):
        if path.exists() and not overwrite:
            raise DataError(f"--out {out}: {what}; choose another name, or add --overwrite")
    return figure


def _rows(calibration: "AxisCalibration") -> list[list[str]]:
    each = zip(calibration.lines, calibration.found, calibration.residual, strict=True)
    return [
        [f"{line:.1f}", f"{found:.2f}", f"{line - found:.2f}", f"{left:.2f}"] for line, found, left in each
    ]


def _summary(calibration: "AxisCalibration", source: str, first: float, last: float) -> list[str]:
    import numpy as np

    ends = np.array([first, (first + last) / 2, last])
    added, half = calibration.correction(ends), 1.96 * calibration.uncertainty(ends)
    at = "; ".join(
        f"{value:+.2f} +- {width:.2f} at {place:.0f}"
        for value, width, place in zip(added, half, ends, strict=True)
    )
    low, high = calibration.range
    lines = [f"Correction, cm-1, with 95 % interval: {at}.", f"Lines: {source}."]
    if np.abs(calibration.correction(calibration.found)).max() > _LARGE:
        lines.append(
            "The axis is off by more than 1 cm-1: correct the spectra before they are compared with others."
        )
    if len(calibration.lines) == 1:
        lines.append(
            "One line shows an offset alone, which is taken for the whole axis; it can't show a stretched axis."
        )
    elif first < low - (high - low) or last > high + (high - low):
        lines.append(
            f"Most of the axis lies beyond the lines ({low:.0f} to {high:.0f} cm-1): there it is extrapolated."
        )
    if calibration.response is not None:
        lines.append(_on_response(calibration.response))
    return lines


def _on_response(response: "IntensityResponse") -> str:
    import numpy as np

    lowest, highest = (int(find(response.log_response)) for find in (np.argmin, np.argmax))
    ratio = float(np.exp(response.log_response[highest] - response.log_response[lowest]))
    return (
        f"Relative intensity by {response.standard}, {response.shift[0]:.0f} to {response.shift[-1]:.0f} cm-1: the instrument answers {ratio:.2f} times as much at "
        f"{response.shift[highest]:.0f} as at {response.shift[lowest]:.0f}; +- {196 * float(np.median(response.uncertainty)):.1f} % (95 %, median; at most "
        f"{196 * float(response.uncertainty.max()):.1f} %)."
    )
