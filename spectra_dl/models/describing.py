"""What every model's description says alike, whatever it was trained on."""

import math
import platform
from collections.abc import Iterable
from typing import Literal

from spectra_dl.models.header import AuditFinding, Part, Score
from spectra_dl.storage.provenance import package_version

_LONGEST_TEXT = 500
_PACKAGES = ("spectra-dl", "torch", "numpy", "scipy")


def shortened(text: str) -> str:
    """Return a text as long as a description holds one."""
    return text[:_LONGEST_TEXT]


def all_shortened(texts: Iterable[str]) -> list[str]:
    """Return texts as long as a description holds them."""
    return [shortened(text) for text in texts]


def described_finding(name: str, severity: Literal["fine", "warn", "stop"], sentence: str) -> AuditFinding:
    """Return what an audit found, as a description holds it.

    Parameters
    ----------
    name
        The check.
    severity
        How bad it is.
    sentence
        What was found.
    """
    return AuditFinding(name=shortened(name), severity=severity, sentence=shortened(sentence))


def described_part(name: str, weight: float, adds: tuple[float, float, float]) -> Part:
    """Return what a part of a model is worth, as a description holds it: None where that is undefined.

    Parameters
    ----------
    name
        The part.
    weight
        Its part of the logits.
    adds
        What it adds to the others' patient AUC, and the ends of its 95 % interval.
    """
    value, low, high = map(_finite, adds)
    return Part(name=shortened(name), weight=weight, adds=value, low=low, high=high)


def described_score(name: str, value: float, low: float, high: float) -> Score:
    """Return a figure with its interval, as a description holds it: None where it is undefined.

    Parameters
    ----------
    name
        Of the figure.
    value
        NaN where it is undefined.
    low, high
        Ends of its 95 % interval; not finite where there is none.
    """
    return Score(name=name, value=_finite(value), low=_finite(low), high=_finite(high))


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that made a model."""
    return {"python": platform.python_version(), **{name: package_version(name) for name in _PACKAGES}}
