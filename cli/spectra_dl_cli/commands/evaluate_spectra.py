"""spectra-dl evaluate spectra: networks and classical models by patient, beside the leaky estimate."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from spectra_dl.spectra.networks import NETWORK_NAMES
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
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.options import (
    NetworkOptions,
    bundled,
    bundled_cleaning,
    bundled_network,
    bundled_reading,
    cleaning_options,
    data_argument,
    folds_option,
    network_options,
    sample_label_option,
    seed_option,
    study_options,
    threshold_option,
)
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options
from spectra_dl_cli.split_options import given_split, split_options
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.study.settings import SpectraStudySettings


@dataclass(frozen=True)
class Protocol:
    """How models are compared.

    Attributes
    ----------
    folds, repeats
        Of the split by patient.
    split_by, folds_from
        A column or a file that divides the patients instead.
    also
        Networks evaluated beside the first.
    tune
        Let each fold choose among a few settings.
    label_per_sample
        Classes are of samples.
    threshold, coverage, interval, null_refits, positive, seed
        See `spectra_dl.evaluation.classes.results.EvaluationSettings`.
    """

    folds: int
    repeats: int
    split_by: str | None
    folds_from: Path | None
    also: tuple[str, ...]
    tune: bool
    label_per_sample: bool
    threshold: "ThresholdRule"
    coverage: float
    interval: Literal["percentile", "bca"]
    null_refits: int
    positive: str | None
    seed: int

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
        )


@click.command("spectra", cls=ReplayableCommand)
@data_argument
@study_options
@sample_label_option
@cleaning_options
@network_options
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(NETWORK_NAMES),
    metavar="NETWORK",
    help="Evaluate this network too; repeat for more.",
)
@folds_option
@split_options("patients")
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

    Patients never stand on both sides of a split and everything is fitted in the fold. Beside each result stands the
    leaky estimate of a split by spectrum, and above all of them what besides biology predicts the class.
    """
    executor = execution.executor("spectra_dl.spectra.study.evaluate", "torch")
    from spectra_dl.execution.run import Execution
    from spectra_dl.spectra.study.evaluate import evaluate_study

    split = given_split(context)
    settings = _settings(cleaning, network, protocol)
    study = study_data(data)
    output.claim(resume=resume)
    folds_from = protocol.folds_from
    inputs = [*study.inputs(reading.samples), *([folds_from] if folds_from else [])]
    origin = as_recorded(context, origin_of(inputs, seed=settings.seed))
    journal = output.journal(run_identity(context, origin, study=study.source), resume=resume)
    table = study.read(reading)
    result = evaluate_study(table, settings, split=split, execution=Execution(executor, journal))
    output.finish(result, lambda: {**origin, "options": recorded_options(context)}, result.text)


def _settings(
    cleaning: CleaningSettings, network: NetworkOptions, protocol: Protocol
) -> "SpectraStudySettings":
    from spectra_dl.spectra.study.settings import SpectraStudySettings

    return SpectraStudySettings(
        preprocessing=cleaning.preprocessing(),
        networks=(network.network, *protocol.also),
        members=network.members,
        training=network.training(),
        tune=protocol.tune,
        label_per_sample=protocol.label_per_sample,
        split_by=protocol.split_by,
        evaluation=protocol.evaluation(),
    )
