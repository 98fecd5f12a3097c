"""spectra-dl evaluate spectra: networks and classical models by patient, beside the leaky estimate."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from spectra_dl.errors import UsageError
from spectra_dl.spectra.study.cleaning import CleaningSettings
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
    model_names,
    models_option,
    network_options,
)
from spectra_dl_cli.options import (
    bundled,
    bundled_cleaning,
    bundled_reading,
    cleaning_options,
    data_argument,
    folds_option,
    sample_label_option,
    seed_option,
    study_options,
    survival_options,
    target_option,
    threshold_option,
)
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options
from spectra_dl_cli.split_options import given_split, split_options
from spectra_dl_cli.study_data import study_data

_OF_CLASSES = frozenset(
    {
        "label",
        "label_per_sample",
        "positive",
        "tune",
        "split_by",
        "threshold",
        "coverage",
        "interval",
        "null_refits",
    }
)

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.execution.run import Execution
    from spectra_dl.spectra.estimators.model_names import ChosenModels
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.study.evaluate import EvaluatedSpectra
    from spectra_dl.spectra.study.evaluate_outcome import EvaluatedOutcome
    from spectra_dl.spectra.study.evaluate_survival import EvaluatedSurvival
    from spectra_dl.spectra.study.settings import SpectraStudySettings
    from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True)
class Protocol:
    """How models are compared.

    Attributes
    ----------
    folds, repeats
        Of the split by patient.
    split_by, folds_from
        A column or a file that divides the patients instead.
    models
        Which are evaluated, by name; None takes the default network and every classical model.
    no_leaky
        Leave the leaky estimate out.
    tune
        Let each fold choose among a few settings.
    label_per_sample
        Classes are of samples.
    target
        Column of a number per patient; None: classes, or times.
    time, event, horizon
        Columns of the time to an event, and when probabilities are compared with what came.
    threshold, coverage, interval, null_refits, positive, seed
        See `spectra_dl.evaluation.classes.results.EvaluationSettings`.
    """

    folds: int
    repeats: int
    split_by: str | None
    folds_from: Path | None
    models: tuple[str, ...] | None
    no_leaky: bool
    tune: bool
    label_per_sample: bool
    target: str | None
    time: str | None
    event: str | None
    horizon: float | None
    threshold: "ThresholdRule"
    coverage: float
    interval: Literal["percentile", "bca"]
    null_refits: int
    positive: str | None
    seed: int

    def chosen(self) -> "ChosenModels":
        """Return the models that are evaluated.

        Raises
        ------
        UsageError
            There is no model of a name.
        """
        return model_names(self.target, self.time).chosen(self.models)

    @property
    def of_classes(self) -> bool:
        """Whether classes are predicted.

        Raises
        ------
        UsageError
            A time without its event, or more than one kind of outcome.
        """
        if (self.time is None) != (self.event is None):
            raise UsageError(
                "--time and --event go together: how long a patient was followed, and whether the event came"
            )
        if self.time is not None and self.target is not None:
            raise UsageError(
                "--target predicts a number, --time and --event the time to an event; leave one out"
            )
        if self.horizon is not None and self.time is None:
            raise UsageError("--horizon is of the time to an event: name --time and --event, or leave it out")
        return self.target is None and self.time is None

    def evaluation(self) -> "EvaluationSettings":
        """Return the settings of the evaluation."""
        from spectra_dl.evaluation.classes.results import EvaluationSettings

        return EvaluationSettings(
            folds=self.folds,
            repeats=self.repeats,
            seed=self.seed,
            interval=self.interval,
            null_refits=self.null_refits,
            positive=self.positive,
            threshold_rule=self.threshold,
            coverage=self.coverage,
            leaky=not self.no_leaky,
        )


class EvaluateSpectra(ModelCommand, ReplayableCommand):
    """The command, which can be replayed and takes options that were replaced."""


@click.command("spectra", cls=EvaluateSpectra)
@data_argument
@study_options
@sample_label_option
@target_option
@survival_options
@cleaning_options
@models_option
@network_options
@folds_option
@split_options("patients", "spectrum")
@threshold_option("Decision threshold: youden, or the specificity wanted, such as 0.95.")
@click.option(
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="How often sets of classes shall hold the true one.",
)
@click.option(
    "--interval",
    type=click.Choice(("percentile", "bca")),
    default="percentile",
    show_default=True,
    help="Bootstrap interval over patients, of all figures but the AUC.",
)
@click.option(
    "--null-refits",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Refit each model N times (39 or more) with classes permuted, for its own p; 0 takes a linear model's refits.",
)
@replay_option("DATA")
@seed_option
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
) -> None:
    """Compare networks with classical models on the same patients.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes.

    Patients never stand on both sides of a split and everything is fitted in the fold. Beside each result stands the
    leaky estimate of a split by spectrum, and above all of them what besides biology predicts the class. The largest
    class, the mean or the curve of all patients is always evaluated too.
    """
    if not protocol.of_classes:
        _refuse_options_of_classes(context)
    protocol.chosen()  # an unknown name is refused before anything is read
    executor = execution.executor(
        "spectra_dl.spectra.study.evaluate",
        "spectra_dl.spectra.study.evaluate_outcome",
        "spectra_dl.spectra.study.evaluate_survival",
        "torch",
        "torch._dynamo",
    )
    from spectra_dl.execution.run import Execution

    split, study = given_split(context), study_data(data)
    output.claim(resume=resume)
    folds_from = protocol.folds_from
    inputs = [*study.inputs(reading), *([folds_from] if folds_from else [])]
    origin = as_recorded(context, origin_of(inputs, seed=protocol.seed))
    journal = output.journal(run_identity(context, origin, study=study.source), resume=resume)
    table, where = study.read(reading, numbers=not protocol.of_classes), Execution(executor, journal)
    result = _evaluation_of(protocol)(table, (cleaning, network, protocol), split, where)
    output.finish(result, lambda: {**origin, "options": recorded_options(context)}, result.text)


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
    from spectra_dl.evaluation.outcomes.results import OutcomeSettings
    from spectra_dl.spectra.estimators.outcomes.network import NUMBER_TRAINING
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
    from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
    from spectra_dl.spectra.estimators.outcomes.survival import SURVIVAL_TRAINING
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


def _refuse_options_of_classes(context: click.Context) -> None:
    """Refuse options that would be ignored where a number or a time is predicted."""
    given = [
        option.opts[0]
        for option in context.command.params
        if option.name in _OF_CLASSES
        and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        asked = (
            "--target predicts a number"
            if context.params["target"]
            else "--time and --event ask for the time to an event"
        )
        raise UsageError(f"{asked}; {', '.join(given)} is of classes: leave it out")


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
