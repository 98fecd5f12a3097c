"""Options that choose models of spectra and say how networks are trained, and the options that these replaced."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from spectra_dl.errors import UsageError
from spectra_dl.plugins import kinds_of
from spectra_dl.spectra.estimators.model_names import (
    CLASS_MODELS,
    NUMBER_MODELS,
    SURVIVAL_MODELS,
    ModelNames,
)
from spectra_dl.spectra.networks import NETWORK_NAMES
from spectra_dl_cli.options import bundled, together
from spectra_dl_cli.output import say_warning
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.training.settings import TrainingSettings

_REMOVED_IN = "0.2.0"

_Command = TypeVar("_Command", bound=Callable[..., Any])


class NameList(click.ParamType):  # type: ignore[type-arg]
    """Names with commas between, each kept once."""

    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names; a report's list of names is taken as it is.

        Parameters
        ----------
        value
            What was typed, or what a report holds.
        param, ctx
            Of the message, where it is neither.
        """
        if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
            return tuple(value)
        if not isinstance(value, str):
            self.fail(f"{value!r:.80} is no list of names with commas between", param, ctx)
        return tuple(dict.fromkeys(name.strip().lower() for name in value.split(",")))


class TrainedModel(click.Choice[str]):
    """A model that can be written as a file."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; that of a model which no file can hold is refused with what takes it.

        Parameters
        ----------
        value
            What was typed.
        param, ctx
            Of the message.
        """
        if isinstance(value, str) and CLASS_MODELS.is_plugin(value):
            brought = kinds_of(value)
            if (
                "networks" in brought or not brought
            ):  # one that is not installed is refused where it is loaded
                return value
            self.fail(
                f"{value} is installed as one of {' and '.join(brought)}, and only networks of plugins can be written as a model file",
                param,
                ctx,
            )
        if value in CLASS_MODELS.classical and value not in self.choices:
            self.fail(
                f"{value} can't be written as a model file; choose one of {', '.join(self.choices)}. evaluate spectra --models {value} says "
                "how well it would do.",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


def _old_option(name: str, *, multiple: bool = False) -> Callable[[_Command], _Command]:
    return click.option(name, type=click.Choice(NETWORK_NAMES), multiple=multiple, hidden=True)


models_option = together(
    click.option(
        "--models",
        type=NameList(),
        metavar="A,B,C",
        help=f"Which models are evaluated; the first network, or else the first, is the reference of differences: {', '.join(CLASS_MODELS.names)}; "
        f"with --target {', '.join(NUMBER_MODELS.names)}; with --time {', '.join(SURVIVAL_MODELS.names)}. plugin:NAME takes an installed plugin.  [default: {CLASS_MODELS.default} and all that are no networks]",
    ),
    _old_option("--network"),
    _old_option("--also", multiple=True),
)
model_option = together(
    click.option(
        "--model",
        type=TrainedModel(CLASS_MODELS.stored),
        default=CLASS_MODELS.default,
        show_default=True,
        help="What is trained.",
    ),
    _old_option("--network"),
)


class ModelCommand(Command):
    """A command with `models_option` or `model_option` that still takes --network and --also, and says what to type now."""

    def invoke(self, context: click.Context) -> object:
        """Run the command, which is not given the old options."""
        network, also = context.params.pop("network"), context.params.pop("also", ())
        if network or also:
            _take_old(context, network, also)
        return super().invoke(context)


def _take_old(context: click.Context, network: str | None, also: tuple[str, ...]) -> None:
    """Say with --model or --models what the old options said, to whoever typed them too."""
    old = " and ".join(name for name, given in (("--network", network), ("--also", also)) if given)
    option = "models" if "models" in context.params else "model"
    if context.get_parameter_source(option) is ParameterSource.COMMANDLINE:
        raise UsageError(f"--{option} has replaced {old}; leave {old} out")
    names = model_names(context.params["target"], context.params.get("time"))
    networks = (network or names.default, *also)
    value = tuple(dict.fromkeys((*networks, *names.classical))) if option == "models" else network
    typed = ",".join(value) if isinstance(value, tuple) else value
    say_warning(f"{old}: type --{option} {typed} now; the old name goes with version {_REMOVED_IN}")
    context.params[option] = value
    context.set_parameter_source(option, ParameterSource.COMMANDLINE)


def model_names(target: str | None, time: str | None = None) -> ModelNames:
    """Return the models there are.

    Parameters
    ----------
    target
        Column of a number per patient; None: classes.
    time
        Column of the time to an event, in place of both.
    """
    if time is not None:
        return SURVIVAL_MODELS
    return CLASS_MODELS if target is None else NUMBER_MODELS


network_options = together(
    click.option(
        "--members",
        type=click.IntRange(min=2, max=100),
        help="Networks in the ensemble; 10, which leave out each of five folds of the patients twice, or 5 with --target and --time, if not given.",
    ),
    click.option(
        "--epochs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Passes over the training spectra; 12, and more with few spectra, if not given.",
    ),
)


@dataclass(frozen=True)
class NetworkOptions:
    """What `network_options` say.

    Attributes
    ----------
    members
        Networks in the ensemble; None takes the default.
    epochs
        Passes over the training rows; None takes the default, which few rows get more of.
    """

    members: int | None
    epochs: int | None

    def training(self, usual: "TrainingSettings | None" = None) -> "TrainingSettings":
        """Return the loop's settings; ``usual`` are those of what is trained, of classes if None."""
        from dataclasses import replace

        from spectra_dl.spectra.estimators.classifier import DEFAULT_TRAINING

        usual = usual or DEFAULT_TRAINING
        return usual if self.epochs is None else replace(usual, epochs=self.epochs, least_steps=1)


bundled_network = bundled("network", NetworkOptions)
