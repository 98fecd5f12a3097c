"""The parts of a report of the time to an event that the page shows, checked while they are read."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from spectra_dl.evaluation.report.page.outcomes_study import PatientResults
from spectra_dl.evaluation.report.page.study import (
    Chance,
    Choice,
    Interval,
    ModelStudy,
    Part,
    checked,
)


class SurvivalFoldFigures(Part):
    """One fold's own figures and what was chosen in it."""

    repeat: int
    fold: int
    patients: int
    events: int
    c_index: float | None
    chosen: Choice | None = None


class StepCurve(Part):
    """A Kaplan-Meier curve."""

    time: list[float]
    survival: list[float]
    low: list[float | None]
    high: list[float | None]
    at_risk: list[int]


class ByRisk(Part):
    """Patients above the median risk of the training patients, and the others."""

    higher: list[str]
    log_rank: float | None
    p: float | None
    lower_curve: StepCurve | None
    higher_curve: StepCurve | None


class CalibrationThird(Part):
    """Patients of about the same probability: how many of them had the event."""

    patients: int
    predicted: float
    observed: float
    low: float | None
    high: float | None


class SurvivalModel(Part):
    """What one model reached."""

    kind: Literal["network", "classical", "control"] = "classical"
    words: str = ""
    patient_level: dict[str, Interval]
    training_c_index: float | None
    chance: Chance
    leaky_estimate: dict[str, float | None] | None = None
    by_risk: ByRisk
    calibration: list[CalibrationThird]
    per_fold: list[SurvivalFoldFigures]

    @property
    def c_index(self) -> Interval:
        """Harrell's C."""
        return self.patient_level["c_index"]


class FollowedPatients(Part):
    """Whose rows these are, and what came of each patient."""

    time: str
    event: str
    rows: int
    patients: int
    events: int
    longest: float
    horizon: float
    reach: float
    chance_reaches: float | None
    followed: dict[str, tuple[float, int]]


class SurvivalResults(PatientResults):
    """What the evaluation found."""

    data: FollowedPatients
    models: dict[str, SurvivalModel] = Field(min_length=1)


class SurvivalStudy(ModelStudy):
    """A whole report of the time to an event."""

    results: SurvivalResults


def read_survival_study(report: Mapping[str, object]) -> SurvivalStudy:
    """Check a report of the time to an event as ``json.load`` gives it.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    return checked(SurvivalStudy, report)
