"""Datasets that models can be trained, judged and audited on: spectra with classes, sections with counts."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from spectra_dl.errors import UsageError
from spectra_dl_datasets.registry import dataset_card, dataset_names, load

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.spectra.table import SpectraTable


def study_names() -> tuple[str, ...]:
    """Return the names of all sets of spectra with classes, held or not."""
    return tuple(name for name in dataset_names() if _is_study(name))


def load_study(name: str, *, folder: Path | None = None) -> "SpectraTable":
    """Return the labelled spectra of a set, with its patients; spectra without a class are left out and counted in the notes.

    Parameters
    ----------
    name, folder
        As in `registry.load`.

    Raises
    ------
    UsageError
        No set has this name, or it has no spectra with classes.
    DataError
        A file is missing, is not what it was, or can't be read.
    """
    import numpy as np

    from spectra_dl.spectra.table import SpectraTable

    card = dataset_card(name)
    if not _is_study(name):
        raise UsageError(
            f"{name} is {card.modality} for {card.task}; this takes Raman spectra with classes: {', '.join(study_names())}"
        )
    table = load(name, folder=folder)
    assert isinstance(table, SpectraTable)  # as each Raman set for classification does
    if card.confounds:
        table = table.with_notes(
            f"{name}: {len(card.confounds)} confounds are known; read them with: spectra-dl data show {name}"
        )
    if table.label is None or "" not in table.label:
        return table
    labelled = np.array([label != "" for label in table.label], dtype=bool)
    left_out = len(table) - int(labelled.sum())
    return table.select(labelled).with_notes(f"{left_out} spectra without a class were left out")


def load_sections(name: str, *, folder: Path | None = None) -> "tuple[TissueSection, ...]":
    """Return the sections of a set, with their patients, picture and counts.

    Parameters
    ----------
    name, folder
        As in `registry.load`.

    Raises
    ------
    UsageError
        No set has this name, or it has no sections with counts.
    DataError
        A file is missing, is not what it was, or can't be read.
    """
    require_sections(name)
    card = dataset_card(name)
    # Each set of tissue for expression is loaded as sections.
    sections = cast("tuple[TissueSection, ...]", load(name, folder=folder))
    if not card.confounds:
        return sections
    known = f"{name}: {len(card.confounds)} confounds are known; read them with: spectra-dl data show {name}"
    return tuple(replace(one, notes=(*one.notes, known)) for one in sections)


def require_sections(name: str) -> None:
    """Refuse a set that has no sections with counts.

    Raises
    ------
    UsageError
        No set has this name, or its task is another.
    """
    card = dataset_card(name)
    if not _has_sections(name):
        others = ", ".join(one for one in dataset_names() if _has_sections(one))
        raise UsageError(
            f"{name} is {card.modality} for {card.task}; this takes tissue sections with counts: {others}"
        )


def _has_sections(name: str) -> bool:
    card = dataset_card(name)
    return card.modality == "tissue" and card.task == "expression"


def _is_study(name: str) -> bool:
    card = dataset_card(name)
    return card.modality == "Raman" and card.task == "classification"
