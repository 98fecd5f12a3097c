"""The parts of a report that the page shows, checked while they are read.

What newer reports hold and older ones don't is None or empty here; the page leaves it out.
"""

import os
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

# Whatever else is installed has no say in reading a report, and looking for it costs 30 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spectra_dl.errors import DataError
from spectra_dl.evaluation.protocol.state import ProtocolState
from spectra_dl.evaluation.report.page.audit_parts import Audit
from spectra_dl.evaluation.report.page.model_parts import (
    DecisionCurve,
    Fusion,
    ModelParts,
    Overlays,
    Saliency,
    Shares,
)

_Report = TypeVar("_Report", bound=BaseModel)


def kind_of(report: Mapping[str, object]) -> object:
    """Return what a report says that it is of: "classes", "profiles", "across-patients", "outcomes" or "survival"; None where it says nothing."""
    results = report.get("results")
    return results.get("kind") if isinstance(results, Mapping) else None


class Part(BaseModel):
    """A part of a report; what it holds besides is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())


class Interval(Part):
    """A figure with its interval; None where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""


class Roc(Part):
    """The ROC curve of one class against the others."""

    name: str = Field(alias="class")
    false_positive_rate: list[float]
    sensitivity: list[float]


class ReliabilityBin(Part):
    """Patients of about the same probability: how many of them have the disease."""

    patients: int
    mean_probability: float
    observed: float
    observed_low: float
    observed_high: float


class Calibration(Part):
    """Whether probabilities mean what they say."""

    ece: float | None = None
    brier: float | None = None
    slope: float | None = None
    intercept: float | None = None
    reliability: list[ReliabilityBin] = []


class Confusion(Part):
    """Patients by true class (rows) and predicted class (columns)."""

    classes: list[str]
    counts: list[list[int]]


class Threshold(Part):
    """The decision threshold, chosen on inner folds."""

    rule: str | float
    per_fold: list[float | None]
    spread_per_fold: list[tuple[float | None, float | None]] = []
    sensitivity: Interval
    specificity: Interval


class Choice(Part):
    """What a fold chose, with the score of each candidate on inner folds."""

    name: str
    inner_scores: dict[str, float | None] = {}


class FoldScore(Part):
    """One fold's own figures, what it left out and what was chosen in it."""

    repeat: int
    fold: int
    patients: int
    left_out: str | None = None
    auc: float | None = None
    balanced_accuracy: float | None = None
    chosen: Choice | None = None


class Conformal(Part):
    """Sets of classes that hold the true one as often as wanted."""

    coverage_wanted: float
    coverage: float | None = None
    coverage_per_class: dict[str, float | None] = {}
    mean_set_size: float | None = None
    abstained: float | None = None
    pooled_classes: list[str] = []


class Chance(Part):
    """A model's AUC against refits without a relation between classes and rows."""

    p: float | None = None
    verdict: Literal["better", "worse", "not distinguishable"]
    refits: int
    refitted: str
    null_mean: float | None = None
    null_sd: float | None = None
    inflation: float | None = None


class Paired(Part):
    """In how many subjects with both classes the positive sample scores above the negative one."""

    subjects: int
    share: Interval
    test: str
    chance: Chance


class Model(Part):
    """What one model reached."""

    kind: Literal["network", "classical", "control"] = "classical"
    words: str = ""
    patient_level: dict[str, Interval]
    row_level: dict[str, Interval] = {}
    training_patient_auc: float | None = None
    chance: Chance | None = None
    paired: Paired | None = None
    permutation_p: float | None = None
    leaky_estimate: dict[str, float | None] | None = None
    leaky_of_smaller: bool = False
    leaky_by: dict[str, dict[str, float | None]] = {}
    roc: list[Roc] | None = None
    calibration: Calibration | None = None
    decision_curve: DecisionCurve | None = None
    confusion: Confusion | None = None
    threshold: Threshold | None = None
    per_fold: list[FoldScore] | None = None
    conformal: Conformal | None = None

    @property
    def auc(self) -> Interval:
        """The patient AUC."""
        return self.patient_level["auc"]

    @property
    def shown_auc(self) -> Interval:
        """The patient AUC, of a control alone: what says the same of everybody has an interval without width, which would mislead."""
        return Interval(value=self.auc.value) if self.kind == "control" else self.auc


class Difference(Part):
    """A model's figure minus the first model's, on the same resampled patients."""

    model: str
    reference: str
    metric: str
    difference: Interval
    verdict: Literal["better", "worse", "not distinguishable"]


class WordsPart(Part):
    """What rows and targets are called."""

    row: str = "row"
    rows: str = "rows"
    target: str = "target"


class Context(Part):
    """What the modality adds."""

    words: WordsPart = WordsPart()
    answers: dict[str, tuple[Literal["reported", "partly", "not reported"], str]] = {}
    methods: list[str] = []
    references: list[str] = []


class Cohort(Part):
    """Whose rows these are."""

    rows: int
    patients: int
    subjects: int | None = None
    subjects_with_several_classes: int = 0
    classes: list[str]
    patients_per_class: dict[str, int]
    positive_class: str | None = None
    positive_class_reason: str = ""

    @property
    def people(self) -> str:
        """How many there are, in words: patients, or patients with their samples where labels are of samples."""
        if self.subjects is None:
            return f"{self.patients} patients"
        return f"{self.subjects} patients with {self.patients} samples"


class Settings(Part):
    """How the models were evaluated."""

    folds: int
    repeats: int
    seed: int
    resamples: int
    permutations: int | None = None
    leaky: bool = True
    interval: str
    level: float = 0.95
    split_by: str | None = None
    threshold_rule: str | float | None = None
    coverage: float | None = None


class Split(Part):
    """The split file's fingerprint, and folds that the AUC knows nothing of."""

    sha256: str
    one_class_folds: list[str] = []


class Results(Part):
    """What the evaluation found."""

    context: Context = Context()
    data: Cohort
    settings: Settings
    audit: Audit
    models: dict[str, Model] = Field(min_length=1)
    differences: list[Difference] = []
    split: Split | None = None
    saliency: Saliency | None = None
    overlays: Overlays | None = None
    parts: ModelParts | None = None
    shares: Shares | None = None
    fusion: Fusion | None = None


class Input(Part):
    """A file that was read."""

    path: str
    sha256: str


class Origin(Part):
    """How a report came about."""

    command: list[str] = []
    versions: dict[str, str] = {}
    seed: int | None = None
    inputs: list[Input] = []
    notes: list[str] = []
    refused: list[str] = []
    protocol: ProtocolState | None = None


class ModelStudy(Origin):
    """A whole report of several models, the first of which the others are compared with."""

    results: Any

    @property
    def first(self) -> str:
        """The model the others are compared with."""
        name: str = next(iter(self.results.models))
        return name


class Study(ModelStudy):
    """A whole report of classes."""

    results: Results

    @property
    def classical(self) -> list[str]:
        """The names of the classical models, those to beat, without the first model."""
        return [
            name
            for name, model in self.results.models.items()
            if model.kind == "classical" and name != self.first
        ]

    @property
    def rival(self) -> str:
        """What a classical model is beside the first model."""
        return (
            "other classical model"
            if self.results.models[self.first].kind == "classical"
            else "classical model"
        )

    @property
    def best_classical(self) -> str | None:
        """The classical model of the highest patient AUC."""
        models = self.results.models
        reached = {name: models[name].auc.value for name in self.classical}
        scored = {name: value for name, value in reached.items() if value is not None}
        return max(scored, key=scored.__getitem__, default=None)

    @property
    def differences_in_auc(self) -> dict[str, Difference]:
        """How far each other model is from the first, by name; nobody asks it of a control."""
        models = self.results.models
        compared = [
            difference
            for difference in self.results.differences
            if difference.metric == "auc"
            and difference.model in models
            and models[difference.model].kind != "control"
        ]
        return {difference.model: difference for difference in compared}


def read_study(report: Mapping[str, object]) -> Study:
    """Check a report of classes as ``json.load`` gives it.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    return checked(Study, report)


def checked(kind: type[_Report], report: Mapping[str, object]) -> _Report:
    """Return a report as one of ``kind``.

    Parameters
    ----------
    kind
        What the report must hold.
    report
        All of ``report.json``, as ``json.load`` gives it.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    try:
        return kind.model_validate(report)
    except ValidationError as err:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in err.errors(include_input=False, include_url=False)[:3]
        )
        raise DataError(
            f"this is not the report.json of an evaluation ({problems[:300]}); give the one evaluate wrote"
        ) from err
