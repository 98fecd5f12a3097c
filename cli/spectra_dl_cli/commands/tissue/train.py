"""spectra-dl train tissue: a model file from images of patients."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spectra_dl.tissue.estimators.model_names import NETWORK
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
)
from spectra_dl_cli.options import bundled, open_store, seed_option, survival_options, target_option
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    model_out_option,
    origin_of,
    overwrite_option,
)
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.tissue_options import (
    OPTIONS_OF_CLASSES,
    ImageModels,
    bundled_images,
    bundled_models,
    images_argument,
    network_option,
    read_and_show,
    tissue_options,
)

if TYPE_CHECKING:
    from spectra_dl.tissue.estimators.model_names import Network
    from spectra_dl.tissue.study.train import TrainedImages
    from spectra_dl.tissue.study.train_patients import TrainedPatients


@click.command("tissue", cls=Command)
@images_argument
@tissue_options
@target_option
@survival_options
@network_option
@seed_option
@model_out_option
@overwrite_option
@json_option
@device_options
@execution_options
@bundled_images
@bundled_models
@bundled("columns", OutcomeColumns)
@bundled_output
@bundled_execution
@click.pass_context
def train_tissue(
    context: click.Context,
    *,
    images: Path,
    reading: ImageOptions,
    chosen: ImageModels,
    columns: OutcomeColumns,
    model: "Network | None",
    store: Path | None,
    output: Output,
    execution: ExecutionOptions,
) -> None:
    """Train a model of tissue images and write DIR/model.safetensors.

    IMAGES is a CSV with columns path, patient, label and where known slide, x, y, side, mpp and annotation, or a folder, as for evaluate tissue.

    Each patient is left out of some members of the ensemble; the scores shown are of these left-out patients.

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes, from all images of a patient; the sheet has those columns.
    """
    columns.refuse_options_of_classes(context, OPTIONS_OF_CLASSES)
    executor = execution.executor(
        "spectra_dl.tissue.study.train", "spectra_dl.tissue.study.train_patients", "torch"
    )
    from spectra_dl.models.trained import MODEL_FILE
    from spectra_dl.tissue.study.train import train_study

    folder = output.claim()
    assert isinstance(folder, Path)  # --out is required
    read = read_and_show(images, replace(reading, class_of_each=columns.of_classes))
    given: dict[str, Any] = {
        "source": images.resolve().name,
        "folder": folder,
        "store": open_store(store) if store else None,
    }
    result: TrainedImages | TrainedPatients
    if columns.of_classes:
        settings = replace(chosen.settings(), network=model or NETWORK)
        result = train_study(read, settings, **given, executor=executor)
    else:
        from spectra_dl.tissue.study.train_patients import train_patients

        result = train_patients(read, chosen.of_patients(columns, (model,) if model else None), **given)
    output.finish(
        result,
        lambda: origin_of([images], seed=chosen.seed),
        lambda: f"Wrote {folder / MODEL_FILE}\n\n{result.text()}",
    )
