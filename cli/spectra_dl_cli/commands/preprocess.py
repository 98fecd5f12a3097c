"""spectra-dl preprocess: corrected spectra with a certificate each, from files of any length."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from spectra_dl_cli.counting import counting
from spectra_dl_cli.options import (
    Negatives,
    Normalisation,
    cleaning_steps,
    correction_options,
    data_argument,
    identity_options,
    input_paths,
    json_option,
    overwrite_option,
    read_options,
    readers_input,
)
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say

if TYPE_CHECKING:
    from spectra_dl.spectra.preprocessing.correction import CorrectedBlock

_PARTIAL = 6
_ROWS = 1024


@click.command()
@data_argument
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder for the results."
)
@identity_options
@correction_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "hdf5", "both"]),
    default="both",
    show_default=True,
    help="What the spectra are written as.",
)
@overwrite_option
@json_option
def preprocess(
    data: tuple[Path, ...],
    out: Path,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    crop: tuple[float, float] | None,
    baseline: str,
    lam: float | str,
    negatives: Negatives,
    normalise: Normalisation,
    kind: Literal["csv", "hdf5", "both"],
    overwrite: bool,
    as_json: bool,
) -> int:
    """Correct spectra and write them with a certificate for each.

    Cosmic rays are removed and a baseline is subtracted; ids, columns and order stay. Files may be larger than memory.
    Ends with 6 when a spectrum could not be used; its row stays, without values.
    """
    from spectra_dl.spectra.preprocessing.correction import corrected
    from spectra_dl.spectra.readers import iter_spectra
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    steps = cleaning_steps(crop=crop, baseline=baseline, lam=lam, normalise=normalise, negatives=negatives)
    folder = claim_run_folder(out, overwrite=overwrite)
    options = read_options(sample_id=sample_id, patient=patient, replicates=replicates, samples=samples)
    blocks = corrected(iter_spectra(readers_input(data), options, rows=_ROWS), steps)
    first = next(blocks)
    make_run_folder(folder)
    done = _Done()
    with _writers(folder, kind) as write, counting("correcting") as count:
        for block in chain([first], blocks):
            write(block)
            done.add(block)
            count(done.spectra)
    report = {
        **provenance(input_paths(data, samples)),
        "notes": list(done.notes),
        "negatives": negatives,
        "steps": done.steps,
        "results": done.counts(),
    }
    write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
    else:
        _print(done, folder, negatives)
    return _PARTIAL if done.refused else 0


@dataclass
class _Done:
    """What has been counted so far."""

    spectra: int = 0
    refused: int = 0
    warned: int = 0
    not_converged: int = 0
    spikes: int = 0
    negative_points: float = 0.0
    notes: tuple[str, ...] = ()
    steps: object = None

    def add(self, block: "CorrectedBlock") -> None:
        used = int(block.usable.sum())
        remarks = block.remarks
        self.spectra += len(block.usable)
        self.refused += len(block.usable) - used
        self.warned += int((block.status == "warned").sum())
        self.not_converged += sum(not one for one in remarks.get("baseline_converged", ()))
        self.spikes += int(sum(remarks.get("spikes_removed", ())))
        self.negative_points += float(sum(remarks.get("fraction_below_zero", ())))
        self.notes = block.table.notes
        self.steps = block.fitted.to_json()["steps"]

    def counts(self) -> dict[str, object]:
        used = max(self.spectra - self.refused, 1)
        return {
            "spectra": self.spectra,
            "refused": self.refused,
            "warned": self.warned,
            "baselines_not_converged": self.not_converged,
            "spikes_removed": self.spikes,
            "mean_fraction_below_zero": self.negative_points / used,
        }


@contextlib.contextmanager
def _writers(folder: Path, kind: str) -> "Iterator[Callable[[CorrectedBlock], None]]":
    from spectra_dl.spectra.hdf5_files import hdf5_file
    from spectra_dl.spectra.preprocessing.correction import certificates_file
    from spectra_dl.spectra.table_files import csv_file

    with contextlib.ExitStack() as stack:
        certificates = stack.enter_context(certificates_file(folder / "certificates.csv"))
        tables = []
        if kind != "hdf5":
            tables.append(stack.enter_context(csv_file(folder / "spectra.csv")))
        if kind != "csv":
            tables.append(stack.enter_context(hdf5_file(folder / "spectra.h5")))

        def write(block: "CorrectedBlock") -> None:
            certificates(block)
            for append in tables:
                append(block.table)

        yield write


def _print(done: "_Done", folder: Path, negatives: str) -> None:
    for note in done.notes:
        say(f"Note: {note}")
    say(f"Wrote {done.spectra:,} spectra to {folder}. Research use only, not for diagnosis.")
    if isinstance(done.steps, list):
        for step in done.steps:
            settings = dict(step["settings"])
            if step["step"] == "baseline":
                chosen = ", ".join(
                    f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                    for name, value in settings["parameters"]
                )
                say(f"Baseline: {settings['method']} ({chosen}).")
    say(
        f"{done.refused:,} refused, {done.warned:,} with a warning, {done.not_converged:,} baselines did not converge, {done.spikes:,} spikes removed; "
        "certificates.csv has each."
    )
    kept = "set to 0" if negatives == "clip" else "kept negative"
    say(
        f"{done.counts()['mean_fraction_below_zero']:.1%} of all points lay below the baseline and were {kept}."
    )
