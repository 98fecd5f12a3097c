"""spectra-dl transfer: the same samples on two instruments in, what brings one instrument's spectra to the other's out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import batch_option, bundled_reading, column_options, read_table
from spectra_dl_cli.output import overwrite_option, say, table_text
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.transfer.instrument_transfer import InstrumentTransfer
    from spectra_dl.spectra.transfer.methods import Method

_HEADER = ("method", "size", "left", "standard error")
_DATA = click.Path(path_type=Path, readable=False)


@click.command(cls=Command)
@click.argument("master", type=_DATA, metavar="MASTER")
@click.argument("slave", type=_DATA, metavar="SLAVE")
@click.option(
    "--method",
    type=click.Choice(["none", "ds", "pds", "epo", "top"]),
    help="Take this method and choose its size alone; without it all are compared.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("transfer.safetensors"),
    show_default=True,
    metavar="FILE",
    help="Where the transfer goes.",
)
@click.option(
    "--master-calibration",
    type=_DATA,
    metavar="FILE",
    help="Correct the axis of MASTER by this file, which calibrate-axis wrote.",
)
@click.option(
    "--slave-calibration",
    type=_DATA,
    metavar="FILE",
    help="Correct the axis of SLAVE by this file, likewise.",
)
@column_options
@batch_option
@overwrite_option
@bundled_reading
def transfer(
    *,
    master: Path,
    slave: Path,
    method: "Method | None",
    master_calibration: Path | None,
    slave_calibration: Path | None,
    out: Path,
    reading: "ReadOptions",
    overwrite: bool,
) -> None:
    """Learn from samples that two instruments measured how the spectra of SLAVE become those of MASTER.

    Both files hold raw spectra of the same samples, ten or more, matched by patient or sample id. Give the result as --transfer to the commands that read
    spectra: with ds and pds for the spectra of SLAVE alone, with epo and top for the training spectra as well. Method and size are those that leave
    least of the instruments' difference in samples that were left out.

    A standard measured on an instrument takes away what its axis is off: give what calibrate-axis made of it as --master-calibration or --slave-calibration,
    and correct spectra that are transferred later (--calibration) as SLAVE was.
    """
    from spectra_dl.spectra.transfer.learn import learn_transfer

    _check_name(out, overwrite=overwrite)
    if reading.replicates is not None:
        from spectra_dl.errors import UsageError

        raise UsageError(
            "--replicates numbers patients by their rows, and rows in the same order need not be the same samples; name the samples by "
            "--patient, --sample-id or a sheet (--samples)"
        )
    tables = (
        read_table((master,), replace(reading, calibration=master_calibration)),
        read_table((slave,), replace(reading, calibration=slave_calibration)),
    )
    learned = learn_transfer(*tables, method)
    learned.save(out)
    for note in dict.fromkeys((*tables[0].notes, *tables[1].notes, *learned.notes)):
        say(f"Note: {note}")
    say(table_text(_HEADER, _rows(learned)))
    say()
    for line in _summary(learned, asked=method is not None):
        say(line)
    say(f"Wrote {out}.")


def _check_name(out: Path, *, overwrite: bool) -> None:
    from spectra_dl.errors import DataError, UsageError

    if out.suffix != ".safetensors" or out.is_dir():
        raise UsageError(f"--out {out}: give the name of a file that ends in .safetensors")
    if out.exists() and not overwrite:
        raise DataError(f"--out {out}: this file exists; choose another name, or add --overwrite")


def _rows(learned: "InstrumentTransfer") -> list[list[str]]:
    from spectra_dl.spectra.transfer.choice import Candidate

    sizes = [
        Candidate(each.method, each.half_window, each.components, each.aligned).words()
        for each in learned.errors
    ]
    return [
        [each.method, size or "-", f"{each.error:.2f}", f"{each.standard_error:.2f}"]
        for each, size in zip(learned.errors, sizes, strict=True)
    ]


def _summary(learned: "InstrumentTransfer", *, asked: bool) -> list[str]:
    unchanged, own = learned.errors[0], next(each for each in learned.errors if each.method == learned.method)
    lines = [
        f"left: what differs between the instruments in samples that were left out, over what differs between samples; {learned.samples} samples, each method in its best size."
    ]
    if learned.method == "none":
        first = (
            "Taken: none" if asked else "Nothing beats leaving the spectra as they are; measure more samples"
        )
        return [*lines, f"{first}; the file brings them to the axis of MASTER alone."]
    better = own.error < unchanged.error
    lines.append(
        f"{'Taken' if asked else 'Chosen'}: {learned.method}, {own.error:.2f} against {unchanged.error:.2f} with none"
        + ("." if better else "; it does not beat leaving the spectra as they are.")
    )
    if own.error >= 1:
        lines.append(
            "That is as much as between the samples: measure more of them, or such as differ more, before relying on it."
        )
    lines.append(
        "It is a projection: give the file to train spectra and to predict alike, for spectra of either instrument."
        if learned.both_sides
        else "Give the file for spectra of SLAVE; a model of MASTER's spectra stays as it is."
    )
    return lines
