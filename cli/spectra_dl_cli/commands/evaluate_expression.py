"""spectra-dl evaluate expression: models of expression on left-out tissue, beside the noise ceiling."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.commands.slides.level import SlideLevel, bundled_slides, slide_options
from spectra_dl_cli.earlier_run import ReplayableCommand, as_recorded, recorded_options, replay_option
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
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options
from spectra_dl_cli.split_options import given_split, split_options
from spectra_dl_cli.study_sections import study_sections

if TYPE_CHECKING:
    from spectra_dl.expression.study.evaluate import EvaluatedExpression
    from spectra_dl.expression.study.evaluate_slides import EvaluatedSlides
    from spectra_dl.expression.study.settings import ExpressionStudySettings


@click.command("expression", cls=ReplayableCommand)
@expression_options
@click.option(
    "--hest-exact",
    is_flag=True,
    help="Also compute the score of HEST-Benchmark's protocol with these features, a leaky estimate.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Split what is left out into so many folds; by default each is left out on its own.",
)
@split_options("sections", "spot")
@slide_options
@replay_option("SECTIONS")
@output_options
@resume_option
@device_options
@execution_options
@bundled_settings
@bundled_slides
@bundled_output
@bundled_execution
@click.pass_context
def evaluate_expression(
    context: click.Context,
    *,
    sections: Path,
    settings: "ExpressionStudySettings",
    slides: SlideLevel,
    store: Path | None,
    bin_um: float | None,
    folds_from: Path | None,
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
) -> None:
    """Evaluate models of gene expression on left-out patients, beside the noise ceiling and controls without an image.

    SECTIONS is a CSV with columns path, patient and section, and where needed mpp (um per pixel), image, spots, batch and bin_um; or the name of a
    dataset of tissue (spectra-dl data list).

    With --level slide all tiles of a patient's slides predict one profile: that of --bulk, or the counts of all spots added up; models are compared across
    left-out patients.
    """
    at_slides = slides.checked(context)
    executor = execution.executor("spectra_dl.expression.study.evaluate_slides", "torch")
    from spectra_dl.execution.run import Execution
    from spectra_dl.expression.study.evaluate import evaluate_study
    from spectra_dl.expression.study.evaluate_slides import evaluate_slides

    split = given_split(context)
    folder = output.claim(resume=resume)
    study = study_sections(sections, bin_um)
    tissue = study.read()
    inputs = [*study.files(tissue), *(path for path in (folds_from, slides.bulk) if path)]
    origin = as_recorded(context, origin_of(inputs, seed=settings.seed))
    journal = output.journal(run_identity(context, origin, study=study.name), resume=resume)
    kept, run = open_store(store) if store else None, Execution(executor, journal)
    if at_slides:
        table = slides.table(tissue)
        result: EvaluatedSlides | EvaluatedExpression = evaluate_slides(
            tissue,
            slides.settings(settings),
            bulk=table,
            split=split,
            store=kept,
            folder=folder,
            execution=run,
        )
    else:
        result = evaluate_study(tissue, settings, split=split, store=kept, folder=folder, execution=run)
    output.finish(result, lambda: {**origin, "options": recorded_options(context)}, result.text)
