"""The parts of a report that say what the audit found, checked while they are read."""

from typing import Literal

from pydantic import BaseModel


class ClassEvidence(BaseModel, extra="ignore", frozen=True):
    """What a class looks like to a probe: a curve with its spread, or a number of each patient."""

    name: str
    patients: int
    mean: list[float] = []
    spread: list[float] = []
    points: list[float] = []


class Evidence(BaseModel, extra="ignore", frozen=True):
    """What a probe that stopped the study sees."""

    title: str
    axis_title: str = ""
    axis: list[float] = []
    classes: list[ClassEvidence]


class Finding(BaseModel, extra="ignore", frozen=True):
    """What one check of the audit found."""

    name: str
    severity: Literal["stop", "warn", "fine"]
    sentence: str
    evidence: Evidence | None = None


class Audit(BaseModel, extra="ignore", frozen=True):
    """What other than biology separates the classes."""

    severity: Literal["stop", "warn", "fine"]
    findings: list[Finding]
