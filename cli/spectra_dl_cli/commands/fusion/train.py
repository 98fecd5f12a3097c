"""spectra-dl train fusion: one model file from several blocks of patients' data."""

from dataclasses import replace
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
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
)
from spectra_dl_cli.options import bundled, open_store, survival_options, target_option
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    model_out_option,
    origin_of,
    overwrite_option,
)
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.fusion.readers.stated import StatedStudy
    from spectra_dl.fusion.study.train import TrainedFusion
    from spectra_dl.fusion.study.train_outcome import TrainedFusedOutcome

_OF_CLASSES = frozenset({"positive", "members", "epochs"})


@click.command("fusion", cls=Command)
@fusion_options
@target_option
@survival_options
@model_out_option
@overwrite_option
@json_option
@device_options
@execution_options
@bundled_study
@bundled("columns", OutcomeColumns)
@bundled_output
@bundled_execution
@click.pass_context
def train_fusion(
    context: click.Context,
    *,
    asked: StudyOptions,
    columns: OutcomeColumns,
    members: int,
    epochs: int | None,
    seed: int,
    store: Path | None,
    output: Output,
    execution: ExecutionOptions,
) -> None:
    """Train a fusion of several blocks of patients' data and write DIR/model.safetensors.

    STUDY is a file in TOML as for evaluate fusion; --spectra, --tissue and --clinical name blocks in the simple case.

    The file holds the model of each block, and how much each counts, learnt from what copies said of patients they had not seen.

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes.
    """
    stated = asked.stated(stated_outcome(columns))
    said = stated.outcome
    columns = replace(columns, target=said.target, time=said.time, event=said.event)
    columns.refuse_options_of_classes(context, _OF_CLASSES)
    from spectra_dl.models.trained import MODEL_FILE

    result: TrainedFusion | TrainedFusedOutcome
    if columns.of_classes:
        execution.executor("spectra_dl.fusion.study.train", "torch")
        folder = output.claim()
        result = _of_classes(stated, (members, epochs, seed), folder, store)
    else:
        execution.executor("spectra_dl.fusion.study.train_outcome", "torch")
        folder = output.claim()
        result = _of_outcome(stated, (columns.horizon, seed), folder, store)
    assert isinstance(folder, Path)  # --out is required
    output.finish(
        result,
        lambda: origin_of(stated.files, seed=seed),
        lambda: f"Wrote {folder / MODEL_FILE}\n\n{result.text()}",
    )


def _of_classes(
    stated: "StatedStudy", how: tuple[int, int | None, int], folder: Path | None, store: Path | None
) -> "TrainedFusion":
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.fusion.cohort import read_cohort
    from spectra_dl.fusion.study.settings import FusionStudySettings
    from spectra_dl.fusion.study.train import train_study

    members, epochs, seed = how
    settings = FusionStudySettings(members, training_of(epochs), evaluation=EvaluationSettings(seed=seed))
    return train_study(
        read_cohort(stated), settings, folder=folder, store=open_store(store) if store else None
    )


def _of_outcome(
    stated: "StatedStudy", how: tuple[float | None, int], folder: Path | None, store: Path | None
) -> "TrainedFusedOutcome":
    from spectra_dl.fusion.cohort import read_cohort
    from spectra_dl.fusion.study.evaluate_outcome import FusedOutcomeSettings
    from spectra_dl.fusion.study.train_outcome import train_outcome_study

    horizon, seed = how
    settings = FusedOutcomeSettings(seed=seed, horizon=horizon)
    return train_outcome_study(
        read_cohort(stated), settings, folder=folder, store=open_store(store) if store else None
    )
