"""What an evaluation of one profile per patient is given and what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.across.correlation import LeftOutCorrelations
from spectra_dl.evaluation.profiles.results import Regressor

FEW_PATIENTS, FOLDS = 20, 5


@dataclass(frozen=True)
class AcrossSettings:
    """How models of one profile per patient are evaluated.

    Attributes
    ----------
    folds
        Parts the patients are split into; None takes 5, or one patient at a time where there are fewer than 20.
    repeats
        Times they are split anew.
    shuffles
        How many times the first model is trained on patients' profiles in another order.
    seed
        Of splits and shuffles.

    Examples
    --------
    >>> AcrossSettings().folds_of(120), AcrossSettings().folds_of(8)
    (5, None)
    """

    folds: int | None = None
    repeats: int = 1
    shuffles: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.shuffles < 0 or self.seed < 0:
            raise UsageError("at least one repeat, and a number of shuffles and a seed from 0")

    def folds_of(self, patients: int) -> int | None:
        """Return into how many folds so many patients are split; None leaves out each on its own."""
        if self.folds is not None:
            return self.folds
        return FOLDS if patients >= FEW_PATIENTS else None


@dataclass(frozen=True, eq=False)
class AcrossInputs:
    """What a modality may add.

    Attributes
    ----------
    controls
        Unfitted regressors that see no image, by name, scored like the models.
    folds
        The folds of another run, from `spectra_dl.evaluation.folds.split_file.read_split`; drawn anew if None.
    context
        Words and facts for the reports.
    """

    controls: Mapping[str, Regressor] = field(default_factory=dict)
    folds: Sequence[Fold] | None = None
    context: ReportContext = field(default_factory=ReportContext)


@dataclass(frozen=True, eq=False)
class AcrossResult:
    """What one model or control reached.

    Attributes
    ----------
    name, kind, words
        Of the model's entry.
    pearson
        The mean over targets of the correlation across patients, with interval over patients.
    share_of_ceiling
        That over the mean ceiling of the same targets; NaN where no ceiling is known.
    explained
        The mean over targets of 1 - squared error / squared error of the training mean.
    targets
        ``(t,)`` of each target the correlation with its interval.
    correlations
        From which these were made, the mean over repeats.
    predicted
        ``(m, t)`` values of the held-out patients, the mean over repeats.
    above_zero
        Of how many targets the interval lies above 0; of several orders of profiles the mean over what each order reaches by itself.
    chosen
        What each fold chose, in the order of the folds; None where it had no choice.
    """

    name: str
    kind: ModelKind
    words: str
    pearson: Interval
    share_of_ceiling: Interval
    explained: float
    targets: tuple[Interval, ...]
    correlations: LeftOutCorrelations
    predicted: FloatArray
    above_zero: float
    chosen: tuple[Choice | None, ...]


@dataclass(frozen=True, eq=False)
class AcrossEvaluation:
    """All models on the same folds.

    Attributes
    ----------
    settings
        How it was done.
    patient
        ``(m,)`` text.
    names
        Of the ``t`` targets that every fold predicts.
    chosen_somewhere
        How many targets any fold chose.
    measured
        ``(m, t)``.
    folds, split
        The folds, and the same as CSV text for `split_file.read_split`.
    ceiling
        ``(t,)`` the highest correlation any model could reach; NaN where unknown.
    models, controls
        Results by name; controls never see an image.
    differences
        Every model minus the first, in mean correlation.
    against_controls
        The first model minus each control.
    context
        The modality's words and facts.
    """

    settings: AcrossSettings
    patient: TextArray
    names: tuple[str, ...]
    chosen_somewhere: int
    measured: FloatArray
    folds: tuple[Fold, ...]
    split: str
    ceiling: FloatArray
    models: Mapping[str, AcrossResult]
    controls: Mapping[str, AcrossResult]
    differences: tuple[Difference, ...]
    against_controls: tuple[Difference, ...]
    context: ReportContext

    @property
    def first(self) -> AcrossResult:
        """The first model's result."""
        return next(iter(self.models.values()))

    @property
    def not_better_than(self) -> tuple[Difference, ...]:
        """The first model minus the controls that it is not shown to be better than; the highest control first."""
        level = [each for each in self.against_controls if each.verdict != "better"]
        return tuple(sorted(level, key=lambda each: each.interval.value))
