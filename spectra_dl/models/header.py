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


class ModelHeader(_Closed):
    """Everything a model file holds besides its weights."""

    format_version: Literal[1]
    modality: Literal["spectra"]
    intended_use: Text
    network: NetworkDescription
    preprocessing: list[dict[str, JsonValue]] = Field(min_length=1, max_length=100)
    axis: AxisContract
    classes: list[ClassName] = Field(min_length=2, max_length=1_000)
    positive_class: ClassName
    decision_threshold: float = Field(ge=0, le=1)
    calibration: Calibration
    out_of_distribution: OutOfDistributionLimits
    training: TrainingSummary
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
        if len(self.preprocessing) not in (1, self.network.members):
            raise ValueError("there must be one preprocessing, or one for each member")
        return self
