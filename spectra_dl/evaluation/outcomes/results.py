"""What an evaluation of a number per patient is given and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.choice import Choice
from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.outcomes.values import Outcomes


@dataclass(frozen=True)
class OutcomeSettings:
    """How models of a number are evaluated.

    Attributes
    ----------
    target
        What the number is called.
    folds, repeats, seed
        Of the split by patient.
    resamples
        Patient bootstrap.
    refits
        Of a linear model without a relation between rows and numbers: what chance reaches.
    leaky
        Also run the split by row, for the leaky estimate of such a split.

    Examples
    --------
    >>> OutcomeSettings("iodine value").folds
    5
    """

    target: str = "the number"
    folds: int = 5
    repeats: int = 1
    seed: int = 0
    resamples: int = 2000
    refits: int = 499
    leaky: bool = True

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.seed < 0:
            raise UsageError(
                f"folds={self.folds}, repeats={self.repeats}, seed={self.seed}: at least 2 folds, 1 repeat and a seed from 0"
            )
        if self.resamples < 100 or self.refits < 39:
            raise UsageError(
                f"resamples={self.resamples}, refits={self.refits}: take at least 100 and 39; fewer give no interval and no p worth printing"
            )


@dataclass(frozen=True)
class OutcomeFold:
    """One outer fold of one model, scored on its test patients.

    Attributes
    ----------
    repeat, number
        Of the fold, from 0.
    patients
        How many were tested.
    rmse
        Their root mean squared error.
    chosen
        What the fold chose, if it had a choice.
    """

    repeat: int
    number: int
    patients: int
    rmse: float
    chosen: Choice | None = None


@dataclass(frozen=True, eq=False)
class OutcomeResult:
    """What one model reached.

    Attributes
    ----------
    name, kind, words
        Of the model's entry.
    predicted
        ``(repeats, m)`` of each patient, by models that had not seen it.
    patient_level
        Figures with intervals, by metric, averaged over repeats.
    training_rmse
        Error on training patients, mean over folds: how far it is below ``patient_level["rmse"]`` is what was learned by heart.
    chance
        The rank correlation against refits without a relation between numbers and rows.
    per_fold
        Each outer fold on its own.
    leaky
        The leaky estimate: figures by metric of a split by row; None if not run.
    seconds
        Time of all fits and predictions, one after another; not part of the report.
    """

    name: str
    kind: ModelKind
    words: str
    predicted: FloatArray
    patient_level: Mapping[str, Interval]
    training_rmse: float
    chance: Chance
    per_fold: tuple[OutcomeFold, ...]
    leaky: Mapping[str, float] | None
    seconds: float


@dataclass(frozen=True, eq=False)
class OutcomeEvaluation:
    """All models of a number on the same folds.

    Attributes
    ----------
    settings
        How it was done.
    outcomes
        Whose each row is, and the numbers.
    folds
        The split.
    models
        Results by name, in the order given; the first is the reference.
    differences
        Every other model minus the first, in error and rank correlation.
    audit
        What other than biology predicts the number.
    context
        The modality's words and facts.
    """

    settings: OutcomeSettings
    outcomes: Outcomes
    folds: tuple[Fold, ...]
    models: Mapping[str, OutcomeResult]
    differences: tuple[Difference, ...]
    audit: Audit
    context: ReportContext
