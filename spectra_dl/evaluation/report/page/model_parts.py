"""The part of a report that says what the first model is made of; read through `spectra_dl.evaluation.report.page.study`."""

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
