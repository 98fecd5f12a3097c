"""The parts of a report of a number per patient that the page shows, checked while they are read."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from spectra_dl.evaluation.report.page.audit_parts import Audit
from spectra_dl.evaluation.report.page.model_parts import Fusion
from spectra_dl.evaluation.report.page.study import (
    Chance,
    Choice,
    Context,
    Difference,
    Interval,
    ModelStudy,
    Part,
    Split,
    checked,
)


class OutcomeFoldFigures(Part):
    """One fold's own figures and what was chosen in it."""

    repeat: int
    fold: int
    patients: int
    rmse: float | None
    chosen: Choice | None = None


class OutcomeModel(Part):
    """What one model reached."""

    kind: Literal["network", "classical", "control"] = "classical"
    words: str = ""
    patient_level: dict[str, Interval]
    training_rmse: float | None
    chance: Chance
    leaky_estimate: dict[str, float | None] | None = None
    predicted: dict[str, list[float]]
    per_fold: list[OutcomeFoldFigures]

    @property
    def spearman(self) -> Interval:
        """The rank correlation."""
        return self.patient_level["spearman"]


class OutcomePatients(Part):
    """Whose rows these are, and the number of each patient."""

    target: str
    rows: int
    patients: int
    lowest: float
    mean: float
    highest: float
    standard_deviation: float
    measured: dict[str, float]


class OutcomeHow(Part):
    """How the models were evaluated."""

    folds: int
    repeats: int
    seed: int
    resamples: int
    refits: int
    leaky: bool = True
    level: float
    split_by: str


class PatientResults(Part):
    """What an evaluation of what came of patients found, whatever that is."""

    context: Context
    settings: OutcomeHow
    audit: Audit
    differences: list[Difference] = Field(default_factory=list)
    split: Split
    fusion: Fusion | None = None


class OutcomeResults(PatientResults):
    """What the evaluation found."""

    data: OutcomePatients
    models: dict[str, OutcomeModel] = Field(min_length=1)


class OutcomeStudy(ModelStudy):
    """A whole report of a number per patient."""

    results: OutcomeResults


def read_outcome_study(report: Mapping[str, object]) -> OutcomeStudy:
    """Check a report of a number per patient as ``json.load`` gives it.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    return checked(OutcomeStudy, report)
