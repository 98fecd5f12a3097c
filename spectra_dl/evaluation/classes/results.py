"""What an evaluation of classes is given and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.classes.calibration import ReliabilityBin
from spectra_dl.evaluation.classes.conformal import check_coverage
from spectra_dl.evaluation.classes.decision_curves.net_benefit import DecisionCurve
from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.classes.inference.paired import PairedShare
from spectra_dl.evaluation.classes.roc import RocCurve
from spectra_dl.evaluation.classes.threshold import SmoothedThreshold, ThresholdRule, check_rule
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval, IntervalMethod
from spectra_dl.evaluation.patients import Patients

_FEWEST_REFITS = 39  # one of forty is .025


@dataclass(frozen=True)
class EvaluationSettings:
    """How models are evaluated.

    Attributes
    ----------
    folds, repeats, seed
        Of the split by patient.
    resamples
        Patient bootstrap; 2,000 give the ends of a 95 % interval to about a tenth of its width.
    permutations
        Of the classes over patients, for predictions from elsewhere, which can't be refitted.
    refits
        Of a linear model without a relation between classes and rows: what chance reaches.
    null_refits
        Of each model itself, likewise; 0 lets the linear model stand for all. Exact, and so many times slower.
    interval
        ``"percentile"`` or ``"bca"``.
    leaky
        Also run the split by row, for the leaky estimate of such a split; it takes as many fits again.
    positive
        The class whose sensitivity is reported, with two classes; None takes `classes.positive_class`.
    split_by
        What the folds keep together, for the report: ``"patient"``, or the column of folds from `group_splits`.
    threshold_rule
        As in `threshold.smooth_threshold`: how each fold chooses its decision threshold on training patients.
    coverage
        As in `conformal.fit_conformal`: how often sets of classes shall hold the true one.

    Examples
    --------
    >>> EvaluationSettings(folds=3).repeats
    1
    """

    folds: int = 5
    repeats: int = 1
    seed: int = 0
    resamples: int = 2000
    permutations: int = 2000
    refits: int = 499
    null_refits: int = 0
    interval: IntervalMethod = "percentile"
    leaky: bool = True
    positive: str | None = None
    split_by: str = "patient"
    threshold_rule: ThresholdRule = "youden"
    coverage: float = 0.9

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.seed < 0:
            raise UsageError(
                f"folds={self.folds}, repeats={self.repeats}, seed={self.seed}: at least 2 folds, 1 repeat and a seed from 0"
            )
        if self.resamples < 100 or self.permutations < 100:
            raise UsageError(
                "resamples and permutations must be 100 or more; fewer give no interval worth printing"
            )
        if self.refits < _FEWEST_REFITS or (self.null_refits and self.null_refits < _FEWEST_REFITS):
            raise UsageError(
                f"refits={self.refits}, null_refits={self.null_refits}: take at least {_FEWEST_REFITS}; with fewer nothing can be told from chance"
            )
        if self.interval not in ("percentile", "bca"):
            raise UsageError(f"interval {self.interval!r}: choose 'percentile' or 'bca'")
        check_rule(self.threshold_rule)
        check_coverage(self.coverage)


@dataclass(frozen=True)
class FoldResult:
    """One outer fold of one model, scored on its test patients.

    Attributes
    ----------
    repeat, number
        Of the fold, from 0.
    patients
        How many were tested.
    figures
        The headline metrics at patient level; NaN where a class has no test patient.
    threshold
        Chosen on training patients; None with more than two classes, or where a class has a single training patient.
    left_out
        The batch, site or instrument tested, in a split by such a column.
    chosen
        What the fold chose, if it had a choice.
    """

    repeat: int
    number: int
    patients: int
    figures: Mapping[str, float]
    threshold: SmoothedThreshold | None = None
    left_out: str | None = None
    chosen: Choice | None = None

    @property
    def auc(self) -> float:
        """The patient AUC."""
        return self.figures["auc"]


@dataclass(frozen=True)
class Calibration:
    """How honest the positive class's probabilities are; see `calibration`."""

    slope: float
    intercept: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, eq=False)
class Curves:
    """Patients, their probabilities averaged over repeats.

    Attributes
    ----------
    roc
        Of the positive class, or of each class against the rest.
    confusion
        ``(c, c)`` counts of patients: true class by row, likeliest class by column.
    calibration, decision
        Of the positive class; None with more than two classes.
    """

    roc: tuple[RocCurve, ...]
    confusion: IndexArray
    calibration: Calibration | None
    decision: DecisionCurve | None


@dataclass(frozen=True)
class ThresholdResult:
    """Decisions by thresholds that each fold chose on its training patients.

    Attributes
    ----------
    rule
        How they were chosen.
    per_fold
        The thresholds with their spread, in the order of the folds.
    sensitivity, specificity
        Of test patients, with Wilson's interval; averaged over repeats.
    """

    rule: ThresholdRule
    per_fold: tuple[SmoothedThreshold, ...]
    sensitivity: Interval
    specificity: Interval


@dataclass(frozen=True)
class ConformalResult:
    """Sets of classes that each fold learned from its training patients, assessed on test patients, averaged over repeats.

    Attributes
    ----------
    coverage_wanted
        The share of patients whose set shall hold their class.
    coverage, coverage_per_class
        The share whose set does; the latter in the order of the classes.
    mean_set_size
        Classes per set.
    abstained
        The share of patients whose set is not exactly one class, so that there is no answer.
    pooled
        Numbers of the classes that had too few training patients in a fold, so that their limit was that of all together.
    """

    coverage_wanted: float
    coverage: float
    coverage_per_class: tuple[float, ...]
    mean_set_size: float
    abstained: float
    pooled: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class ModelResult:
    """What one model reached.

    Attributes
    ----------
    name, kind, words
        Of the model's entry.
    probability
        ``(repeats, n, c)`` out-of-fold probabilities per row.
    patient_probability
        ``(repeats, m, c)``: the same, pooled by patient.
    patient_level, row_level
        Figures with intervals, by metric, averaged over repeats.
    training_auc
        Patient AUC on the model's own training rows, mean over folds: how far it is above ``patient_level["auc"]``
        is what the model learned by heart.
    chance
        The AUC against refits without a relation between classes and rows.
    per_fold
        Each outer fold on its own.
    curves
        ROC, calibration and confusion of patients.
    threshold
        Decisions by a threshold chosen in each fold; None if there is none.
    conformal
        Sets of classes at a stated coverage; None where a class has a single training patient.
    leaky
        The leaky estimate: row-level AUC and balanced accuracy of a split by row; None if not run.
    leaky_of_smaller
        Whether it is of the smaller model that this one offers, see `spectra_dl.evaluation.estimator.Estimator`.
    leaky_by
        The same of splits that keep something together within patients, by its name.
    seconds
        Time of all fits and predictions, one after another; not part of the report.
    paired
        Where labels are of samples and there are two classes: in how many subjects the positive one scores above the negative one.
    """

    name: str
    kind: ModelKind
    words: str
    probability: FloatArray
    patient_probability: FloatArray
    patient_level: Mapping[str, Interval]
    row_level: Mapping[str, Interval]
    training_auc: float
    chance: Chance
    per_fold: tuple[FoldResult, ...]
    curves: Curves
    threshold: ThresholdResult | None
    conformal: ConformalResult | None
    leaky: Mapping[str, float] | None
    seconds: float
    paired: PairedShare | None = None
    leaky_by: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    leaky_of_smaller: bool = False


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
        What other than biology separates the classes.
    context
        The modality's words and facts.
    observations
        What observers saw, in the order of models and folds.
    one_class_folds
        Folds that test one class only, in words: nothing can be ranked in them, and the AUC knows nothing of their patients.
    """

    settings: EvaluationSettings
    patients: Patients
    positive: str | None
    positive_reason: str
    folds: tuple[Fold, ...]
    models: Mapping[str, ModelResult]
    differences: tuple[Difference, ...]
    audit: Audit
    context: ReportContext
    observations: tuple[Observation, ...] = ()
    one_class_folds: tuple[str, ...] = ()
