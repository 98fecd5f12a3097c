"""spectra-dl train tissue: a model file from labelled images of patients."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
)
from spectra_dl_cli.options import open_store, seed_option
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


@click.command("tissue", cls=Command)
@images_argument
@tissue_options
@network_option
@seed_option
@model_out_option
@overwrite_option
@json_option
@device_options
@execution_options
@bundled_images
@bundled_models
@bundled_output
@bundled_execution
def train_tissue(
    *,
    images: Path,
    reading: ImageOptions,
    chosen: ImageModels,
    model: "Network",
    store: Path | None,
    output: Output,
    execution: ExecutionOptions,
) -> None:
    """Train a classifier of tissue images and write DIR/model.safetensors.

    IMAGES is a CSV with columns path, patient, label and where known slide, x, y, side, mpp and annotation, or a folder, as for evaluate tissue.

    Each patient is left out of some members of the ensemble; the scores shown are of these left-out patients.
    """
    executor = execution.executor("spectra_dl.tissue.study.train", "torch")
    from spectra_dl.tissue.study.train import MODEL_FILE, train_study

    folder = output.claim()
    assert isinstance(folder, Path)  # --out is required
    read = read_and_show(images, reading)
    settings = replace(chosen.settings(), network=model)
    result = train_study(
        read,
        settings,
        source=images.resolve().name,
        folder=folder,
        store=open_store(store) if store else None,
        executor=executor,
    )
    output.finish(
        result,
        lambda: origin_of([images], seed=settings.evaluation.seed),
        lambda: f"Wrote {folder / MODEL_FILE}\n\n{result.text()}",
    )
