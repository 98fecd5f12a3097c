"""What an evaluation is told and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.arrays import FloatArray
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.intervals import Interval, IntervalMethod
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.splits import Fold


@dataclass(frozen=True)
class EvaluationSettings:
    """How models are judged.

    Attributes
    ----------
    folds, repeats, seed
        Of the split by patient.
    resamples
        Patient bootstrap; 2,000 give the ends of a 95 % interval to about a tenth of its width.
    permutations
        Of the classes over patients.
    interval
        ``"percentile"`` or ``"bca"``.
    leaky
        Also run the split by spectrum, to show what it would have claimed; it doubles the time.
    positive
        The class whose sensitivity is reported, with two classes; None takes `classes.positive_class`.
    """

    folds: int = 5
    repeats: int = 1
    seed: int = 0
    resamples: int = 2000
    permutations: int = 2000
    interval: IntervalMethod = "percentile"
    leaky: bool = True
    positive: str | None = None

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.seed < 0:
            raise UsageError(
                f"folds={self.folds}, repeats={self.repeats}, seed={self.seed}: at least 2 folds, 1 repeat and a seed from 0"
            )
        if self.resamples < 100 or self.permutations < 100:
            raise UsageError(
                "resamples and permutations must be 100 or more; fewer give no interval worth printing"
            )
        if self.interval not in ("percentile", "bca"):
            raise UsageError(f"interval {self.interval!r}: choose 'percentile' or 'bca'")


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What one model reached.

    Attributes
    ----------
    name
        The model's name.
    probability
        ``(repeats, n, c)`` out-of-fold probabilities per row.
    patient_probability
        ``(repeats, m, c)``: the same, pooled by patient.
    patient_level, spectrum_level
        Figures with intervals, by metric, averaged over repeats.
    training_auc
        Patient AUC on the model's own training rows, mean over folds: how far it is above ``patient_level["auc"]``
        is what the model learned by heart.
    permutation_p
        How often classes dealt to patients at random reach this patient AUC.
    leaky
        Spectrum-level AUC and balanced accuracy a split by spectrum would have claimed; None if not run.
    seconds
        Wall-clock time of all fits and predictions; not part of the report.
    """

    name: str
    probability: FloatArray
    patient_probability: FloatArray
    patient_level: Mapping[str, Interval]
    spectrum_level: Mapping[str, Interval]
    training_auc: float
    permutation_p: float
    leaky: Mapping[str, float] | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All models on the same folds.

    Attributes
    ----------
    settings
        How it was done.
    patients
        Whose each row is.
    positive, positive_reason
        The class whose sensitivity is reported, and why that one; None with more than two classes.
    folds
        The split.
    models
        Results by name, in the order given.
    differences
        Every other model minus the first, in AUC and balanced accuracy at patient level.
    audit
        What besides biology tells the classes apart.
    """

    settings: EvaluationSettings
    patients: Patients
    positive: str | None
    positive_reason: str
    folds: tuple[Fold, ...]
    models: Mapping[str, ModelResult]
    differences: tuple[Difference, ...]
    audit: Audit
