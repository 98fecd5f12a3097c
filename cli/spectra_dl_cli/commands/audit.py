"""spectra-dl audit: what besides biology predicts the class, before any model is trained."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.execution_options import ExecutionOptions, bundled_execution, execution_options
from spectra_dl_cli.options import (
    batch_option,
    bundled_reading,
    data_argument,
    folds_option,
    identity_options,
    label_option,
    sample_label_option,
    seed_option,
)
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from spectra_dl.spectra.readers import ReadOptions


@click.command(cls=Command)
@data_argument
@label_option
@sample_label_option
@identity_options
@batch_option
@folds_option
@seed_option
@output_options
@execution_options
@bundled_reading
@bundled_output
@bundled_execution
def audit(
    *,
    data: tuple[Path, ...],
    reading: "ReadOptions",
    label_per_sample: bool,
    folds: int,
    seed: int,
    output: Output,
    execution: ExecutionOptions,
) -> None:
    """Find what besides biology predicts the class.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    Each probe is evaluated like a model on patients it never saw: the wavenumber axis, the level, a region without bands, the
    noise, each other column of the table. Copies, replicates under several ids and persons in several classes are named.
    """
    executor = execution.executor("spectra_dl.spectra.study.audit")
    from spectra_dl.execution.run import Execution
    from spectra_dl.spectra.study.audit import audit_spectra

    output.claim()
    study = study_data(data)
    result = audit_spectra(
        study.read(reading),
        folds=folds,
        seed=seed,
        execution=Execution(executor),
        label_per_sample=label_per_sample,
    )
    output.finish(result, lambda: origin_of(study.inputs(reading), seed=seed), result.text)
