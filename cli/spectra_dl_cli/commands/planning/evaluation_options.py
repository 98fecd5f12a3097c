"""What an evaluation of spectra is asked: its options, which a protocol seals, and what they say together."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.model_options import model_names, models_option, network_options
from spectra_dl_cli.options import (
    cleaning_options,
    data_argument,
    folds_option,
    sample_label_option,
    seed_option,
    study_options,
    survival_options,
    target_option,
    threshold_option,
    together,
)
from spectra_dl_cli.split_options import split_options

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.spectra.estimators.model_names import ChosenModels

_OF_CLASSES = frozenset(
    {
        "label",
        "label_per_sample",
        "positive",
        "tune",
        "split_by",
        "threshold",
        "coverage",
        "interval",
        "null_refits",
    }
)


@dataclass(frozen=True, kw_only=True)
class Protocol(OutcomeColumns):
    """How models are compared.

    Attributes
    ----------
    folds, repeats
        Of the split by patient.
    split_by, folds_from
        A column or a file that divides the patients instead.
    models
        Which are evaluated, by name; None takes the default network and every classical model.
    no_leaky
        Leave the leaky estimate out.
    tune
        Let each fold choose among a few settings.
    label_per_sample
        Classes are of samples.
    threshold, coverage, interval, null_refits, positive, seed
        See `spectra_dl.evaluation.classes.results.EvaluationSettings`.
    """

    folds: int
    repeats: int
    split_by: str | None
    folds_from: Path | None
    models: tuple[str, ...] | None
    no_leaky: bool
    tune: bool
    label_per_sample: bool
    threshold: "ThresholdRule"
    coverage: float
    interval: Literal["percentile", "bca"]
    null_refits: int
    positive: str | None
    seed: int

    def chosen(self) -> "ChosenModels":
        """Return the models that are evaluated.

        Raises
        ------
        UsageError
            There is no model of a name.
        """
        return model_names(self.target, self.time).chosen(self.models)

    def evaluation(self) -> "EvaluationSettings":
        """Return the settings of the evaluation."""
        from spectra_dl.evaluation.classes.results import EvaluationSettings

        return EvaluationSettings(
            folds=self.folds,
            repeats=self.repeats,
            seed=self.seed,
            interval=self.interval,
            null_refits=self.null_refits,
            positive=self.positive,
            threshold_rule=self.threshold,
            coverage=self.coverage,
            leaky=not self.no_leaky,
        )


#: Options of an evaluation that a protocol seals.
evaluation_options = together(
    data_argument,
    study_options,
    sample_label_option,
    target_option,
    survival_options,
    cleaning_options,
    models_option,
    network_options,
    folds_option,
    split_options("patients", "spectrum"),
    threshold_option("Decision threshold: youden, or the specificity wanted, such as 0.95."),
    click.option(
        "--coverage",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.9,
        show_default=True,
        help="How often sets of classes shall hold the true one.",
    ),
    click.option(
        "--interval",
        type=click.Choice(("percentile", "bca")),
        default="percentile",
        show_default=True,
        help="Bootstrap interval over patients, of all figures but the AUC.",
    ),
    click.option(
        "--null-refits",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Refit each model N times (39 or more) with classes permuted, for its own p; 0 takes a linear model's refits.",
    ),
    seed_option,
)


def refuse_other_outcomes(context: click.Context, protocol: Protocol) -> None:
    """Refuse options of another outcome than the one asked for, and unknown models, before anything is read.

    Parameters
    ----------
    context
        Of the command.
    protocol
        How models are compared.

    Raises
    ------
    UsageError
        An option would be ignored, or there is no such model.
    """
    protocol.refuse_options_of_classes(context, _OF_CLASSES)
    protocol.chosen()
