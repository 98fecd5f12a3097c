"""spectra-dl evaluate spectra: networks and classical models by patient, beside the leaky estimate."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl_cli.commands.planning.evaluation_options import (
    Protocol,
    evaluation_options,
    refuse_other_outcomes,
)
from spectra_dl_cli.commands.planning.protocol_command import LockedCommand, look_taken, protocol_option
from spectra_dl_cli.earlier_run import (
    ReplayableCommand,
    as_recorded,
    recorded_options,
    replay_option,
)
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.model_options import (
    ModelCommand,
    NetworkOptions,
    bundled_network,
)
from spectra_dl_cli.options import (
    bundled,
    bundled_cleaning,
    bundled_reading,
)
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options
from spectra_dl_cli.split_options import given_split
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from spectra_dl.evaluation.protocol.sealable import Sealable
    from spectra_dl.evaluation.report.results.patients import EvaluatedOutcome, EvaluatedSurvival
    from spectra_dl.execution.run import Execution
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.study.evaluate import EvaluatedSpectra
    from spectra_dl.spectra.study.settings import SpectraStudySettings
    from spectra_dl.spectra.table import SpectraTable


class EvaluateSpectra(ModelCommand, ReplayableCommand, LockedCommand):
    """The command, which can be replayed, can be locked, and takes options that were replaced."""


@click.command("spectra", cls=EvaluateSpectra)
@evaluation_options
@protocol_option
@replay_option("DATA")
@output_options
@resume_option
@device_options
@execution_options
@bundled_reading
@bundled_cleaning
@bundled_network
@bundled("protocol", Protocol)
@bundled_output
@bundled_execution
@click.pass_context
def evaluate_spectra(
    context: click.Context,
    *,
    data: tuple[Path, ...],
    reading: "ReadOptions",
    cleaning: CleaningSettings,
    network: NetworkOptions,
    protocol: Protocol,
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
    protocol_file: Path | None,
) -> None:
    """Compare networks with classical models on the same patients.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes.

    Patients never stand on both sides of a split and everything is fitted in the fold. Beside each result stands the
    leaky estimate of a split by spectrum, and above all of them what besides biology predicts the class. The largest
    class, the mean or the curve of all patients is always evaluated too.
    """
    refuse_other_outcomes(context, protocol)
    executor = execution.executor(
        "spectra_dl.spectra.study.evaluate",
        "spectra_dl.spectra.study.evaluate_outcome",
        "spectra_dl.spectra.study.evaluate_survival",
        "torch",
        "torch._dynamo",
    )
    from spectra_dl.evaluation.wording import wrapped
    from spectra_dl.execution.run import Execution

    split, study = given_split(context), study_data(data)
    output.claim(resume=resume)
    folds_from = protocol.folds_from
    inputs = [*study.inputs(reading), *([folds_from] if folds_from else [])]
    origin = as_recorded(context, origin_of(inputs, seed=protocol.seed))
    journal = output.journal(run_identity(context, origin, study=study.source), resume=resume)
    table, where = study.read(reading, numbers=not protocol.of_classes), Execution(executor, journal)

    def evaluated() -> "EvaluatedSpectra | EvaluatedOutcome | EvaluatedSurvival":
        return _evaluation_of(protocol)(table, (cleaning, network, protocol), split, where)

    def sealed() -> "Sealable":
        from spectra_dl.spectra.sealing.sealed_data import sealable

        return sealable(table, context.params)

    with look_taken(context, sealed, split, output, evaluated) as (result, locked):
        said = {**origin, "options": recorded_options(context), "protocol": locked.to_json()}
        output.finish(result, lambda: said, lambda: f"{result.text().rstrip()}\n\n{wrapped(locked.sentence)}")


def _evaluation_of(
    protocol: Protocol,
) -> "Callable[..., EvaluatedSpectra | EvaluatedOutcome | EvaluatedSurvival]":
    if protocol.time is not None:
        return _evaluated_survival
    return _evaluated_classes if protocol.target is None else _evaluated_outcome


def _evaluated_classes(
    table: "SpectraTable",
    asked: tuple[CleaningSettings, NetworkOptions, Protocol],
    split: str | None,
    execution: "Execution",
) -> "EvaluatedSpectra":
    from spectra_dl.spectra.study.evaluate import evaluate_study

    return evaluate_study(table, _settings(*asked), split=split, execution=execution)


def _evaluated_outcome(
    table: "SpectraTable",
    asked: tuple[CleaningSettings, NetworkOptions, Protocol],
    split: str | None,
    execution: "Execution",
) -> "EvaluatedOutcome":
    from spectra_dl.classification.outcomes.number import NUMBER_TRAINING
    from spectra_dl.evaluation.outcomes.results import OutcomeSettings
    from spectra_dl.spectra.study.evaluate_outcome import OutcomeStudySettings, evaluate_outcome_study

    cleaning, network, protocol = asked
    evaluation = OutcomeSettings(
        protocol.target or "",
        folds=protocol.folds,
        repeats=protocol.repeats,
        seed=protocol.seed,
        leaky=not protocol.no_leaky,
    )
    chosen = protocol.chosen()
    settings = OutcomeStudySettings(
        evaluation,
        cleaning.preprocessing(),
        networks=chosen.networks,
        classical=chosen.classical,
        members=network.members or OutcomeStudySettings.members,
        training=network.training(NUMBER_TRAINING),
    )
    return evaluate_outcome_study(table, settings, split=split, execution=execution)


def _evaluated_survival(
    table: "SpectraTable",
    asked: tuple[CleaningSettings, NetworkOptions, Protocol],
    split: str | None,
    execution: "Execution",
) -> "EvaluatedSurvival":
    from spectra_dl.classification.outcomes.survival import SURVIVAL_TRAINING
    from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
    from spectra_dl.spectra.study.evaluate_survival import SurvivalStudySettings, evaluate_survival_study

    cleaning, network, protocol = asked
    evaluation = SurvivalSettings(
        protocol.time or "",
        protocol.event or "",
        folds=protocol.folds,
        repeats=protocol.repeats,
        seed=protocol.seed,
        leaky=not protocol.no_leaky,
        horizon=protocol.horizon,
    )
    chosen = protocol.chosen()
    settings = SurvivalStudySettings(
        evaluation,
        cleaning.preprocessing(),
        networks=chosen.networks,
        classical=chosen.classical,
        members=network.members or SurvivalStudySettings.members,
        training=network.training(SURVIVAL_TRAINING),
    )
    return evaluate_survival_study(table, settings, split=split, execution=execution)


def _settings(
    cleaning: CleaningSettings, network: NetworkOptions, protocol: Protocol
) -> "SpectraStudySettings":
    from spectra_dl.spectra.study.settings import SpectraStudySettings

    chosen = protocol.chosen()
    return SpectraStudySettings(
        preprocessing=cleaning.preprocessing(),
        networks=chosen.networks,
        classical=chosen.classical,
        members=network.members or SpectraStudySettings.members,
        training=network.training(),
        tune=protocol.tune,
        label_per_sample=protocol.label_per_sample,
        split_by=protocol.split_by,
        evaluation=protocol.evaluation(),
    )
