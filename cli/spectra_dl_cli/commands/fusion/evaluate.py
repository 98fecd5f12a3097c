"""spectra-dl evaluate fusion: what each block of a patient's data adds to the others."""

from pathlib import Path

import click

from spectra_dl_cli.commands.fusion.study_options import (
    StudyOptions,
    bundled_study,
    fusion_options,
    training_of,
)
from spectra_dl_cli.earlier_run import ReplayableCommand, as_recorded, recorded_options, replay_option
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.options import folds_option, open_store
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options


@click.command("fusion", cls=ReplayableCommand)
@fusion_options
@folds_option
@click.option(
    "--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="Times they are split anew."
)
@click.option(
    "--early-fusion",
    is_flag=True,
    help="Also evaluate one network on all blocks, with blocks left out at random, beside late fusion.",
)
@replay_option("STUDY")
@output_options
@resume_option
@device_options
@execution_options
@bundled_study
@bundled_output
@bundled_execution
@click.pass_context
def evaluate_fusion(
    context: click.Context,
    *,
    asked: StudyOptions,
    members: int,
    epochs: int | None,
    folds: int,
    repeats: int,
    early_fusion: bool,
    seed: int,
    store: Path | None,
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
) -> None:
    """Say what each block of a patient's data adds: spectra, tissue images, clinical columns.

    STUDY is a file in TOML that names the blocks, their columns and models (docs/fusion.md); --spectra, --tissue and --clinical name them in the
    simple case.

    Every set of blocks is evaluated on the same folds by patient, and everything is fitted in the fold. A patient without a block gets a verdict
    from the others. The clinical columns alone are the reference.
    """
    executor = execution.executor("spectra_dl.fusion.study.evaluate", "torch")
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.execution.run import Execution
    from spectra_dl.fusion.cohort import read_cohort
    from spectra_dl.fusion.study.evaluate import evaluate_study
    from spectra_dl.fusion.study.settings import FusionStudySettings

    stated = asked.stated()
    output.claim(resume=resume)
    origin = as_recorded(context, origin_of(stated.files, seed=seed))
    journal = output.journal(run_identity(context, origin), resume=resume)
    evaluation = EvaluationSettings(folds=folds, repeats=repeats, seed=seed)
    result = evaluate_study(
        read_cohort(stated),
        FusionStudySettings(members, training_of(epochs), early_fusion, evaluation),
        store=open_store(store) if store else None,
        execution=Execution(executor, journal),
    )
    output.finish(result, lambda: {**origin, "options": recorded_options(context)}, result.text)
