"""The digests of a study of spectra, by which a protocol knows its test patients again without their outcome."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.folds.split_file import split_sha256
from spectra_dl.evaluation.protocol.sealed_plan import SealedData, SealedPlan
from spectra_dl.plugins import named_plugins
from spectra_dl.spectra.cohort import required_patients
from spectra_dl.spectra.probes import audit_columns
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.provenance import versions

_LONGEST = 1000  # characters of a hypothesis


def sealed_data(table: SpectraTable, *, split_by: str | None = None) -> SealedData:
    """Return the digests of spectra as they were read: nothing of labels, nothing of the file that held them.

    Parameters
    ----------
    table
        Raw spectra with patients.
    split_by
        A column of which one value is left out at a time.

    Raises
    ------
    DataError
        The table does not say whose the spectra are.
    UsageError
        There is no such column.
    """
    patients = [str(name) for name in required_patients(table)]
    samples = [str(name) for name in table.sample_id]
    spectra: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for patient, sample, values in zip(patients, samples, table.intensity, strict=True):
        content = hashlib.sha256(np.ascontiguousarray(values, "<f8").tobytes()).hexdigest()
        spectra[patient].append((sample, content))
    return SealedData(
        rows=len(patients),
        axis=hashlib.sha256(np.ascontiguousarray(table.wavenumber, "<f8").tobytes()).hexdigest(),
        order=digest_of_cells(cell for pair in zip(samples, patients, strict=True) for cell in pair),
        groups=None if split_by is None else digest_of_cells(_column(table, split_by)),
        patients={
            name: digest_of_cells(cell for pair in sorted(pairs) for cell in pair)
            for name, pairs in spectra.items()
        },
    )


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
    table: SpectraTable, promise: Promise, options: Mapping[str, Any], split: str | None = None
) -> SealedPlan:
    """Return what is sealed of an evaluation of spectra that has not been done.

    Parameters
    ----------
    table
        Raw spectra with patients, as they will be evaluated; labels may still be missing.
    promise
        Hypothesis and metric.
    options
        Of the evaluation, by name, ready for JSON.
    split
        Text of a ``folds.csv`` that will be repeated.

    Raises
    ------
    DataError
        The table does not say whose the spectra are.
    UsageError
        There is no such column to split by, or the hypothesis is empty or too long.
    """
    hypothesis = " ".join(promise.hypothesis.split())
    if not 1 <= len(hypothesis) <= _LONGEST:
        raise UsageError(
            f"the hypothesis has {len(hypothesis)} characters; write a sentence of 1 to {_LONGEST}"
        )
    return SealedPlan(
        hypothesis=hypothesis,
        metric=promise.metric,
        outcome_in_file=any(cell.strip() for cell in outcome_cells(table, options)),
        data=sealed_data(table, split_by=options.get("split_by")),
        folds=None if split is None else split_sha256(split),
        options=dict(options),
        versions={**versions(), **named_plugins(options.values())},
    )


def outcome_cells(table: SpectraTable, options: Mapping[str, object]) -> list[str]:
    """Return the outcome row by row, column by column; empty where the table holds none.

    Parameters
    ----------
    table
        As it was read, with or without its labels known as such.
    options
        Of the evaluation: ``label``, ``target``, ``time`` and ``event`` name columns.
    """
    numbers = [str(name) for name in map(options.get, ("target", "time", "event")) if name is not None]
    if numbers:
        return [str(cell) for name in numbers for cell in table.metadata.get(name, ())]
    held = table.label if table.label is not None else table.metadata.get(str(options.get("label")), ())
    return [str(cell) for cell in held]


def digest_of_cells(cells: Iterable[str]) -> str:
    """Return the SHA-256 of texts one after another, each with its length, so that no two lists share one."""
    digest = hashlib.sha256()
    for cell in cells:
        content = cell.encode("utf-8", "surrogatepass")
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()


def _column(table: SpectraTable, name: str) -> list[str]:
    columns = audit_columns(table)
    if name not in columns:
        raise UsageError(
            f"--split-by {name!r:.80}: there is no such column in the data; name one that is there"
        )
    return [str(cell) for cell in columns[name]]
