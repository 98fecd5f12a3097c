"""spectra-dl evaluate fusion: what each block of a patient's data adds to the others."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.commands.fusion.study_options import (
    StudyOptions,
    bundled_study,
    fusion_options,
    stated_outcome,
    training_of,
)
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.commands.planning.promised import Promised, bundled_promise, locking_options
from spectra_dl_cli.commands.planning.protocol_command import LockedCommand, look_taken
from spectra_dl_cli.earlier_run import ReplayableCommand, as_recorded, recorded_options, replay_option
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.options import bundled, folds_option, open_store, survival_options, target_option
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options

if TYPE_CHECKING:
    from spectra_dl.evaluation.protocol.sealable import Sealable
    from spectra_dl.execution.run import Execution
    from spectra_dl.fusion.cohort import FusionCohort
    from spectra_dl.fusion.readers.stated import StatedOutcome, StatedStudy
    from spectra_dl.fusion.study.evaluate import EvaluatedFusion
    from spectra_dl.fusion.study.evaluate_outcome import EvaluatedFusedNumber, EvaluatedFusedSurvival
    from spectra_dl.imaging.features.store import FeatureStore

_OF_CLASSES = frozenset({"positive", "members", "epochs", "early_fusion"})


@dataclass(frozen=True, kw_only=True)
class FusionProtocol(OutcomeColumns):
    """What is predicted, and how fusions are compared.

    Attributes
    ----------
    members, epochs
        Of networks that are a block's model.
    folds, repeats, seed
        Of the split by patient.
    early_fusion
        Evaluate one network on all blocks too.
    """

    members: int
    epochs: int | None
    folds: int
    repeats: int
    early_fusion: bool
    seed: int

    def with_columns_of(self, outcome: "StatedOutcome") -> "FusionProtocol":
        """Return the protocol with the columns of a study, which its file may have named."""
        return replace(self, target=outcome.target, time=outcome.time, event=outcome.event)

    def evaluated(
        self, cohort: "FusionCohort", store: "FeatureStore | None", execution: "Execution"
    ) -> "EvaluatedFusion | EvaluatedFusedNumber | EvaluatedFusedSurvival":
        """Return the evaluation of a cohort.

        Parameters
        ----------
        cohort
            With classes, numbers, or times and events.
        store
            Of features of images.
        execution
            Where jobs run.
        """
        from spectra_dl.evaluation.classes.results import EvaluationSettings
        from spectra_dl.fusion.study.evaluate import evaluate_study
        from spectra_dl.fusion.study.evaluate_outcome import FusedOutcomeSettings, evaluate_outcome_study
        from spectra_dl.fusion.study.settings import FusionStudySettings

        if cohort.came is not None:
            settings = FusedOutcomeSettings(
                folds=self.folds, repeats=self.repeats, seed=self.seed, horizon=self.horizon
            )
            return evaluate_outcome_study(cohort, settings, store=store, execution=execution)
        evaluation = EvaluationSettings(folds=self.folds, repeats=self.repeats, seed=self.seed)
        training = training_of(self.epochs)
        of_classes = FusionStudySettings(self.members, training, self.early_fusion, evaluation)
        return evaluate_study(cohort, of_classes, store=store, execution=execution)


class EvaluateFusion(ReplayableCommand, LockedCommand):
    """The command, which can be replayed and locked."""


@click.command("fusion", cls=EvaluateFusion)
@fusion_options
@target_option
@survival_options
@folds_option
@click.option(
    "--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="Times they are split anew."
)
@click.option(
    "--early-fusion",
    is_flag=True,
    help="Also evaluate one network on all blocks, with blocks left out at random, beside late fusion.",
)
@locking_options
@replay_option("STUDY")
@output_options
@resume_option
@device_options
@execution_options
@bundled_study
@bundled("protocol", FusionProtocol)
@bundled_promise
@bundled_output
@bundled_execution
@click.pass_context
def evaluate_fusion(
    context: click.Context,
    *,
    asked: StudyOptions,
    protocol: FusionProtocol,
    promised: Promised,
    protocol_file: Path | None,
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

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes.
    """
    stated = asked.stated(stated_outcome(protocol))
    said = protocol.with_columns_of(stated.outcome)
    said.refuse_options_of_classes(context, _OF_CLASSES)
    promised.check(said, context)
    if promised.lock_file is not None:
        promised.write(context, _sealable(stated), said, None)
        return
    executor = execution.executor(
        "spectra_dl.fusion.study.evaluate", "spectra_dl.fusion.study.evaluate_outcome", "torch"
    )
    from spectra_dl.evaluation.wording import wrapped
    from spectra_dl.execution.run import Execution
    from spectra_dl.fusion.cohort import read_cohort

    output.claim(resume=resume)
    origin = as_recorded(context, origin_of(stated.files, seed=protocol.seed))
    journal = output.journal(run_identity(context, origin), resume=resume)
    found = open_store(store) if store else None

    def evaluated() -> "EvaluatedFusion | EvaluatedFusedNumber | EvaluatedFusedSurvival":
        return protocol.evaluated(read_cohort(stated), found, Execution(executor, journal))

    with look_taken(context, lambda: _sealable(stated), None, output, evaluated) as (result, locked):
        report = {**origin, "options": recorded_options(context), "protocol": locked.to_json()}
        output.finish(
            result, lambda: report, lambda: f"{result.text().rstrip()}\n\n{wrapped(locked.sentence)}"
        )


def _sealable(stated: "StatedStudy") -> "Sealable":
    from spectra_dl.fusion.cohort import read_cohort
    from spectra_dl.fusion.sealing import sealable

    return sealable(read_cohort(stated, labelled=False))
