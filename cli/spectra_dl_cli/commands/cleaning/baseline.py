"""spectra-dl baseline: candidate baselines drawn over a few spectra, so that a person can choose."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import (
    bundled_reading,
    data_argument,
    despike_option,
    identity_options,
    read_table,
)
from spectra_dl_cli.output import overwrite_option, say, table_text
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.spectra.baseline_comparison import Candidate
    from spectra_dl.spectra.readers import ReadOptions

_HEADER = ("method", "lam", "converged", "below zero", "roughness")

_MEANINGS = (
    "converged   fits that came to rest; good is all of them.",
    "below zero  share of points under the baseline; good is a few in a hundred. arpls and drpls run through the middle of the noise: up to .5.",
    "roughness   how much the baseline bends from point to point; several times that of the others, it follows bands.",
)


@click.command(cls=Command)
@data_argument
@click.option(
    "--compare",
    default="asls,arpls,airpls,imodpoly",
    show_default=True,
    metavar="METHODS",
    help="Methods by name, with commas between.",
)
@click.option(
    "--spectra",
    "n_spectra",
    type=click.IntRange(1, 20),
    default=4,
    show_default=True,
    metavar="N",
    help="Spectra to draw, from the darkest to the brightest.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("baselines.svg"),
    show_default=True,
    metavar="FIGURE",
    help="A .svg, .png or .pdf file.",
)
@despike_option
@identity_options
@overwrite_option
@bundled_reading
def baseline(
    *,
    data: tuple[Path, ...],
    compare: str,
    n_spectra: int,
    out: Path,
    despike: float | str,
    reading: "ReadOptions",
    overwrite: bool,
) -> None:
    """Draw candidate baselines over a few spectra and write one figure.

    The smoothing parameter lam of asls, arpls, airpls, iasls and drpls is chosen from the spectra by the V-curve; the method that
    follows the background without climbing into the bands is the one to take; what each leaves of a spectrum is drawn below it. Cosmic rays are removed before; what recurs in the whole input stays.
    """
    from spectra_dl.errors import DataError
    from spectra_dl.spectra.baseline_comparison import compare_baselines, comparison_figure
    from spectra_dl.storage.figure_file import check_figure_name, write_figure

    check_figure_name(out)
    if out.exists() and not overwrite:
        raise DataError(f"--out {out}: this file exists; choose another name, or add --overwrite")
    methods = [name.strip() for name in compare.split(",") if name.strip()]
    table = read_table(data, reading)
    compared = compare_baselines(table, methods, n_spectra=n_spectra, despike=despike)
    write_figure(out, comparison_figure(compared))
    for note in (*table.notes, *compared.notes):
        say(f"Note: {note}")
    say(f"Wrote {out} with {len(compared.table)} of {len(table)} spectra.")
    say()
    say(table_text(_HEADER, [_row(candidate) for candidate in compared.candidates]))
    say()
    for line in _MEANINGS:
        say(line)


def _row(candidate: "Candidate") -> list[str]:
    certificate = candidate.result.certificate
    return [
        candidate.method,
        "-" if candidate.lam is None else f"{candidate.lam:.3g}",
        f"{int(certificate.converged.sum())}/{len(certificate.converged)}",
        f"{certificate.fraction_below_zero.mean():.3f}",
        f"{certificate.roughness.mean():.3g}",
    ]
