"""What an evaluation of the time to an event is given and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
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
from spectra_dl.evaluation.outcomes.survival.curves import SurvivalCurve
from spectra_dl.evaluation.outcomes.survival.values import Survival


@dataclass(frozen=True)
class SurvivalSettings(PatientSettings):
    """How models of the time to an event are evaluated.

    Attributes
    ----------
    time, event
        What the two columns are called.
    horizon
        The time at which probabilities are compared with what came; the median time of events if None.

    Examples
    --------
    >>> SurvivalSettings("months", "relapse").folds
    5
    """

    time: str = "time"
    event: str = "event"
    horizon: float | None = None

    @property
    def target(self) -> str:
        """What is predicted, in words."""
        return f"time to {self.event}"

    @property
    def subject(self) -> str:
        """What is predicted, where a sentence begins with it."""
        return f"The {self.target:.60}"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.horizon is not None and not self.horizon > 0:
            raise UsageError(f"horizon={self.horizon:g}: probabilities are compared at a time above 0")


@dataclass(frozen=True)
class SurvivalFold:
    """One outer fold of one model, scored on its test patients.

    Attributes
    ----------
    repeat, number
        Of the fold, from 0.
    patients, events
        How many were tested, and how many of these had the event.
    c_index
        Harrell's C among them; NaN without a pair.
    chosen
        What the fold chose, if it had a choice.
    """

    repeat: int
    number: int
    patients: int
    events: int
    c_index: float
    chosen: Choice | None = None


@dataclass(frozen=True, eq=False)
class RiskGroups:
    """Patients above and below the median risk of the patients that their fold's model was trained on; of the first repeat.

    Attributes
    ----------
    higher
        ``(m,)`` who is above.
    curves
        Of the lower and the higher group; None where a group is empty.
    log_rank
        The statistic of their difference.
    p
        How often refits without a relation between rows and what came reach as much. A table's p would be too small: the folds share patients.
    """

    higher: NDArray[np.bool_]
    curves: tuple[SurvivalCurve | None, SurvivalCurve | None]
    log_rank: float
    p: float


@dataclass(frozen=True)
class CalibrationGroup:
    """Patients of about the same predicted probability of an event by the horizon.

    Attributes
    ----------
    patients
        How many.
    predicted
        Their mean probability.
    observed, low, high
        The share by Kaplan-Meier, with its interval.
    """

    patients: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class SurvivalResult:
    """What one model reached.

    Attributes
    ----------
    name, kind, words
        Of the model's entry.
    risk
        ``(repeats, m)`` of each patient, by models that had not seen it.
    event_by_horizon
        ``(repeats, m)`` probability of the event by the horizon.
    patient_level
        Figures with intervals, by metric, averaged over repeats.
    training_c_index
        Harrell's C on training patients, mean over folds: how far it is above ``patient_level["c_index"]`` is what was learned by heart.
    chance
        The C-index against refits without a relation between rows and what came.
    groups
        Kaplan-Meier by predicted risk.
    calibration
        Thirds of the patients by predicted probability, lowest first.
    per_fold
        Each outer fold on its own.
    leaky
        The leaky estimate: the C-index of a split by row; None if not run.
    seconds
        Time of all fits and predictions, one after another; not part of the report.
    """

    name: str
    kind: ModelKind
    words: str
    risk: FloatArray
    event_by_horizon: FloatArray
    patient_level: Mapping[str, Interval]
    training_c_index: float
    chance: Chance
    groups: RiskGroups
    calibration: tuple[CalibrationGroup, ...]
    per_fold: tuple[SurvivalFold, ...]
    leaky: float | None
    seconds: float


@dataclass(frozen=True, eq=False)
class SurvivalEvaluation:
    """All models of the time to an event on the same folds.

    Attributes
    ----------
    settings
        How it was done.
    survival
        Whose each row is, and what came of the patients.
    horizon, reach
        Times: where probabilities are compared with what came, and as far as Uno's C and the Brier score go.
    chance_reaches
        The C-index below which 97.5 % of refits without a relation stay: what so many events can't be told from chance.
    folds
        The split.
    models
        Results by name, in the order given; the first is the reference.
    differences
        Every other model minus the first.
    audit
        What other than biology predicts what came.
    context
        The modality's words and facts.
    observations
        What observers saw, in the order of models and folds.
    """

    settings: SurvivalSettings
    survival: Survival
    horizon: float
    reach: float
    chance_reaches: float
    folds: tuple[Fold, ...]
    models: Mapping[str, SurvivalResult]
    differences: tuple[Difference, ...]
    audit: Audit
    context: ReportContext
    observations: tuple[Observation, ...] = ()
