"""spectra-dl predict: spectra in, each patient's probability out."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from spectra_dl_cli.commands.predict_expression import predict_expression
from spectra_dl_cli.commands.predict_spectra import predict_spectra
from spectra_dl_cli.feature_store import store_option
from spectra_dl_cli.options import (
    data_argument,
    identity_options,
    input_paths,
    json_option,
    out_option,
    overwrite_option,
    read_options,
    readers_input,
)
from spectra_dl_cli.out_folder import claim_run_folder

if TYPE_CHECKING:
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.spectra.predictor import SpectraPredictor


@click.command()
@data_argument
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Model file; without it the shipped one.",
)
@identity_options
@out_option
@overwrite_option
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Spectra at a time; changes no result.",
)
@click.option(
    "--mpp", type=float, metavar="UM", help="With a model of expression: um per pixel of the full image."
)
@click.option(
    "--pitch",
    type=click.FloatRange(min=1.0),
    metavar="UM",
    help="With a model of expression and an image alone: um between the spots laid over its tissue (100).",
)
@click.option(
    "--image",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="With a model of expression: the section's image.",
)
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="NAME",
    help="With a model of expression that was trained with timm:MODEL or features:PATH: the same again.",
)
@store_option
@json_option
def predict(
    data: tuple[Path, ...],
    model_path: Path | None,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    out: Path | None,
    overwrite: bool,
    batch_size: int,
    mpp: float | None,
    pitch: float | None,
    image: Path | None,
    encoders: tuple[str, ...],
    store: Path | None,
    as_json: bool,
) -> int:
    """Judge spectra with a trained model and print a table per patient, or map a section's expression.

    DATA is a table of spectra, a folder per patient, or several of them; with a model of expression, one tissue section. Ends with 6 when
    a spectrum or spot was damaged, and lists each that was refused or needs a second look. Tables of spectra may be larger than memory.
    """
    from spectra_dl.loading import load_model
    from spectra_dl.spectra.readers import iter_spectra
    from spectra_dl_datasets.shipped import SHIPPED_MODEL

    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    path = model_path or SHIPPED_MODEL
    predictor = load_model(path)
    if predictor.header.input.kind == "expression":
        return predict_expression(
            data,
            path,
            cast("ExpressionPredictor", predictor),
            folder,
            mpp=mpp,
            pitch=pitch,
            image=image,
            encoders=encoders,
            store=store,
            as_json=as_json,
        )
    options = read_options(sample_id=sample_id, patient=patient, replicates=replicates, samples=samples)
    return predict_spectra(
        cast("SpectraPredictor", predictor),
        iter_spectra(readers_input(data), options),
        input_paths(data, samples),
        folder,
        model_name=model_path.name if model_path else None,
        batch_size=batch_size,
        as_json=as_json,
    )
