"""What an evaluation of a number per patient is given and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.outcomes.values import Outcomes


@dataclass(frozen=True)
class OutcomeSettings(PatientSettings):
    """How models of a number are evaluated.

    Attributes
    ----------
    target
        What the number is called.

    Examples
    --------
    >>> OutcomeSettings("iodine value").folds
    5
    """

    target: str = "target"

    @property
    def subject(self) -> str:
        """What is predicted, where a sentence begins with it."""
        return f"The number {self.target!r:.60}"


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
    observations
        What observers saw, in the order of models and folds.
    """

    settings: OutcomeSettings
    outcomes: Outcomes
    folds: tuple[Fold, ...]
    models: Mapping[str, OutcomeResult]
    differences: tuple[Difference, ...]
    audit: Audit
    context: ReportContext
    observations: tuple[Observation, ...] = ()
