"""spectra-dl preprocess: corrected spectra with a certificate each, from files of any length."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.options import (
    bundled_cleaning,
    bundled_reading,
    correction_options,
    data_argument,
    identity_options,
    readers_input,
)
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    counting,
    json_option,
    origin_of,
    overwrite_option,
)
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.study_data import read_paths

if TYPE_CHECKING:
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.study.correct import CorrectedSpectra, TableKind

_PARTIAL = 6


@click.command(cls=Command)
@data_argument
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder for the results."
)
@identity_options
@correction_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "hdf5", "both", "nxraman"]),
    default="both",
    show_default=True,
    help="What the spectra are written as: CSV, HDF5, both, or NeXus (NXraman).",
)
@overwrite_option
@json_option
@resume_option
@execution_options
@bundled_reading
@bundled_cleaning
@bundled_output
@bundled_execution
@click.pass_context
def preprocess(
    context: click.Context,
    *,
    data: tuple[Path, ...],
    reading: "ReadOptions",
    cleaning: CleaningSettings,
    kind: "TableKind",
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
) -> int:
    """Correct spectra and write them with a certificate for each.

    Cosmic rays are removed and a baseline is subtracted; ids, columns and order stay. What recurs in many spectra of the whole input is
    no ray and stays. Files may be larger than memory.
    Ends with 6 when a spectrum could not be used; its row stays, without values.
    """
    executor = execution.executor("spectra_dl.spectra.study.correct")
    from spectra_dl.execution.run import Execution
    from spectra_dl.spectra.preprocessing.whole_input import Rereadable
    from spectra_dl.spectra.readers import iter_spectra
    from spectra_dl.spectra.study.correct import correct_study

    cleaning.preprocessing()  # refuses an impossible step before the folder is looked at
    folder = output.claim(resume=resume)
    assert isinstance(folder, Path)  # --out is required
    origin = origin_of(read_paths(data, reading))
    journal = output.journal(run_identity(context, origin), resume=resume)
    with counting("correcting") as count:
        result = correct_study(
            Rereadable(lambda: iter_spectra(readers_input(data), reading)),
            folder,
            cleaning,
            kind=kind,
            execution=Execution(executor, journal),
            progress=count,
        )
    output.finish(
        result,
        lambda: origin,
        lambda: "\n".join(_lines(result, folder)),
    )
    return _PARTIAL if result.counts.refused else 0


def _lines(result: "CorrectedSpectra", folder: Path) -> Iterator[str]:
    counts = result.counts
    for note in counts.notes:
        yield f"Note: {note}"
    yield f"Wrote {counts.spectra:,} spectra to {folder}. Research use only, not for diagnosis."
    for step in counts.steps if isinstance(counts.steps, list) else []:
        if step["step"] == "baseline":
            settings = dict(step["settings"])
            chosen = ", ".join(
                f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                for name, value in settings["parameters"]
            )
            yield f"Baseline: {settings['method']} ({chosen})."
    yield (
        f"{counts.refused:,} refused, {counts.warned:,} with a warning, {counts.not_converged:,} baselines did not converge, "
        f"{counts.spikes:,} spikes removed; certificates.csv has each."
    )
    kept = "set to 0" if result.cleaning.negatives == "clip" else "kept negative"
    yield f"{counts.mean_fraction_below_zero:.1%} of all points lay below the baseline and were {kept}."
