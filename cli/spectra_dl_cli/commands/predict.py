"""spectra-dl predict: spectra in, each patient's probability out; or a section in, its expression out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from spectra_dl.errors import UsageError
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl_cli.commands.fusion.predict import predict_patients
from spectra_dl_cli.commands.spectra.predict import predict_spectra
from spectra_dl_cli.commands.tissue.predict import predict_images
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
)
from spectra_dl_cli.expression_options import (
    SectionOutput,
    bundled_output_choice,
    output_choice_options,
)
from spectra_dl_cli.options import (
    bin_option,
    bundled,
    bundled_reading,
    data_argument,
    identity_options,
    open_store,
    plugin_option,
    store_option,
)
from spectra_dl_cli.output import (
    Output,
    bundled_output,
    json_option,
    origin_of,
    out_option,
    overwrite_option,
)
from spectra_dl_cli.predict_text import section_text, sections_text
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.tissue_options import pattern_option, share_option, tile_option

if TYPE_CHECKING:
    from spectra_dl.execution.executor import Executor
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.spectra.readers import ReadOptions

_PARTIAL = 6
_OF_IMAGES = ("tissue", "tissue outcome")
_OF_BLOCKS = ("fusion", "fusion outcome")


@dataclass(frozen=True)
class SectionOptions:
    """What is said of a tissue section.

    Attributes
    ----------
    mpp
        µm per pixel of the full image.
    pitch
        µm between the spots laid over the tissue of an image alone.
    image
        The section's image.
    image_scale
        Pixels of that image per full-resolution pixel.
    encoders
        Those that a model file alone may not call for.
    store
        Folder of features.
    bin_um
        µm of the squares into which bins are joined or cells gathered.
    alignment
        The matrix of a Xenium run's image.
    """

    mpp: float | None
    pitch: float | None
    image: Path | None
    image_scale: float | None
    encoders: tuple[str, ...]
    store: Path | None
    bin_um: float | None = None
    alignment: Path | None = None


@click.command(cls=Command)
@data_argument
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Model file; without it the shipped one.",
)
@identity_options
@click.option(
    "--standard",
    "measured_standard",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="A standard measured on the day, in place of --calibration: its lines correct the axis of the spectra.",
)
@click.option(
    "--standard-kind",
    metavar="NAME",
    help="With --standard: silicon, polystyrene, acetonitrile, cyclohexane, paracetamol, calcite or neon; polystyrene without it.",
)
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
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="With a model of classes: how often a patient's set of classes shall hold the true one; less gives more answers, and more wrong ones. "
    "Whole percents from 0.5 to 0.99; without it the model's own (0.9).",
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
    "--image-scale",
    type=float,
    metavar="SCALE",
    help="With a model of expression: pixels of the image that is read per full-resolution pixel, such as 0.25 for a copy a quarter as wide; spots and --mpp are of the full image.",
)
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="NAME",
    help="With a model of expression or images that was trained with timm:MODEL, file:WEIGHTS or features:PATH: the same again.",
)
@pattern_option
@tile_option
@share_option
@bin_option
@click.option(
    "--alignment",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="With a model of expression and a Xenium run: the matrix by which the image of --image lies on it.",
)
@plugin_option
@output_choice_options
@store_option
@json_option
@device_options
@execution_options
@bundled_reading
@bundled("tissue", SectionOptions)
@bundled_output_choice
@bundled_output
@bundled_execution
def predict(
    *,
    data: tuple[Path, ...],
    model_path: Path | None,
    reading: "ReadOptions",
    batch_size: int,
    coverage: float | None,
    name_pattern: str | None,
    tile_um: float | None,
    share: str | None,
    plugins: tuple[str, ...],
    tissue: SectionOptions,
    written: SectionOutput,
    output: Output,
    execution: ExecutionOptions,
) -> int:
    """Predict spectra or tissue images with a trained model and print a table per patient, or map a section's expression.

    DATA is a table of spectra, a folder per patient, or several of them; with a model of expression, tissue sections; with a model of images, a
    folder or a sheet of them; with a fusion, a study file. Ends with 6 when a spectrum, spot or image was damaged, and lists each that was refused or needs a second look. Tables
    of spectra may be larger than memory.
    """
    executor = execution.executor("spectra_dl.loading", "spectra_dl.spectra.study.predict")
    from spectra_dl.loading import load_model
    from spectra_dl_datasets.shipped import SHIPPED_MODEL

    output.claim()
    predictor = load_model(path := model_path or SHIPPED_MODEL, plugins)
    kind = predictor.header.input.kind
    if kind in _OF_BLOCKS:
        _refuse_of_images(kind, name_pattern, share, tile_um)
        features = (tissue.encoders, tissue.store)
        return predict_patients(data, predictor, output, features, model_name=path.name, coverage=coverage)
    if kind in _OF_IMAGES:
        return predict_images(
            data,
            ImageOptions(patient=reading.patient, name_pattern=name_pattern, tile_um=tile_um),
            predictor,
            output,
            model_name=path.name,
            coverage=coverage,
            share=share,
            encoders=tissue.encoders,
            store=tissue.store,
        )
    _refuse_of_images(kind, name_pattern, share, tile_um)
    if kind == "expression":
        expression = cast("ExpressionPredictor", predictor)
        _refuse_for_sections(data, tissue, output, coverage)
        if len(data) > 1:
            return _sections(data, expression, tissue, output, written=written, executor=executor)
        return _section(data[0], expression, tissue, output, written=written, model_name=path.name)
    return predict_spectra(
        data,
        reading,
        predictor,
        output,
        model_name=model_path.name if model_path else None,
        batch_size=batch_size,
        coverage=coverage,
        executor=executor,
    )


def _refuse_of_images(kind: str, name_pattern: str | None, share: str | None, tile_um: float | None) -> None:
    """Refuse options of images with another model."""
    given_options = (
        ("--name-pattern reads names", name_pattern),
        ("--share is of classes", share),
        ("--tile-um is the side of tiles", tile_um),
    )
    for option, given in given_options:
        if given is not None:
            raise UsageError(f"{option} of images, and this is a model of {kind}; leave it out")


def _section(
    path: Path,
    predictor: "ExpressionPredictor",
    tissue: SectionOptions,
    output: Output,
    *,
    written: SectionOutput,
    model_name: str,
) -> int:
    """Predict a section and return the exit code."""
    from spectra_dl.expression.readers import SectionSource
    from spectra_dl.expression.study.predict import predict_study

    folder = output.out
    assert isinstance(folder, Path)  # _refuse_for_sections
    source = SectionSource(
        path,
        um_per_pixel=tissue.mpp,
        image=tissue.image,
        pitch_um=tissue.pitch,
        bin_um=tissue.bin_um,
        alignment=tissue.alignment,
        image_scale=tissue.image_scale,
    )
    store = open_store(tissue.store) if tissue.store else None
    result = predict_study(
        predictor, source, folder, encoders=tissue.encoders, store=store, output=written.choice()
    )
    output.finish(
        result,
        lambda: origin_of([path, *result.section.files]),
        lambda: section_text(result, model_name, folder),
    )
    return _PARTIAL if result.refused else 0


def _sections(
    paths: tuple[Path, ...],
    predictor: "ExpressionPredictor",
    tissue: SectionOptions,
    output: Output,
    *,
    written: SectionOutput,
    executor: "Executor",
) -> int:
    """Predict several sections and return the exit code."""
    from spectra_dl.execution.run import Execution
    from spectra_dl.expression.readers import SectionSource
    from spectra_dl.expression.study.predict_sections import predict_sections

    folder = output.out
    assert isinstance(folder, Path)  # _refuse_for_sections
    result = predict_sections(
        predictor,
        [
            SectionSource(
                path,
                um_per_pixel=tissue.mpp,
                pitch_um=tissue.pitch,
                image_scale=tissue.image_scale,
                bin_um=tissue.bin_um,
            )
            for path in paths
        ],
        folder,
        encoders=tissue.encoders,
        store=open_store(tissue.store) if tissue.store else None,
        output=written.choice(),
        execution=Execution(executor),
    )
    files = [file for summary in result.summaries for file in summary.files]
    output.finish(result, lambda: origin_of([*paths, *files]), lambda: sections_text(result, folder))
    return _PARTIAL if any(summary.line.refused for summary in result.summaries) else 0


def _refuse_for_sections(
    data: tuple[Path, ...], tissue: SectionOptions, output: Output, coverage: float | None
) -> None:
    if coverage is not None:
        raise UsageError("--coverage is that of classes, and this is a model of expression; leave it out")
    if output.out is None:
        raise UsageError("a model of expression writes files; name a folder with --out")
    if len(data) > 1 and tissue.image is not None:
        raise UsageError("--image is that of one section; predict sections with --image one at a time")
    if len(data) > 1 and tissue.alignment is not None:
        raise UsageError(
            "--alignment is that of one section; predict sections with --alignment one at a time"
        )
