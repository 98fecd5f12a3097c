"""spectra-dl evaluate expression: models of expression on left-out tissue, beside the noise ceiling."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.commands.planning.promised import Promised, bundled_promise, locking_options
from spectra_dl_cli.commands.planning.protocol_command import LockedCommand, look_taken
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
    from spectra_dl.evaluation.protocol.sealable import Sealable
    from spectra_dl.execution.run import Execution
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.expression.study.evaluate import EvaluatedExpression
    from spectra_dl.expression.study.evaluate_slides import EvaluatedSlides
    from spectra_dl.expression.study.settings import ExpressionStudySettings
    from spectra_dl.imaging.features.store import FeatureStore


class EvaluateExpression(ReplayableCommand, LockedCommand):
    """The command, which can be replayed and locked."""


@click.command("expression", cls=EvaluateExpression)
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
@locking_options
@replay_option("SECTIONS")
@output_options
@resume_option
@device_options
@execution_options
@bundled_settings
@bundled_slides
@bundled_promise
@bundled_output
@bundled_execution
@click.pass_context
def evaluate_expression(
    context: click.Context,
    *,
    sections: Path,
    settings: "ExpressionStudySettings",
    slides: SlideLevel,
    promised: Promised,
    protocol_file: Path | None,
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
    promised.check(None, context)
    split = given_split(context)
    if promised.lock_file is not None:
        tissue = study_sections(sections, bin_um).read()
        promised.write(context, _sealable(context, tissue, slides), None, split)
        return
    executor = execution.executor("spectra_dl.expression.study.evaluate_slides", "torch")
    from spectra_dl.evaluation.wording import wrapped
    from spectra_dl.execution.run import Execution

    folder = output.claim(resume=resume)
    study = study_sections(sections, bin_um)
    tissue = study.read()
    inputs = [*study.files(tissue), *(path for path in (folds_from, slides.bulk) if path)]
    origin = as_recorded(context, origin_of(inputs, seed=settings.seed))
    journal = output.journal(run_identity(context, origin, study=study.name), resume=resume)
    where = _Where(split, open_store(store) if store else None, folder, Execution(executor, journal))
    evaluated = _evaluated_slides if at_slides else _evaluated_spots
    with look_taken(
        context,
        lambda: _sealable(context, tissue, slides),
        split,
        output,
        lambda: evaluated(tissue, settings, slides, where),
    ) as (result, locked):
        report = {**origin, "options": recorded_options(context), "protocol": locked.to_json()}
        output.finish(
            result, lambda: report, lambda: f"{result.text().rstrip()}\n\n{wrapped(locked.sentence)}"
        )


def _sealable(context: click.Context, tissue: "list[TissueSection]", slides: SlideLevel) -> "Sealable":
    """Return what a protocol knows of the sections."""
    from spectra_dl.expression.study.sealing import sealable

    return sealable(tissue, context.params, slides.table(tissue))


@dataclass(frozen=True, eq=False)
class _Where:
    """Folds that are repeated, the store of features, the folder of results, and where jobs run."""

    split: str | None
    store: "FeatureStore | None"
    folder: Path | None
    execution: "Execution"


def _evaluated_spots(
    tissue: "list[TissueSection]", settings: "ExpressionStudySettings", slides: SlideLevel, where: _Where
) -> "EvaluatedExpression | EvaluatedSlides":
    from spectra_dl.expression.study.evaluate import evaluate_study

    return evaluate_study(
        tissue, settings, split=where.split, store=where.store, folder=where.folder, execution=where.execution
    )


def _evaluated_slides(
    tissue: "list[TissueSection]", settings: "ExpressionStudySettings", slides: SlideLevel, where: _Where
) -> "EvaluatedExpression | EvaluatedSlides":
    from spectra_dl.expression.study.evaluate_slides import evaluate_slides

    return evaluate_slides(
        tissue,
        slides.settings(settings),
        bulk=slides.table(tissue),
        split=where.split,
        store=where.store,
        folder=where.folder,
        execution=where.execution,
    )
