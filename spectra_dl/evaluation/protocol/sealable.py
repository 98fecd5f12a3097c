"""What a study of any modality shows a protocol: digests of what is tested, and the outcome that may stay unseen."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.folds.split_file import split_sha256
from spectra_dl.evaluation.protocol.sealed_plan import SealedData, SealedPlan
from spectra_dl.plugins import named_plugins
from spectra_dl.storage.provenance import versions

_LONGEST = 1000  # characters of a hypothesis


@dataclass(frozen=True)
class SealedWords:
    """What refusals call the parts of what is sealed.

    Attributes
    ----------
    rows
        What patients have several of, in plural.
    axis
        What differs where the digest ``axis`` does.
    """

    rows: str
    axis: str


OF_SPECTRA = SealedWords("spectra", "another wavenumber axis")


@dataclass(frozen=True)
class Sealable:
    """A study as a protocol knows it.

    Attributes
    ----------
    data
        Its digests; nothing of the outcome.
    outcome
        The outcome cell by cell, in an order that depends on the study alone; empty cells, or none, where it is not there.
    words
        For refusals.
    """

    data: SealedData
    outcome: tuple[str, ...]
    words: SealedWords


@dataclass(frozen=True)
class Promise:
    """What is promised beside data and options.

    Attributes
    ----------
    hypothesis
        A sentence.
    metric
        The figure that decides, by its name in the report.
    """

    hypothesis: str
    metric: str


def sealed_plan(
    study: Sealable, promise: Promise, options: Mapping[str, Any], split: str | None = None
) -> SealedPlan:
    """Return what is sealed of an evaluation that has not been done.

    Parameters
    ----------
    study
        As it will be evaluated; its outcome may still be missing.
    promise
        Hypothesis and metric.
    options
        Of the evaluation, by name, ready for JSON.
    split
        Text of a ``folds.csv`` that will be repeated.

    Raises
    ------
    UsageError
        The hypothesis is empty or too long.
    """
    hypothesis = " ".join(promise.hypothesis.split())
    if not 1 <= len(hypothesis) <= _LONGEST:
        raise UsageError(
            f"the hypothesis has {len(hypothesis)} characters; write a sentence of 1 to {_LONGEST}"
        )
    return SealedPlan(
        hypothesis=hypothesis,
        metric=promise.metric,
        outcome_in_file=any(cell.strip() for cell in study.outcome),
        data=study.data,
        folds=None if split is None else split_sha256(split),
        options=dict(options),
        versions={**versions(), **named_plugins(options.values())},
    )


def digest_of_cells(cells: Iterable[str]) -> str:
    """Return the SHA-256 of texts one after another, each with its length, so that no two lists share one."""
    digest = hashlib.sha256()
    for cell in cells:
        content = cell.encode("utf-8", "surrogatepass")
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()


def digest_of_numbers(values: FloatArray) -> str:
    """Return the SHA-256 of numbers as little-endian float64, in order."""
    return hashlib.sha256(np.ascontiguousarray(values, "<f8").tobytes()).hexdigest()
