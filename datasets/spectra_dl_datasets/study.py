"""Datasets that models can be trained, evaluated and audited on: spectra with classes, sections with counts."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from spectra_dl.errors import UsageError
from spectra_dl_datasets.registry import dataset_card, dataset_names, load

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.spectra.table import SpectraTable


def study_names() -> tuple[str, ...]:
    """Return the names of all sets of spectra with classes, whether their files are here or not."""
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

    if not _is_study(name):
        needed = "Raman spectra with classes" + (" (or --target COLUMN)" if _has_numbers(name) else "")
        raise _another_task(name, needed, study_names())
    table = load(name, folder=folder)
    assert isinstance(table, SpectraTable)  # as each Raman set for classification does
    table = table.with_notes(*_confound_notes(name))
    if table.label is None or "" not in table.label:
        return table
    labelled = np.array([label != "" for label in table.label], dtype=bool)
    dropped = len(table) - int(labelled.sum())
    return table.select(labelled).with_notes(f"{dropped} spectra without a class were left out")


def load_numbers(name: str, *, folder: Path | None = None) -> "SpectraTable":
    """Return the spectra of a set with its patients, whatever is to be predicted of them: a number stands in the metadata.

    Parameters
    ----------
    name, folder
        As in `registry.load`.

    Raises
    ------
    UsageError
        No set has this name, or it holds no Raman spectra of patients or samples.
    DataError
        A file is missing, is not what it was, or can't be read.
    """
    from spectra_dl.spectra.table import SpectraTable

    suitable = tuple(each for each in dataset_names() if _has_numbers(each))
    if name not in suitable:
        raise _another_task(name, "Raman spectra with a number per patient", suitable)
    table = load(name, folder=folder)
    assert isinstance(table, SpectraTable)  # as each Raman set for regression is
    return table.with_notes(*_confound_notes(name))


def load_sections(name: str, *, folder: Path | None = None) -> "tuple[TissueSection, ...]":
    """Return the sections of a set, with their patients, image and counts.

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
    # Each set of tissue for expression is loaded as sections.
    sections = cast("tuple[TissueSection, ...]", load(name, folder=folder))
    return tuple(replace(section, notes=(*section.notes, *_confound_notes(name))) for section in sections)


def require_sections(name: str) -> None:
    """Refuse a set that has no sections with counts.

    Raises
    ------
    UsageError
        No set has this name, or its task is another.
    """
    if not _has_sections(name):
        suitable = tuple(filter(_has_sections, dataset_names()))
        raise _another_task(name, "tissue sections with counts", suitable)


def _another_task(name: str, needed: str, suitable: tuple[str, ...]) -> UsageError:
    """Return the refusal of a set where ``needed`` is taken, with the sets that have it."""
    card = dataset_card(name)
    return UsageError(
        f"{name} is {card.modality} for {card.task}; this takes {needed}: {', '.join(suitable)}"
    )


def _confound_notes(name: str) -> tuple[str, ...]:
    """Return the note that confounds of a set are known; none where none are."""
    known = len(dataset_card(name).confounds)
    return (
        (f"{name}: {known} confounds are known; read them with: spectra-dl data show {name}",)
        if known
        else ()
    )


def _has_sections(name: str) -> bool:
    card = dataset_card(name)
    return card.modality == "tissue" and card.task == "expression"


def _has_numbers(name: str) -> bool:
    card = dataset_card(name)
    return card.modality == "Raman" and card.task == "regression"


def _is_study(name: str) -> bool:
    card = dataset_card(name)
    return card.modality == "Raman" and card.task == "classification"
