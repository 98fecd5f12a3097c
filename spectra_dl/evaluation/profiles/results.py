"""What an evaluation of profiles is told and what it tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metrics import Skill


class Regressor(Protocol):
    """scikit-learn's regressor of several columns, with parameters that `sklearn.base.clone` can copy."""

    def fit(self, X: Any, y: FloatArray) -> Any: ...

    def predict(self, X: Any) -> FloatArray: ...


class Rows(Protocol):
    """Rows that can be taken by number: an array, or a table of the modality's own."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: IndexArray) -> Any: ...


class ChosenTargets(Protocol):
    """What is predicted in one fold."""

    @property
    def names(self) -> Sequence[str]: ...

    def values(self, rows: IndexArray) -> FloatArray:
        """Return ``(k, t)`` measured values."""

    def ceiling(self, rows: IndexArray) -> FloatArray:
        """Return ``(t,)`` the highest correlation any model could reach on these rows of one section; NaN where unknown."""


class TargetChooser(Protocol):
    """Chooses what is predicted from training rows and nothing else."""

    def fit(self, rows: IndexArray) -> ChosenTargets: ...


@dataclass(frozen=True)
class Words:
    """What a target and a row are called in reports."""

    target: str = "gene"
    row: str = "spot"


@dataclass(frozen=True)
class ProfileSettings:
    """How models of profiles are judged.

    Attributes
    ----------
    group
        What is left out: ``"patient"``, or ``"section"``, which leaves sections of one patient on both sides.
    folds
        Deal patients (or sections) into so many folds; None leaves out each on its own.
    resamples
        Of patients or sections, where there are enough to resample.
    seed
        Of resamples, shuffles and deals.
    shuffles
        How many times the first model is trained on shuffled rows.
    leaky
        Also run a split by row for the first model and the reference, to show what it would have claimed.
    words
        What reports call targets and rows.
    """

    group: Group = "patient"
    folds: int | None = None
    resamples: int = 2000
    seed: int = 0
    shuffles: int = 3
    leaky: bool = True
    words: Words = Words()

    def __post_init__(self) -> None:
        if self.resamples < 100 or self.seed < 0 or self.shuffles < 0:
            raise UsageError("at least 100 resamples, and a seed and a number of shuffles from 0")


@dataclass(frozen=True, eq=False)
class SectionScore:
    """One test section of one model.

    Attributes
    ----------
    section, patient
        Whose it is.
    fold
        The number of the fold that tested it, from 0.
    names
        The targets of the section's fold.
    skill
        Per target.
    ceiling
        ``(t,)`` the highest correlation any model could reach; NaN where unknown.
    unordered
        How many targets vary in the section and were told constant, so that they score 0.
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
        How many test sections it could be judged in.
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
    name
        Its name.
    sections
        Each test section on its own.
    targets
        Each target on its own, the best first.
    pearson, spearman, explained, squared_error, share_of_ceiling
        Macro means: targets, then sections, then patients; with interval over patients or sections.
    pooled
        The mean correlation over all rows of all sections at once, which differences between sections inflate: a claim, no score.
    undefined
        How many pairs of target and section were measured constant and left out.
    unordered
        How many others were told constant, and so score 0.
    """

    name: str
    sections: tuple[SectionScore, ...]
    targets: tuple[TargetScore, ...]
    pearson: Interval
    spearman: Interval
    explained: Interval
    squared_error: Interval
    share_of_ceiling: Interval
    pooled: float
    undefined: int
    unordered: int

    @property
    def above_ceiling(self) -> int:
        """How many targets are told better than their ceiling: by luck, or from what the ceiling leaves out."""
        return sum(one.pearson > one.ceiling for one in self.targets)


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
        The folds as CSV text, for `splits.read_split`; section names stand as sample ids.
    reference
        The model that the others are compared with, besides the first.
    ceiling
        The mean noise ceiling of the targets, with interval.
    models, controls
        Results by name; controls never see an image.
    differences
        Every other model minus the reference, then every other minus the first, in mean correlation.
    shuffled_sd
        Spread of the shuffled control over its repetitions.
    leaky
        What a split by row would have claimed, by model; empty if not run.
    constant_profile
        The correlation over targets within a row that the training mean reaches, the same profile everywhere: a claim, no score.
    audit
        What speaks against the data.
    other_estimates
        The mean correlation that protocols of others would claim, by their description; supplied by the modality.
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
    other_estimates: Mapping[str, float] = field(default_factory=dict)

    @property
    def first(self) -> ProfileResult:
        """The first model's result."""
        return next(iter(self.models.values()))
