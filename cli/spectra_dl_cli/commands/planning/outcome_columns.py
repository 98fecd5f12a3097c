"""What is predicted where it is no class: the columns of a number, or of a time and its event, and what goes with neither."""

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from spectra_dl.errors import UsageError

if TYPE_CHECKING:
    from spectra_dl.evaluation.outcomes.results import OutcomeSettings
    from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings


@dataclass(frozen=True, kw_only=True)
class OutcomeColumns:
    """Which columns say what came of patients.

    Attributes
    ----------
    target
        Column of a number per patient; None: classes, or times.
    time, event, horizon
        Columns of the time to an event, and when probabilities are compared with what came.
    """

    target: str | None
    time: str | None
    event: str | None
    horizon: float | None

    @property
    def of_classes(self) -> bool:
        """Whether classes are predicted.

        Raises
        ------
        UsageError
            A time without its event, or more than one kind of outcome.
        """
        if (self.time is None) != (self.event is None):
            raise UsageError(
                "--time and --event go together: how long a patient was followed, and whether the event came"
            )
        if self.time is not None and self.target is not None:
            raise UsageError(
                "--target predicts a number, --time and --event the time to an event; leave one out"
            )
        if self.horizon is not None and self.time is None:
            raise UsageError("--horizon is of the time to an event: name --time and --event, or leave it out")
        return self.target is None and self.time is None

    def settings(self, **how: Any) -> "OutcomeSettings | SurvivalSettings":
        """Return the settings of an evaluation of a number, or of the time to an event.

        Parameters
        ----------
        how
            What both have, such as ``folds`` and ``seed``.
        """
        from spectra_dl.evaluation.outcomes.results import OutcomeSettings
        from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings

        if self.time is None:
            return OutcomeSettings(self.target or "", **how)
        return SurvivalSettings(self.time, self.event or "", horizon=self.horizon, **how)

    def refuse_options_of_classes(self, context: click.Context, of_classes: Set[str]) -> None:
        """Refuse options that would be ignored where a number or a time is predicted.

        Parameters
        ----------
        context
            Of the command.
        of_classes
            Names of the parameters that are of classes alone.

        Raises
        ------
        UsageError
            One was given, or the columns do not go together.
        """
        if self.of_classes:
            return
        given = [
            option.opts[0]
            for option in context.command.params
            if option.name in of_classes
            and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
        ]
        if given:
            asked = (
                "--target predicts a number"
                if self.target
                else "--time and --event ask for the time to an event"
            )
            raise UsageError(f"{asked}; {', '.join(given)} is of classes: leave it out")
