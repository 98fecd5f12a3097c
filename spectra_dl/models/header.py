"""What a model file says of itself: a closed schema, in which nothing names code, a path or a URL."""

import os
from typing import Annotated, Final, Literal

# Whatever else is installed has no say in judging a model file, and looking for it costs 30 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

FORMAT_VERSION: Final = 1
RESEARCH_USE = "Research use only, not for diagnosis"

NetworkName = Literal["compact", "lenet5", "deepcnn", "resnet"]
Text = Annotated[str, Field(max_length=2000)]
ClassName = Annotated[str, Field(min_length=1, max_length=200)]
SpectrumHash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class NetworkDescription(_Closed):
    """The architecture by name, and the numbers it is built from."""

    name: NetworkName
    n_wavenumbers: int = Field(ge=1, le=65_536)
    n_classes: int = Field(ge=2, le=1_000)
    members: int = Field(ge=1, le=100)


class AxisContract(_Closed):
    """The wavenumber axis in cm⁻¹ that an input must cover, and the laser where it is known."""

    first: float
    last: float
    points: int = Field(ge=1, le=65_536)
    unit: Literal["cm-1"] = "cm-1"
    laser_nm: float | None = None


class Calibration(_Closed):
    """The temperature that mean logits are divided by, fitted on out-of-fold patients."""

    temperature: float = Field(gt=0)


class ConformalLimits(_Closed):
    """A class stands in a patient's prediction set where 1 - its probability is at most its limit.

    A limit of 1 keeps the class in every set: too few patients were there to rule it out.
    """

    coverage: float = Field(gt=0, lt=1)
    limit: list[Annotated[float, Field(ge=0, le=1)]] = Field(min_length=2, max_length=1_000)


class AuditFinding(_Closed):
    """What a check of the training data for causes other than biology found."""

    name: Text
    severity: Literal["fine", "warn", "stop"]
    sentence: Text


class OutOfDistributionLimits(_Closed):
    """Limits beyond which a spectrum is unlike the training spectra; the reference itself stands in tensors."""

    residual: float = Field(gt=0)
    distance: float = Field(gt=0)


class Score(_Closed):
    """One figure of merit with its 95 % interval over patients; None where it is undefined."""

    name: Text
    value: float | None
    low: float | None
    high: float | None


class TrainingSummary(_Closed):
    """On what the model was trained."""

    source: Text
    simulated: bool
    patients: dict[ClassName, int]
    spectra: int = Field(ge=1)
    seed: int
    notes: list[Text]
    spectrum_hashes: list[SpectrumHash]


class EncoderDescription(_Closed):
    """What turns tiles into features: by name, and what it says of a fixed tile, so that another one is noticed."""

    name: str = Field(
        pattern=r"^(colour-texture|efficientnet-lite0|tile-pixels|features|timm:[A-Za-z0-9_.:/-]{1,120})$"
    )
    width: int = Field(ge=1, le=100_000)
    calibration: list[float] = Field(max_length=100_000)


class ExpressionHead(_Closed):
    """The head by name, the numbers it is built from, and what it was trained for."""

    name: Literal["linear", "mlp", "context", "fine-tuned"]
    trained_by: Literal["ridge", "pls", "mse", "pearson", "poisson", "negative-binomial"]
    shown: Literal[1, 3]
    n_features: int = Field(ge=1, le=100_000)
    n_outputs: int = Field(ge=1, le=100_000)
    members: int = Field(ge=1, le=100)


class GeneScore(_Closed):
    """How well a gene is predicted on left-out tissue, of what its counts' noise allows; None where undefined."""

    name: Text
    pearson: float | None
    ceiling: float | None
    usable: bool


class ExpressionTraining(_Closed):
    """On what the model was trained."""

    source: Text
    sections: dict[str, Text] = Field(min_length=1, max_length=10_000)
    spots: int = Field(ge=1)
    tissue_colours: dict[str, list[Annotated[float, Field(ge=0, le=255)]]] = Field(
        min_length=1, max_length=10_000
    )
    left_out: Literal["patient", "section"]
    seed: int
    notes: list[Text]


class ExpressionHeader(_Closed):
    """Everything a model file of expression holds besides its weights."""

    format_version: Literal[1]
    modality: Literal["expression"]
    intended_use: Text
    encoders: list[EncoderDescription] = Field(min_length=1, max_length=20)
    tile_sizes_um: list[Annotated[float, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=20)
    head: ExpressionHead
    genes: list[GeneScore] = Field(min_length=1, max_length=100_000)
    training: ExpressionTraining
    audit: list[AuditFinding] = Field(max_length=200)
    scores: list[Score]
    scores_from: Text
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    versions: dict[str, str]

    @model_validator(mode="after")
    def _is_consistent(self) -> "ExpressionHeader":
        expected = len(self.genes) * (2 if self.head.trained_by == "negative-binomial" else 1)
        tiles = sum(one.width for one in self.encoders if one.name != "features") * len(self.tile_sizes_um)
        given = sum(one.width for one in self.encoders if one.name == "features")
        if self.head.n_features != tiles + given:
            raise ValueError("the encoders do not match the head's inputs")
        if self.head.n_outputs != expected or len({one.name for one in self.genes}) != len(self.genes):
            raise ValueError("the genes do not match the head's outputs")
        return self


class ModelHeader(_Closed):
    """Everything a model file of spectra holds besides its weights."""

    format_version: Literal[1]
    modality: Literal["spectra"]
    intended_use: Text
    network: NetworkDescription
    preprocessing: list[dict[str, JsonValue]] = Field(min_length=1, max_length=100)
    preprocessing_of_member: list[Annotated[int, Field(ge=0)]] = Field(max_length=100)
    axis: AxisContract
    classes: list[ClassName] = Field(min_length=2, max_length=1_000)
    positive_class: ClassName
    decision_threshold: float = Field(ge=0, le=1)
    decision_rule: Text
    calibration: Calibration
    conformal: ConformalLimits
    out_of_distribution: OutOfDistributionLimits
    training: TrainingSummary
    audit: list[AuditFinding] = Field(max_length=200)
    scores: list[Score]
    scores_from: Text
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    versions: dict[str, str]

    @model_validator(mode="after")
    def _is_consistent(self) -> "ModelHeader":
        if len(set(self.classes)) != self.network.n_classes or len(self.classes) != self.network.n_classes:
            raise ValueError("the class names do not match the network's number of classes")
        if self.positive_class not in self.classes:
            raise ValueError("the positive class is not one of the classes")
        if len(self.conformal.limit) != self.network.n_classes:
            raise ValueError("there must be one conformal limit for each class")
        used = self.preprocessing_of_member
        if len(used) != self.network.members or set(used) != set(range(len(self.preprocessing))):
            raise ValueError("each member must have one of the preprocessings, and each of them a member")
        return self


HEADERS: dict[str, type[ModelHeader] | type[ExpressionHeader]] = {
    "spectra": ModelHeader,
    "expression": ExpressionHeader,
}
