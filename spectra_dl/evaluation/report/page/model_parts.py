"""The parts of a report that not every study has: what the first model is made of, where a model looks, what acting on it is worth, shares of classes.

They are read through `spectra_dl.evaluation.report.page.study`.
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field


class WeighedPart(BaseModel, extra="ignore", frozen=True):
    """A part of a model: its part of the logits with its range over folds, and what it adds to the others' AUC."""

    name: str
    weight: float
    lowest: float
    highest: float
    adds: float | None
    low: float | None
    high: float | None


class ModelParts(BaseModel, extra="ignore", frozen=True, protected_namespaces=()):
    """What the first model is added up from."""

    model: str
    parts: list[WeighedPart]


class ShareFigure(BaseModel, extra="ignore", frozen=True):
    """A figure with its interval over patients; None where undefined."""

    value: float | None
    low: float | None
    high: float | None


class ModelShares(BaseModel, extra="ignore", frozen=True, protected_namespaces=()):
    """How near a model comes to a share of two classes in held-out patients."""

    figures: dict[str, ShareFigure]
    answers: dict[str, dict[str, int]]
    patients: dict[str, dict[str, Any]]


class Shares(BaseModel, extra="ignore", frozen=True):
    """A share of one class against another, by model."""

    part: str
    rest: str
    models: dict[str, ModelShares] = {}


class SalientClass(BaseModel, extra="ignore", frozen=True):
    """What speaks for a class, place by place along the axis."""

    name: str
    mean: list[float]
    attribution: list[float]
    spread: list[float]


class SalientPlace(BaseModel, extra="ignore", frozen=True):
    """A position the model looks at, with what is known to lie there."""

    position: float
    name: str | None = None
    source: str | None = None
    class_name: str | None = Field(default=None, alias="class")
    attribution: float
    stable: bool


class Saliency(BaseModel, extra="ignore", frozen=True, protected_namespaces=()):
    """Where along the axis of its rows a model looks."""

    model: str
    axis: list[float]
    axis_title: str
    unit: str
    known: str
    classes: list[SalientClass]
    stability: float | None = None
    places: list[SalientPlace] = []


# Nothing but a picture may stand where a page shows one.
Picture = Annotated[str, Field(pattern=r"^data:image/jpeg;base64,[A-Za-z0-9+/]+={0,2}$", max_length=1 << 20)]


class OverlaidRow(BaseModel, extra="ignore", frozen=True):
    """A row as a picture, without and with colours where a model found the class that it called it."""

    name: str
    patient: str | None = None
    truth: str | None = None
    called: str
    probability: float
    plain: Picture
    overlaid: Picture


class Overlays(BaseModel, extra="ignore", frozen=True, protected_namespaces=()):
    """Which rows a model was most certain of: how they were chosen, what colours mean, and of how many rows they are."""

    model: str
    of: int
    chosen: str
    legend: list[str]
    rows: list[OverlaidRow] = Field(max_length=100)


class Band(BaseModel, extra="ignore", frozen=True):
    """Figures at each threshold with the ends of their intervals."""

    value: list[float]
    low: list[float]
    high: list[float]


class DecisionCurve(BaseModel, extra="ignore", frozen=True):
    """What acting on a model is worth at each threshold probability."""

    threshold: list[float]
    treat_all: list[float]
    net_benefit: Band
    standardised: Band
    gain: Band

    @property
    def tabled(self) -> list[int]:
        """Numbers of the thresholds that a table shows: the tenths up to one half."""
        return [at for at, each in enumerate(self.threshold) if each <= 0.5 and round(100 * each) % 10 == 0]


class FusedBlock(BaseModel, extra="ignore", frozen=True, protected_namespaces=()):
    """A block of data of patients, the model of it, and how many patients have it."""

    name: str
    kind: str
    model: str
    patients: int


class BlockAdds(BaseModel, extra="ignore", frozen=True):
    """What a block is worth alone, what it adds to the others, and its share."""

    alone: ShareFigure
    added: ShareFigure
    share: ShareFigure


class BlocksAdd(BaseModel, extra="ignore", frozen=True):
    """What all blocks are worth, and each of them."""

    together: ShareFigure
    blocks: dict[str, BlockAdds]


class Fusion(BaseModel, extra="ignore", frozen=True):
    """Blocks of patients' data, and by score what each adds; nothing is said of more than two classes."""

    blocks: list[FusedBlock]
    contributions: dict[str, BlocksAdd] = {}
