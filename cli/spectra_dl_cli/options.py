"""Options that several commands share, and how those that belong together become one value."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from spectra_dl.errors import UsageError
from spectra_dl.plugins import is_plugin_name
from spectra_dl.spectra.preprocessing.ray_threshold import THRESHOLD
from spectra_dl.spectra.study.cleaning import CleaningSettings, Negatives, Normalisation
from spectra_dl_cli.printing.help import OptionWithAlias

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.imaging.features.store import FeatureStore
    from spectra_dl.spectra.readers import ReadOptions
    from spectra_dl.spectra.table import SpectraTable

_Command = TypeVar("_Command", bound=Callable[..., Any])


def together(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Return one decorator that adds several options, shown in the order given."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def bundled(name: str, build: Callable[..., object]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command several of its options as one value.

    Parameters
    ----------
    name
        The command's parameter that takes the value.
    build
        Makes the value: a dataclass, or a function of keyword parameters. Options named like its parameters are handed to it and no
        longer to the command; a parameter that is no option of the command keeps its default.
    """
    names = tuple(inspect.signature(build).parameters)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        # click hands over every option by name, so a wrapper takes whatever the command was given.
        @functools.wraps(command)
        def with_value(*arguments: Any, **options: Any) -> Any:
            given = {each: options.pop(each) for each in names if each in options}
            return command(*arguments, **options, **{name: build(**given)})

        return with_value

    return decorate


column_options = together(
    click.option("--sample-id", metavar="COLUMN", help="Column of the sample ids."),
    click.option(
        "--patient",
        "--group-by",
        "patient",
        cls=OptionWithAlias,
        metavar="COLUMN",
        help="Column of the patient ids.",
    ),
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
        help="Sheet with columns file (or sample_id), patient, label, batch: of files, or of the spectra of a table.",
    ),
    click.option(
        "--laser",
        "laser_nm",
        type=float,
        metavar="NM",
        help="The laser's wavelength: converts an axis in nm, eV, meV, THz or absolute cm-1.",
    ),
    click.option(
        "--reader",
        metavar="plugin:NAME",
        help="Read every file by an installed plugin, in place of recognising its format.",
    ),
    click.option(
        "--intensity",
        multiple=True,
        metavar="COLUMN",
        help="A column that is a spectrum, where a table has a spectrum a column; repeatable.",
    ),
)
identity_options = together(
    column_options,
    click.option(
        "--calibration",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        help="Correct the axis by this file, which calibrate-axis wrote.",
    ),
    click.option(
        "--transfer",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        help="Bring spectra to another instrument's by this file, which transfer wrote.",
    ),
)
label_option = click.option("--label", metavar="COLUMN", help="Column of the classes.")
sample_label_option = click.option(
    "--label-per-sample",
    is_flag=True,
    help="Classes are of samples, and a patient may have several, as paired tissue; split by patient all the same.",
)
target_option = click.option(
    "--target", metavar="COLUMN", help="Column of a number per patient, to be predicted in place of classes."
)
survival_options = together(
    click.option(
        "--time",
        metavar="COLUMN",
        help="Column of how long each patient was followed; with --event, in place of classes.",
    ),
    click.option(
        "--event",
        metavar="COLUMN",
        help="Column with 1 where the event came at that time, 0 where the patient was last seen without it.",
    ),
    click.option(
        "--horizon",
        type=click.FloatRange(0, min_open=True),
        metavar="T",
        help="With --time: when probabilities are compared with what came; the median time of events if not given.",
    ),
)
batch_option = click.option("--batch", metavar="COLUMN", help="Column of the session, batch or instrument.")
positive_option = click.option("--positive", metavar="CLASS", help="The class whose sensitivity is reported.")
study_options = together(label_option, identity_options, batch_option, positive_option)
folds_option = click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Parts the patients are split into.",
)


def _smoothing(context: click.Context, option: click.Parameter, value: str) -> float | str:
    if value == "auto":
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number nor auto") from None


def _ray_threshold(context: click.Context, option: click.Parameter, value: str) -> float | str:
    if value == "none":
        return value
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither none nor a number such as {THRESHOLD:g}") from None


def _threshold_rule(context: click.Context, option: click.Parameter, value: str) -> "ThresholdRule":
    if value == "youden":
        return "youden"
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither youden nor a specificity such as 0.95") from None


def threshold_option(help_text: str) -> Callable[[_Command], _Command]:
    """Return the option that says how a decision threshold is chosen."""
    return click.option(
        "--threshold",
        default="youden",
        show_default=True,
        callback=_threshold_rule,
        metavar="RULE",
        help=help_text,
    )


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


despike_option = click.option(
    "--despike",
    default=f"{THRESHOLD:g}",
    show_default=True,
    callback=_ray_threshold,
    metavar="none|THRESHOLD",
    help="Remove cosmic rays this many times as high as the noise (3 to 1000), or none.",
)


def _normalise_option(default: Normalisation) -> Callable[[_Command], _Command]:
    return click.option(
        "--normalise",
        type=click.Choice(get_args(Normalisation)),
        default=default,
        show_default=True,
        help="How levels are made comparable.",
    )


_step_option = click.option(
    "--step",
    multiple=True,
    metavar="plugin:NAME",
    help="A cleaning step that an installed plugin brings; it stands after the others of its stage.",
)
cleaning_options = together(
    _crop_option,
    despike_option,
    _baseline_option,
    _lam_option("training spectra"),
    _normalise_option("snv"),
    _step_option,
)
correction_options = together(
    _crop_option,
    despike_option,
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
    _step_option,
)
bundled_cleaning = bundled("cleaning", CleaningSettings)

seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The same seed gives the same result.",
)


def _plugin_names(
    context: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the names; one that no plugin can have is refused before anything is read."""
    if wrong := next((name for name in names if not is_plugin_name(name)), None):
        raise UsageError(
            f"--plugin {wrong:.80}: a plugin is named plugin:NAME, as spectra-dl plugins lists it"
        )
    return names


plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    callback=_plugin_names,
    metavar="plugin:NAME",
    help="Import this plugin if the model needs it; its code runs on this machine.",
)
store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep features of tiles in this folder, and take them from there the next time.",
)
bin_option = click.option(
    "--bin-um",
    type=click.FloatRange(min=1.0, max=10_000.0),
    metavar="UM",
    help="With sections of Visium HD, cells or Xenium: um of the squares into which bins are joined or cells gathered.",
)
data_argument = click.argument(
    "data", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="DATA..."
)


def _reading(
    *,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    label: str | None = None,
    batch: str | None = None,
    laser_nm: float | None = None,
    intensity: tuple[str, ...] = (),
    calibration: Path | None = None,
    measured_standard: Path | None = None,
    standard_kind: str | None = None,
    transfer: Path | None = None,
    reader: str | None = None,
) -> "ReadOptions":
    from spectra_dl.errors import UsageError
    from spectra_dl.spectra.readers import ReadOptions

    if standard_kind and measured_standard is None:
        raise UsageError("--standard-kind says what --standard FILE is; give the file as well")
    return ReadOptions(
        sample_id=sample_id,
        patient=patient,
        label=label,
        batch=batch,
        replicates=replicates,
        samples=samples,
        laser_nm=laser_nm,
        intensity=intensity,
        calibration=calibration,
        standard=measured_standard,
        standard_kind=standard_kind or "polystyrene",
        transfer=transfer,
        reader=reader,
    )


bundled_reading = bundled("reading", _reading)


def read_table(data: tuple[Path, ...], reading: "ReadOptions") -> "SpectraTable":
    """Read a command's input.

    Parameters
    ----------
    data
        Files and folders.
    reading
        The columns that say whose the spectra are.

    Raises
    ------
    DataError
        The input can't be read.
    """
    from spectra_dl.spectra.readers import read_spectra

    return read_spectra(readers_input(data), reading)


def readers_input(data: tuple[Path, ...]) -> Path | list[Path]:
    """Return DATA as the readers take it: one path by itself, several as a list."""
    return data[0] if len(data) == 1 else list(data)


def open_store(folder: Path) -> "FeatureStore":
    """Return the store in a folder, which is made where it is missing.

    Raises
    ------
    UsageError
        The path is a file, or its parent is missing.
    DataError
        It is a link.
    EnvironmentFault
        Nothing can be written there.
    """
    from spectra_dl.imaging.features.store import FeatureStore
    from spectra_dl.storage.run_folder import check_run_folder, make_run_folder

    check_run_folder(folder, overwrite=True, option="--store")
    make_run_folder(folder)
    return FeatureStore(folder)
