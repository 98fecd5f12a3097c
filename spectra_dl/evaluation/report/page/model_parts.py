"""The parts of a report that say what the first model is made of, and how near models come to shares of classes; read through `spectra_dl.evaluation.report.page.study`."""

from typing import Any

from pydantic import BaseModel


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
