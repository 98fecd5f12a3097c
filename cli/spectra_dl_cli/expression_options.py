"""Options of the commands that train and evaluate on tissue sections."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from spectra_dl.expression.estimators.losses import LossName
from spectra_dl.expression.estimators.registry import MODEL_NAMES
from spectra_dl_cli.options import bundled, seed_option, store_option, together

if TYPE_CHECKING:
    from spectra_dl.expression.study.settings import ExpressionStudySettings

Panel = Literal["variance", "mean"]
Group = Literal["patient", "section"]

expression_options = together(
    click.argument("sections", type=click.Path(path_type=Path, readable=False), metavar="SECTIONS"),
    click.option(
        "--model",
        type=click.Choice(MODEL_NAMES),
        default=MODEL_NAMES[0],
        show_default=True,
        help="Network or regression; fine-tuned trains EfficientNet-Lite0 itself on tiles of the first --tile-um, without --encoder.",
    ),
    click.option(
        "--loss",
        type=click.Choice(get_args(LossName)),
        default="mse",
        show_default=True,
        help="What a network is trained for.",
    ),
    click.option(
        "--genes",
        type=click.IntRange(min=1),
        default=250,
        show_default=True,
        help="Genes predicted, chosen on training sections.",
    ),
    click.option(
        "--panel",
        type=click.Choice(get_args(Panel)),
        default="variance",
        show_default=True,
        help="How genes are chosen.",
    ),
    click.option(
        "--group",
        type=click.Choice(get_args(Group)),
        default="patient",
        show_default=True,
        help="What is left out; section keeps other sections of a patient in training, and says so.",
    ),
    click.option(
        "--encoder",
        "encoders",
        multiple=True,
        default=("colour-texture", "efficientnet-lite0"),
        show_default=True,
        metavar="NAME",
        help="What turns tiles into numbers; may be given several times: colour-texture, efficientnet-lite0, slidl, timm:MODEL, file:WEIGHTS.safetensors, or features:PATH for HDF5 files that another tool computed.",
    ),
    click.option(
        "--tile-um",
        multiple=True,
        type=click.FloatRange(min=1.0, max=10_000.0),
        default=(112.0, 224.0, 448.0),
        show_default=True,
        metavar="SIDE",
        help="Side of the tiles around a spot, in um; may be given several times.",
    ),
    store_option,
    seed_option,
)


def _settings(
    *,
    model: str,
    loss: LossName,
    genes: int,
    panel: Panel,
    group: Group,
    encoders: tuple[str, ...],
    tile_um: tuple[float, ...],
    seed: int,
    hest_exact: bool = False,
    folds: int | None = None,
    repeats: int = 1,
    split_by: str | None = None,
    tune: bool = False,
) -> "ExpressionStudySettings":
    from spectra_dl.expression.study.settings import ExpressionStudySettings

    return ExpressionStudySettings(
        model=model,
        loss=loss,
        genes=genes,
        panel=panel,
        group=group,
        encoders=encoders,
        tile_um=tile_um,
        seed=seed,
        hest_exact=hest_exact,
        folds=folds,
        repeats=repeats,
        split_by=split_by,
        tune=tune,
    )


bundled_settings = bundled("settings", _settings)
