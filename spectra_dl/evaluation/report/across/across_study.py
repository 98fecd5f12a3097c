"""The parts of a report of one profile per patient that the page shows, checked while they are read."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from spectra_dl.evaluation.report.page.audit_parts import Audit
from spectra_dl.evaluation.report.page.profiles.study import Against
from spectra_dl.evaluation.report.page.study import (
    Context,
    Difference,
    Interval,
    ModelStudy,
    Part,
    Split,
    checked,
)


class AcrossModel(Part):
    """What one model or control reached; `about` says what a control is."""

    kind: Literal["network", "classical", "control"] = "classical"
    words: str = ""
    pearson: Interval
    share_of_ceiling: Interval
    explained_variance: float | None
    targets_above_zero: float | None
    about: str = ""

    @property
    def shown(self) -> Interval:
        """r, alone where the interval has no width."""
        return Interval(value=self.pearson.value) if self.pearson.low == self.pearson.high else self.pearson


class AcrossTarget(Part):
    """One target's correlation across patients, and its noise ceiling."""

    name: str
    pearson: Interval
    ceiling: float | None


class AcrossTargets(Part):
    """How many targets any fold chose, and what the first model reaches of those that all have."""

    chosen_in_any_fold: int
    of_first_model: list[AcrossTarget]


class AcrossSettingsPart(Part):
    """How the models were evaluated; without a number of folds each patient was left out once."""

    folds: int | None
    repeats: int
    shuffles: int
    seed: int
    level: float


class AcrossResults(Part):
    """What the evaluation found; nothing is audited at this level."""

    context: Context
    verdict: str
    warning: str | None
    data: dict[str, int]
    settings: AcrossSettingsPart
    ceiling: float | None
    models: dict[str, AcrossModel] = Field(min_length=1)
    controls: dict[str, AcrossModel]
    differences: list[Difference]
    against_controls: list[Difference]
    not_better_than: list[str]
    targets: AcrossTargets
    split: Split
    audit: Audit = Audit(severity="fine", findings=[])

    @property
    def best_first(self) -> Sequence[AcrossTarget]:
        """The targets that have a correlation, the highest first."""
        known = [each for each in self.targets.of_first_model if each.pearson.value is not None]
        return sorted(known, key=lambda each: -(each.pearson.value or 0.0))

    @property
    def drawn(self) -> list[Against]:
        """What is drawn of each target against its ceiling."""
        return [Against(pearson=each.pearson.value, ceiling=each.ceiling) for each in self.best_first]


class AcrossStudy(ModelStudy):
    """A whole report of one profile per patient."""

    results: AcrossResults


def read_across(report: Mapping[str, object]) -> AcrossStudy:
    """Check a report of one profile per patient as ``json.load`` gives it.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    return checked(AcrossStudy, report)
