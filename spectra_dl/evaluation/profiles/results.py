"""What an evaluation of profiles is given and what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metrics import Skill


class Regressor(Protocol):
    """scikit-learn's regressor of several columns, with parameters that `sklearn.base.clone` can copy."""

    def fit(self, X: Any, y: FloatArray) -> Any:
        """Fit to rows and their profiles and return the estimator.

        Parameters
        ----------
        X
            ``n`` rows, as the estimator takes them.
        y
            ``(n, t)`` profiles.
        """

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n, t)`` profiles of ``n`` rows."""


class ChosenTargets(Protocol):
    """What is predicted in one fold."""

    @property
    def names(self) -> Sequence[str]:
        """The ``t`` targets' names."""

    def values(self, rows: IndexArray) -> FloatArray:
        """Return ``(k, t)`` measured values."""

    def ceiling(self, rows: IndexArray) -> FloatArray:
        """Return ``(t,)`` the highest correlation any model could reach on these rows of one section; NaN where unknown."""


class TargetChooser(Protocol):
    """Chooses what is predicted from training rows and nothing else."""

    def fit(self, rows: IndexArray) -> ChosenTargets:
        """Return the targets chosen from the rows of these numbers ``(k,)``."""


@dataclass(frozen=True)
class ProfileSettings:
    """How models of profiles are evaluated.

    Attributes
    ----------
    group
        What is left out: ``"patient"``, or ``"section"``, which leaves sections of one patient on both sides.
    folds, repeats
        Split patients (or sections) into so many folds, so many times; None leaves out each on its own, once.
    resamples
        Of patients or sections, where there are enough to resample.
    seed
        Of resamples, shuffles and splits.
    shuffles
        How many times the first model is trained on shuffled rows.
    leaky
        Also run a split by row for the first model and the reference, for the leaky estimate of such a split.
    split_by
        What the folds keep together, for the report: None means ``group``, otherwise the column of given folds.

    Examples
    --------
    >>> ProfileSettings(folds=4, repeats=5).group
    'patient'
    """

    group: Group = "patient"
    folds: int | None = None
    repeats: int = 1
    resamples: int = 2000
    seed: int = 0
    shuffles: int = 3
    leaky: bool = True
    split_by: str | None = None

    def __post_init__(self) -> None:
        if self.resamples < 100 or self.seed < 0 or self.shuffles < 0:
            raise UsageError("at least 100 resamples, and a seed and a number of shuffles from 0")
        if self.repeats < 1 or (self.repeats > 1 and self.folds is None):
            raise UsageError(
                f"repeats={self.repeats}: 1 or more, and more than one only with a number of folds: each patient left out on its own can "
                "be left out in one way only"
            )


@dataclass(frozen=True, eq=False)
class SectionScore:
    """One test section of one model.

    Attributes
    ----------
    section, patient
        Whose it is.
    fold
        The place of the fold that tested it among the evaluation's folds, from 0.
    names
        The targets of the section's fold.
    skill
        Per target.
    ceiling
        ``(t,)`` the highest correlation any model could reach; NaN where unknown.
    unordered
        How many targets vary in the section and were predicted constant, so that they score 0.
    """

    section: str
    patient: str
    fold: int
    names: tuple[str, ...]
    skill: Skill
    ceiling: FloatArray
    unordered: int


@dataclass(frozen=True)
class TargetScore:
    """One target over all sections in whose panel it was: means over sections, then patients; NaN where undefined.

    Attributes
    ----------
    name
        The target's.
    sections
        How many test sections it could be scored in.
    pearson, spearman, ceiling
        Correlation, that of ranks, and the highest correlation possible.
    share
        Pearson over ceiling.
    """

    name: str
    sections: int
    pearson: float
    spearman: float
    ceiling: float
    share: float


@dataclass(frozen=True, eq=False)
class ProfileResult:
    """What one model or control reached.

    Attributes
    ----------
    name, kind, words
        Of the model's entry.
    sections
        Each test section on its own.
    targets
        Each target on its own, the best first.
    figures
        By metric of `metric_table.PROFILE_METRICS`: macro means over targets, then sections, then patients, with interval over
        patients or sections.
    chosen
        What each fold chose, in the order of the folds; None where it had no choice.
    pooled
        The mean correlation over all rows of all sections at once, which differences between sections inflate: no score.
    undefined
        How many pairs of target and section were measured constant and left out.
    unordered
        How many others were predicted constant, and so score 0.
    """

    name: str
    kind: ModelKind
    words: str
    sections: tuple[SectionScore, ...]
    targets: tuple[TargetScore, ...]
    figures: Mapping[str, Interval]
    chosen: tuple[Choice | None, ...]
    pooled: float
    undefined: int
    unordered: int

    @property
    def pearson(self) -> Interval:
        """The mean correlation."""
        return self.figures["pearson"]

    @property
    def explained(self) -> Interval:
        """The mean R²."""
        return self.figures["explained_variance"]

    @property
    def share_of_ceiling(self) -> Interval:
        """The mean correlation as a share of what counting noise leaves possible."""
        return self.figures["share_of_ceiling"]

    @property
    def above_ceiling(self) -> int:
        """How many targets are predicted better than their ceiling: by luck, or from what the ceiling leaves out."""
        return sum(target.pearson > target.ceiling for target in self.targets)


@dataclass(frozen=True, eq=False)
class ProfileEvaluation:
    """All models on the same folds.

    Attributes
    ----------
    settings
        How it was done.
    n_rows, section_of, folds
        How many rows, each section's patient, and the folds.
    split
        The folds as CSV text, for `split_file.read_split`; section names stand as sample ids.
    reference
        The model that the others are compared with, besides the first.
    ceiling
        The mean noise ceiling of the targets, with interval.
    models, controls
        Results by name; controls never see an image.
    differences
        Every other model minus the reference, then every other minus the first, in mean correlation.
    against_controls
        The first model minus each control that an honest model scores more than, in mean correlation; see `scored.against_controls`.
    shuffled_sd
        Spread of the shuffled control over its repetitions.
    leaky
        The leaky estimate of a split by row, by model; empty if not run.
    constant_profile
        The correlation over targets within a row that the training mean reaches, the same profile everywhere: no score.
    audit
        What speaks against the data.
    context
        The modality's words and facts.
    observations
        What observers saw, in the order of models and folds.
    other_estimates
        The mean correlation by protocols that others use, by their description; supplied by the modality.
    """

    settings: ProfileSettings
    n_rows: int
    section_of: Mapping[str, str]
    folds: tuple[Fold, ...]
    split: str
    reference: str
    ceiling: Interval
    models: Mapping[str, ProfileResult]
    controls: Mapping[str, ProfileResult]
    differences: tuple[Difference, ...]
    shuffled_sd: float
    leaky: Mapping[str, float]
    constant_profile: float
    audit: Audit
    context: ReportContext
    observations: tuple[Observation, ...]
    other_estimates: Mapping[str, float] = field(default_factory=dict)
    against_controls: tuple[Difference, ...] = ()

    @property
    def first(self) -> ProfileResult:
        """The first model's result."""
        return next(iter(self.models.values()))

    @property
    def not_better_than(self) -> tuple[Difference, ...]:
        """The first model minus the controls that it is not shown to be better than; the highest control first."""
        level = [each for each in self.against_controls if each.verdict != "better"]
        return tuple(sorted(level, key=lambda each: each.interval.value))
