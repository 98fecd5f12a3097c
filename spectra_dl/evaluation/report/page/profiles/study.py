"""The parts of a report of profiles that the page shows, checked while they are read."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from spectra_dl.evaluation.report.page.audit_parts import Audit
from spectra_dl.evaluation.report.page.study import (
    Choice,
    Context,
    Difference,
    Interval,
    ModelStudy,
    Part,
    Split,
    checked,
)


class SectionFigures(Part):
    """One test section's means over targets."""

    section: str
    patient: str
    targets: int
    pearson: float | None
    spearman: float | None
    explained_variance: float | None
    squared_error: float | None
    ceiling: float | None


class ProfileModel(Part):
    """What one model or control reached; `about` says what a control is."""

    kind: Literal["network", "classical", "control"] = "classical"
    words: str = ""
    pearson: Interval
    spearman: Interval
    explained_variance: Interval
    squared_error: Interval
    share_of_ceiling: Interval
    chosen: list[Choice | None] = Field(default_factory=list)
    pooled_estimate: float | None
    undefined: int
    unordered: int
    above_ceiling: int
    sections: list[SectionFigures]
    about: str = ""

    @property
    def shown(self) -> Interval:
        """r, alone where the interval has no width: what says the same everywhere is not known better than others."""
        return Interval(value=self.pearson.value) if self.pearson.low == self.pearson.high else self.pearson


class Against(Part):
    """What a target reaches against its noise ceiling."""

    pearson: float | None
    ceiling: float | None


class TargetFigures(Against):
    """One target's means over sections and patients."""

    name: str
    sections: int
    spearman: float | None
    share_of_ceiling: float | None


class ProfileCohort(Part):
    """Whose rows these are."""

    rows: int
    sections: dict[str, str]
    patients: int


class ProfileSettings(Part):
    """How the models were evaluated."""

    group: Literal["patient", "section"]
    folds: int
    reference: str
    seed: int
    resamples: int
    shuffles: int
    leaky: bool = True
    level: float
    repeats: int = 1
    split_by: str = ""


class LeakyEstimates(Part):
    """Leaky estimates, the figures of flawed protocols."""

    split_by_row: dict[str, float | None]
    constant_profile: float | None
    other_protocols: dict[str, float | None] = Field(default_factory=dict)


class TargetMaps(Part):
    """One target's predicted and measured maps: a letter for each place, a for the lowest colour, a full stop where nothing is known."""

    name: str
    pearson: float | None
    limits: tuple[float, float]
    predicted: str
    measured: str


class HeldOut(Part):
    """Maps of a section that was left out, and where their places lie, in units of the figure."""

    section: str
    patient: str
    spots: int
    genes_of_panel: int
    gathered: bool
    size: float
    height: float
    bar: float
    bar_um: float
    x: str
    y: str
    genes: list[TargetMaps]


class ProfileResults(Part):
    """What the evaluation found."""

    context: Context
    verdict: str
    warning: str | None
    data: ProfileCohort
    settings: ProfileSettings
    audit: Audit
    ceiling: Interval
    models: dict[str, ProfileModel] = Field(min_length=1)
    controls: dict[str, ProfileModel]
    shuffled_sd: float | None
    leaky_estimates: LeakyEstimates
    differences: list[Difference]
    against_controls: list[Difference] = Field(default_factory=list)
    not_better_than: list[str] = Field(default_factory=list)
    targets: list[TargetFigures]
    split: Split
    maps: HeldOut | None = None


class ProfileStudy(ModelStudy):
    """A whole report of profiles."""

    results: ProfileResults


def read_profiles(report: Mapping[str, object]) -> ProfileStudy:
    """Check a report of profiles as ``json.load`` gives it.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    return checked(ProfileStudy, report)
