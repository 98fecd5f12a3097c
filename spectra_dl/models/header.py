"""What a model file says of itself: a closed schema, in which nothing names code, a path or a URL.

A header has a part that is the same for every model and one part, `InputPart`, that says what the model takes in. Each
modality defines its own input part in its room; nothing here knows which there are.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Final, Generic, Literal, Self, TypeVar, get_args

# Whatever else is installed has no say in checking a model file, and looking for it costs 30 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from spectra_dl.plugins import NeededPlugin

FORMAT_VERSION: Final = 2
RESEARCH_USE = "Research use only, not for diagnosis"

Text = Annotated[str, Field(max_length=2000)]
ClassName = Annotated[str, Field(min_length=1, max_length=200)]
Percent = Annotated[str, Field(pattern=r"^[5-9][0-9]$")]
Limits = Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2, max_length=1_000)]


class Closed(BaseModel):
    """Values of which none is unknown, converted, changed later or infinite; every part of a header is one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Training(Closed):
    """On what the model was trained; ``simulated`` is None where nobody said."""

    source: Text
    simulated: bool | None
    seed: int
    notes: list[Text]


class Calibration(Closed):
    """The temperature that mean logits are divided by, fitted on out-of-fold patients."""

    temperature: float = Field(gt=0)


class ConformalLimits(Closed):
    """A class stands in a patient's prediction set where 1 - its probability is at most its limit.

    ``limit`` is that of ``coverage``; ``limit_at`` has those of other coverages by whole percents, and is empty in files that
    know one coverage alone. A limit of 1 keeps the class in every set: too few patients were there to rule it out.
    """

    coverage: float = Field(gt=0, lt=1)
    limit: Limits
    limit_at: dict[Percent, Limits] = Field(default={}, max_length=50)


class ThresholdSpread(Closed):
    """Between which thresholds nine in ten resamples of the patients lie."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class OutOfDistributionLimits(Closed):
    """Limits beyond which a row is unlike the training rows; the reference itself stands in tensors."""

    residual: float = Field(gt=0)
    distance: float = Field(gt=0)


class Part(Closed):
    """A part of the model: its part of the logits, and by how much it raises the patient AUC of the others, with the 95 % interval."""

    name: Text
    weight: float = Field(ge=0, le=1)
    adds: float | None
    low: float | None
    high: float | None


class Classification(Closed):
    """How a model with classes decides, and on how many patients of each class it was trained.

    ``threshold_spread`` and ``rows_per_patient``, the median, are None in files that don't know them.
    """

    classes: list[ClassName] = Field(min_length=2, max_length=1_000)
    positive_class: ClassName
    decision_threshold: float = Field(ge=0, le=1)
    threshold_spread: ThresholdSpread | None = None
    decision_rule: Text
    patients: dict[ClassName, int]
    rows_per_patient: float | None = Field(default=None, gt=0)
    calibration: Calibration
    conformal: ConformalLimits
    out_of_distribution: OutOfDistributionLimits
    parts: list[Part] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("two class names are the same")
        if self.positive_class not in self.classes:
            raise ValueError("the positive class is not one of the classes")
        limits = [self.conformal.limit, *self.conformal.limit_at.values()]
        if any(len(limit) != len(self.classes) for limit in limits):
            raise ValueError("there must be one conformal limit for each class")
        return self


class MemberScale(Closed):
    """What a member's output is multiplied by and added to."""

    spread: float = Field(gt=0)
    centre: float


class PredictedNumber(Closed):
    """A number of each patient: the column it stood in, and the lowest and highest of the training patients.

    ``half_width`` is how far an interval of ``coverage`` reaches to each side, ``half_width_at`` that of other coverages by whole percents; a
    coverage is missing for which there were too few patients.
    """

    kind: Literal["number"] = "number"
    column: ClassName
    patients: int = Field(ge=1)
    lowest: float
    highest: float
    scale: list[MemberScale] = Field(min_length=1, max_length=100)
    coverage: float = Field(gt=0, lt=1)
    half_width: float | None = Field(ge=0)
    half_width_at: dict[Percent, Annotated[float, Field(ge=0)]] = Field(max_length=50)
    out_of_distribution: OutOfDistributionLimits

    def lines(self) -> list[str]:
        """Return lines of the card."""
        sure = (
            "no interval: too few patients"
            if self.half_width is None
            else f"+- {self.half_width:.4g} at {self.coverage:.0%} coverage"
        )
        return [
            f"Predicts       {self.column}, {self.lowest:.4g} to {self.highest:.4g} in training; {sure}",
            f"Patients       {self.patients}",
        ]


class PredictedTime(Closed):
    """The time to an event of each patient: its columns, and the probability of none by the horizon.

    That is ``exp(-hazard * exp(slope * (risk - centre)))`` of what the members say on average, the risk.
    """

    kind: Literal["time"] = "time"
    time: ClassName
    event: ClassName
    patients: int = Field(ge=1)
    events: int = Field(ge=1)
    horizon: float = Field(gt=0)
    hazard: float = Field(ge=0)
    slope: float = Field(ge=0)
    centre: float
    coverage: float = Field(gt=0, lt=1)
    members: int = Field(ge=1, le=100)
    out_of_distribution: OutOfDistributionLimits

    def lines(self) -> list[str]:
        """Return lines of the card."""
        return [
            f"Predicts       the time to {self.event}, and the probability of none by {self.time} {self.horizon:g}",
            f"Patients       {self.patients}, {self.events} with the event",
        ]


Outcome = Annotated[PredictedNumber | PredictedTime, Field(discriminator="kind")]


class AuditFinding(Closed):
    """What a check of the training data for causes other than biology found."""

    name: Text
    severity: Literal["fine", "warn", "stop"]
    sentence: Text


class Score(Closed):
    """One figure of merit with its 95 % interval over patients; None where it is undefined."""

    name: Text
    value: float | None
    low: float | None
    high: float | None


class InputPart(Closed):
    """What a model takes in, and the networks it goes through: the part of a header that a modality defines.

    A subclass narrows ``kind`` to one literal, with that literal as the default, and ``version`` to those it reads; a file with
    another kind or version is refused by its name before anything else of the part is read.
    """

    kind: str
    version: int

    @classmethod
    def known_kind(cls) -> str:
        """Return the kind of part that this class reads."""
        return str(cls.model_fields["kind"].default)

    @classmethod
    def known_versions(cls) -> tuple[int, ...]:
        """Return the versions of the part that this class reads."""
        return get_args(cls.model_fields["version"].annotation)

    @classmethod
    def upgraded(cls, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return the part's values in a file of format 1 as this class reads them; here: as they are."""
        return dict(values)

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError, whose text is a sentence, where the part doesn't fit the model's classes."""

    def plugins(self) -> tuple[NeededPlugin, ...]:
        """Return what the model needs of other packages; here: nothing."""
        return ()

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is; each name fills 15 columns."""
        return []

    def needs_lines(self) -> list[str]:
        """Return lines of the card that say what an input must be and what is done to it."""
        return []

    def needs(self) -> dict[str, JsonValue]:
        """Return what must be measured for this model, as plain JSON values; here: nothing is said."""
        return {}

    def training_rows(self) -> str:
        """Return in a few words how much the model was trained on."""
        return ""


Input = TypeVar("Input", bound=InputPart)
InputCo = TypeVar("InputCo", bound=InputPart, covariant=True)


class ModelHeader(Closed, Generic[InputCo]):
    """Everything a model file holds besides its weights; ``classification`` is None for models without classes, ``outcome`` for those that predict something else than what comes of patients."""

    format_version: Literal[2] = FORMAT_VERSION
    intended_use: Text
    training: Training
    classification: Classification | None
    outcome: Outcome | None = None
    audit: list[AuditFinding] = Field(max_length=200)
    scores: list[Score]
    scores_from: Text
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    versions: dict[str, str]
    input: InputCo

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.classification is not None and self.outcome is not None:
            raise ValueError("a model predicts classes or an outcome, not both")
        self.input.check(self.classification)
        return self
