"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import click

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.spectra.preprocessing.steps import Baseline, Step
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.table import SpectraTable
    from spectra_dl.training.settings import TrainingSettings

Normalisation = Literal["snv", "vector", "area", "minmax", "emsc", "none"]
Negatives = Literal["keep", "clip"]
Device = Literal["auto", "cpu", "cuda"]
NETWORKS = ("compact", "lenet5", "deepcnn", "resnet")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def together(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Return one decorator that adds several options, shown in the order given."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


identity_options = together(
    click.option("--sample-id", metavar="COLUMN", help="Column of the sample ids."),
    click.option("--patient", "--group-by", "patient", metavar="COLUMN", help="Column of the patient ids."),
    click.option(
        "--replicates",
        type=click.IntRange(min=1),
        metavar="N",
        help="Each N consecutive rows are one patient.",
    ),
    click.option(
        "--samples",
        type=click.Path(path_type=Path, readable=False),
        metavar="SHEET",
        help="Sheet with columns file, patient, label, batch.",
    ),
)

study_options = together(
    click.option("--label", metavar="COLUMN", help="Column of the classes."),
    identity_options,
    click.option("--batch", metavar="COLUMN", help="Column of the session, batch or instrument."),
    click.option("--positive", metavar="CLASS", help="The class whose sensitivity is reported."),
)


def _smoothing(context: click.Context, option: click.Parameter, value: str) -> float | str:
    if value == "auto":
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number nor auto") from None


def threshold_rule(context: click.Context, option: click.Parameter, value: str) -> "ThresholdRule":
    """Read how a decision threshold is chosen."""
    if value == "youden":
        return "youden"
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither youden nor a specificity such as 0.95") from None


_crop_option = click.option(
    "--crop", nargs=2, type=float, metavar="LOW HIGH", help="Use only this range, in cm-1."
)
_baseline_option = click.option(
    "--baseline",
    default="asls",
    show_default=True,
    metavar="METHOD",
    help="Baseline method by name, or none.",
)


def _lam_option(chosen_on: str) -> Callable[[_Command], _Command]:
    return click.option(
        "--lam",
        default="auto",
        show_default=True,
        callback=_smoothing,
        metavar="NUMBER",
        help=f"The baseline's smoothing parameter; auto: chosen on {chosen_on}.",
    )


def _normalise_option(default: Normalisation) -> Callable[[_Command], _Command]:
    return click.option(
        "--normalise",
        type=click.Choice(get_args(Normalisation)),
        default=default,
        show_default=True,
        help="How levels are made comparable.",
    )


cleaning_options = together(
    _crop_option, _baseline_option, _lam_option("training spectra"), _normalise_option("snv")
)
correction_options = together(
    _crop_option,
    _baseline_option,
    _lam_option("the first spectra"),
    click.option(
        "--negatives",
        type=click.Choice(get_args(Negatives)),
        default="keep",
        show_default=True,
        help="What happens to points below the baseline.",
    ),
    _normalise_option("none"),
)

network_options = together(
    click.option(
        "--network",
        type=click.Choice(NETWORKS),
        default="compact",
        show_default=True,
        help="Architecture of the members.",
    ),
    click.option(
        "--members",
        type=click.IntRange(min=2, max=100),
        default=5,
        show_default=True,
        help="Networks in the ensemble.",
    ),
    click.option(
        "--epochs", type=click.IntRange(min=1), metavar="N", help="Passes over the training spectra at most."
    ),
    click.option(
        "--device",
        type=click.Choice(get_args(Device)),
        default="auto",
        show_default=True,
        help="What is named must be there.",
    ),
)

out_option = click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the results."
)
model_out_option = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for model.safetensors.",
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Allow a folder that already holds results."
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The same seed gives the same result.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
data_argument = click.argument(
    "data", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="DATA..."
)


def read_options(
    *,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    label: str | None = None,
    batch: str | None = None,
) -> "ReadOptions":
    """Turn the command's options into what the readers are told."""
    from spectra_dl.spectra.readers import ReadOptions

    return ReadOptions(
        sample_id=sample_id, patient=patient, label=label, batch=batch, replicates=replicates, samples=samples
    )


def read_table(
    data: tuple[Path, ...],
    *,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    label: str | None = None,
    batch: str | None = None,
) -> "SpectraTable":
    """Read the command's input as its options say."""
    from spectra_dl.spectra.readers import read_spectra

    options = read_options(
        sample_id=sample_id, patient=patient, replicates=replicates, samples=samples, label=label, batch=batch
    )
    return read_spectra(readers_input(data), options)


def readers_input(data: tuple[Path, ...]) -> Path | list[Path]:
    """Return DATA as the readers take it: one path by itself, several as a list."""
    return data[0] if len(data) == 1 else list(data)


def input_paths(data: tuple[Path, ...], samples: Path | None) -> list[Path]:
    """Return everything that was read, for the report."""
    return [*data, samples] if samples else [*data]


def cleaning_steps(
    *,
    crop: tuple[float, float] | None,
    baseline: str,
    lam: float | str,
    normalise: Normalisation,
    negatives: Negatives = "keep",
) -> "Preprocessing":
    """Turn the command's options into ordered cleaning steps."""
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.spectra.preprocessing.steps import Baseline, Crop, Normalise

    steps: list[Step] = [Crop(*crop)] if crop else []
    for step in Preprocessing.default().steps:
        if isinstance(step, Baseline):
            steps += _baseline(step, baseline, lam, negatives)
        elif isinstance(step, Normalise):
            steps += _normalisation(normalise)
        else:
            steps.append(step)
    return Preprocessing(tuple(steps))


def _baseline(usual: "Baseline", method: str, lam: float | str, negatives: Negatives) -> "list[Step]":
    from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS
    from spectra_dl.spectra.preprocessing.steps import Baseline

    if method == "none":
        return []
    others = [(name, value) for name, value in usual.parameters if name != "lam" and method == usual.method]
    smoothing = [("lam", lam)] if method in WHITTAKER_METHODS or lam != "auto" else []
    return [Baseline(method, (*smoothing, *others), negatives)]


def _normalisation(kind: Normalisation) -> "list[Step]":
    from spectra_dl.spectra.preprocessing.steps import EMSC, Normalise

    if kind == "none":
        return []
    return [EMSC() if kind == "emsc" else Normalise(kind)]


def training_settings(*, epochs: int | None, device: Device) -> "TrainingSettings":
    """Turn the command's options into the loop's settings."""
    from dataclasses import replace

    from spectra_dl.spectra.estimators.classifier import DEFAULT_TRAINING

    return replace(DEFAULT_TRAINING, device=device, epochs=epochs or DEFAULT_TRAINING.epochs)
