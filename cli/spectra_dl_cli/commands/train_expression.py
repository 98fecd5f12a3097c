"""spectra-dl train expression: a model file from H&E sections with counts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.expression_options import bundled_settings, expression_options
from spectra_dl_cli.options import open_store
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    model_out_option,
    origin_of,
    overwrite_option,
)
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.study_sections import study_sections

if TYPE_CHECKING:
    from spectra_dl.expression.study.settings import ExpressionStudySettings


@click.command("expression", cls=Command)
@expression_options
@model_out_option
@overwrite_option
@json_option
@resume_option
@device_options
@execution_options
@bundled_settings
@bundled_output
@bundled_execution
@click.pass_context
def train_expression(
    context: click.Context,
    *,
    sections: Path,
    settings: "ExpressionStudySettings",
    store: Path | None,
    bin_um: float | None,
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
) -> None:
    """Train a model of gene expression on all SECTIONS, a sheet or a dataset, and write DIR/model.safetensors.

    An interrupted training goes on with --resume and ends with the same bytes. What to expect of each gene is measured first, on left-out patients (or sections, with --group section).
    """
    executor = execution.executor("spectra_dl.expression.study.train", "torch")
    from spectra_dl.execution.run import Execution
    from spectra_dl.expression.study.train import train_study
    from spectra_dl.models.trained import MODEL_FILE

    folder = output.claim(resume=resume)
    study = study_sections(sections, bin_um)
    tissue = study.read()
    origin = origin_of(study.files(tissue), seed=settings.seed)
    journal = output.journal(run_identity(context, origin, study=study.name), resume=resume)
    result = train_study(
        tissue,
        settings,
        source=study.name,
        store=open_store(store) if store else None,
        folder=folder,
        execution=Execution(executor, journal),
    )
    output.finish(
        result,
        lambda: origin,
        lambda: f"Wrote {output.out and output.out / MODEL_FILE}\n\n{result.text()}",
    )
