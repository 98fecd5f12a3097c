"""spectra-dl train spectra: a model file from labelled patients."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from spectra_dl.errors import UsageError
from spectra_dl.spectra.networks import NETWORK_NAMES
from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    run_identity,
)
from spectra_dl_cli.model_options import (
    ModelCommand,
    NetworkOptions,
    bundled_network,
    model_names,
    model_option,
    network_options,
)
from spectra_dl_cli.options import (
    bundled,
    bundled_cleaning,
    bundled_reading,
    cleaning_options,
    data_argument,
    sample_label_option,
    seed_option,
    study_options,
    survival_options,
    target_option,
    threshold_option,
)
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    model_out_option,
    origin_of,
    overwrite_option,
)
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.study.patient_study import PatientStudySettings


_OF_CLASSES = frozenset({"label", "label_per_sample", "positive", "threshold"})


def _evaluation(*, positive: str | None, threshold: "ThresholdRule", seed: int) -> "EvaluationSettings":
    from spectra_dl.evaluation.classes.results import EvaluationSettings

    return EvaluationSettings(positive=positive, threshold_rule=threshold, seed=seed)


@click.command("spectra", cls=ModelCommand)
@data_argument
@study_options
@sample_label_option
@target_option
@survival_options
@cleaning_options
@model_option
@network_options
@seed_option
@model_out_option
@overwrite_option
@threshold_option("youden, or the specificity wanted, such as 0.95; chosen on left-out patients.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted training in --out.")
@json_option
@device_options
@execution_options
@bundled_reading
@bundled_cleaning
@bundled_network
@bundled("evaluation", _evaluation)
@bundled("columns", OutcomeColumns)
@bundled_output
@bundled_execution
@click.pass_context
def train_spectra(
    context: click.Context,
    *,
    data: tuple[Path, ...],
    reading: "ReadOptions",
    cleaning: CleaningSettings,
    model: str,
    network: NetworkOptions,
    label_per_sample: bool,
    columns: OutcomeColumns,
    evaluation: "EvaluationSettings",
    resume: bool,
    output: Output,
    execution: ExecutionOptions,
) -> None:
    """Train a model of spectra and write DIR/model.safetensors.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    Each patient is left out of some members of the ensemble; the scores shown are of these left-out patients. An
    interrupted training goes on with --resume and ends with the same weights. Under torchrun several processes train
    together and give the same result (docs/several_processes.md).

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes.
    """
    columns.refuse_options_of_classes(context, _OF_CLASSES)
    if not columns.of_classes:
        _train_outcome(context, data, reading, columns, (cleaning, network, evaluation.seed), output=output)
        return
    executor = execution.executor("spectra_dl.spectra.study.train", "torch", "torch._dynamo")
    from spectra_dl.execution.journal import has_journal
    from spectra_dl.models.trained import MODEL_FILE
    from spectra_dl.spectra.study.settings import SpectraStudySettings
    from spectra_dl.spectra.study.train import train_study
    from spectra_dl.training.distributed.launch import read_launch

    settings = SpectraStudySettings(
        preprocessing=cleaning.preprocessing(),
        networks=(model,),
        members=network.members or SpectraStudySettings.members,
        training=network.training(),
        label_per_sample=label_per_sample,
        evaluation=evaluation,
    )
    study = study_data(data)
    folder = _claimed(output, resume=resume) if read_launch().is_first else None
    if folder:
        origin = origin_of(study.inputs(reading), seed=settings.seed)
        if not resume or has_journal(folder):
            output.journal(run_identity(context, origin, study=study.source), resume=resume)
    table = study.read(reading)
    result = train_study(
        table, settings, source=study.source, folder=folder, resume=resume, executor=executor
    )
    if folder:
        output.finish(
            result,
            lambda: origin,
            lambda: f"Wrote {folder / MODEL_FILE}\n\n{result.text()}",
        )


def _train_outcome(
    context: click.Context,
    data: tuple[Path, ...],
    reading: "ReadOptions",
    columns: OutcomeColumns,
    how: tuple[CleaningSettings, NetworkOptions, int],
    *,
    output: Output,
) -> None:
    """Train a model of a number, or of the time to an event."""
    from spectra_dl.models.trained import MODEL_FILE
    from spectra_dl.spectra.study.outcomes.train import train_outcome

    if context.params["resume"]:
        raise UsageError("--resume: a model of what comes of patients has no checkpoints; leave it out")
    settings, folder = _outcome_settings(context, columns, how), output.claim()
    study = study_data(data)
    origin = origin_of(study.inputs(reading), seed=settings.evaluation.seed)
    result = train_outcome(study.read(reading), settings, source=study.source, folder=folder)
    assert isinstance(folder, Path)  # --out is required
    output.finish(result, lambda: origin, lambda: f"Wrote {folder / MODEL_FILE}\n\n{result.text()}")


def _outcome_settings(
    context: click.Context, columns: OutcomeColumns, how: tuple[CleaningSettings, NetworkOptions, int]
) -> "PatientStudySettings":
    from spectra_dl.classification.outcomes.number import NUMBER_TRAINING
    from spectra_dl.classification.outcomes.survival import SURVIVAL_TRAINING
    from spectra_dl.spectra.study.patient_study import PatientStudySettings

    (cleaning, network, seed), names = how, model_names(columns.target, columns.time)
    given = context.get_parameter_source("model") is ParameterSource.COMMANDLINE
    model = context.params["model"] if given else names.default
    if model not in names.networks:
        raise UsageError(
            f"--model {model}: of what comes of patients only networks are written; take one of {', '.join(NETWORK_NAMES)}"
        )
    return PatientStudySettings(
        columns.settings(seed=seed),
        cleaning.preprocessing(),
        (model,),
        members=network.members or PatientStudySettings.members,
        training=network.training(NUMBER_TRAINING if columns.time is None else SURVIVAL_TRAINING),
    )


def _claimed(output: Output, *, resume: bool) -> Path | None:
    """Keep the folder for this command, and refuse to go on where nothing was begun."""
    from spectra_dl.classification.checkpoints import CHECKPOINT_FILES, CHECKPOINTS
    from spectra_dl.execution.journal import has_journal
    from spectra_dl.storage.run_folder import REPORT_NAME

    folder = output.claim(resume=resume)
    if folder and resume and not any((folder / CHECKPOINTS).glob(CHECKPOINT_FILES)):
        raise UsageError(
            f"--resume: no checkpoint in {folder / CHECKPOINTS}; leave --resume out to start a training"
        )
    if folder and resume and (folder / REPORT_NAME).exists() and not has_journal(folder):
        raise UsageError(f"--resume: the training in {folder} has ended; leave --resume out")
    return folder
