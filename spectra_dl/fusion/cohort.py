"""The patients of a study of several blocks: one id and one class each, whatever files they are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from spectra_dl.arrays import IndexArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.outcomes_of_patients import known_outcomes, read_came, refuse_several, with_outcome
from spectra_dl.fusion.readers.blocks import ReadBlock, read_block
from spectra_dl.fusion.readers.stated import StatedStudy

_FEW_IN_COMMON = 0.2  # of the smaller block: less is rather two groups of people


@dataclass(frozen=True, eq=False)
class BlockOfCohort:
    """A block's rows of the cohort's patients.

    Attributes
    ----------
    read
        The block as it was read, of the rows that are used.
    owner
        ``(n,)`` number of each row's patient.
    """

    read: ReadBlock
    owner: IndexArray


@dataclass(frozen=True, eq=False)
class FusionCohort:
    """Patients with their blocks.

    Attributes
    ----------
    study
        What was said.
    patients
        Sorted ids: the order of rows and files changes nothing.
    label
        ``(m,)`` text; None where classes were not asked for.
    blocks
        In the study's order.
    notes
        Of readers, and whom they leave out.
    came
        Each patient's number, or time and event, in the patients' order; None where classes are predicted, or nothing is asked for.
    """

    study: StatedStudy
    patients: tuple[str, ...]
    label: TextArray | None
    blocks: tuple[BlockOfCohort, ...]
    notes: tuple[str, ...]
    came: Outcomes | Survival | None = None
    #: Nothing of a block is refused as a whole; what is left out stands in the notes.
    refused: tuple[str, ...] = ()


def read_cohort(study: StatedStudy, *, labelled: bool = True) -> FusionCohort:
    """Read all blocks of a study and join them by patient.

    Parameters
    ----------
    study
        What is said of it.
    labelled
        Whether each patient needs a class, or what the study predicts in place of it; those without are left out. Patients to be predicted need neither a class nor more than one block.

    Raises
    ------
    UsageError
        Classes or what is predicted in place of them are needed, and no block has the column.
    DataError
        A block can't be read, blocks are of different people, fewer patients have all blocks than the study says, a patient has two
        classes, there is one class only, or numbers, times and events are none that can be predicted.
    """
    return joined([read_block(block, study) for block in study.blocks], study, labelled=labelled)


def joined(blocks: Sequence[ReadBlock], study: StatedStudy, *, labelled: bool = True) -> FusionCohort:
    """Join blocks by patient.

    Parameters
    ----------
    blocks, study, labelled
        As of `read_cohort`.

    Raises
    ------
    UsageError, DataError
        As `read_cohort`.
    """
    given = [name for block in blocks for name in sorted(set(block.patient))]
    spelled = one_spelling(given)
    spelling = dict(zip(given, spelled.names, strict=True))
    people = [[spelling[name] for name in block.patient] for block in blocks]
    own = {block.name: set(names) for block, names in zip(blocks, people, strict=True)}
    if labelled:
        _refuse_other_people(own, study)
    everybody = sorted(set().union(*own.values()))
    notes = [note for block in blocks for note in block.notes] + list(spelled.notes)
    label, came = None, None
    if labelled and study.outcome.columns:
        known = known_outcomes(blocks, people, study.outcome)
        everybody, left_out = with_outcome(everybody, known)
        notes += left_out
        came = read_came(everybody, known, study.outcome)
    elif labelled:
        class_of = _classes(blocks, people, study)
        unknown = [name for name in everybody if name not in class_of]
        everybody = [name for name in everybody if name in class_of]
        label = text_array([class_of[name] for name in everybody])
        if unknown:
            notes.append(f"{len(unknown)} patients have no class and were left out: {first_few(unknown)}")
        read_patients(everybody, list(label))
    number = {name: at for at, name in enumerate(everybody)}
    parts = tuple(_part(block, names, number) for block, names in zip(blocks, people, strict=True))
    notes += _lacking(own, everybody)
    return FusionCohort(study, tuple(everybody), label, parts, tuple(notes), came)


def _part(block: ReadBlock, names: Sequence[str], number: Mapping[str, int]) -> BlockOfCohort:
    kept = np.array([row for row, name in enumerate(names) if name in number], dtype=np.intp)
    owner = np.array([number[names[row]] for row in kept], dtype=np.intp)
    read = ReadBlock(
        block.stated,
        block.rows[kept],
        block.patient[kept],
        None if block.label is None else block.label[kept],
        block.notes,
        {name: cells[kept] for name, cells in block.outcomes.items()},
    )
    return BlockOfCohort(read, owner)


def _refuse_other_people(own: Mapping[str, set[str]], study: StatedStudy) -> None:
    """Refuse blocks that have nobody, or hardly anybody, in common: rows of different people are joined by nothing."""
    for (first, people), (second, others) in combinations(own.items(), 2):
        common = len(people & others)
        if common < max(1.0, _FEW_IN_COMMON * min(len(people), len(others))):
            raise DataError(
                f"{first} has {len(people)} patients and {second} {len(others)}, and {common or 'none'} of them are the same "
                f"({first_few(sorted(people), at_most=2)} beside {first_few(sorted(others), at_most=2)}): blocks must be of the same people, under the "
                "same ids"
            )
    in_all = len(set.intersection(*own.values()))
    if study.patients is not None and in_all < study.patients:
        counted = ", ".join(f"{name} {len(people)}" for name, people in own.items())
        raise DataError(
            f"{in_all} patients have all blocks ({counted}), and the study says {study.patients}; find those that are missing, or correct "
            "patients = in the study file"
        )


def _classes(
    blocks: Sequence[ReadBlock], people: Sequence[Sequence[str]], study: StatedStudy
) -> dict[str, str]:
    """Return each patient's class, in which all blocks agree."""
    said: dict[str, dict[str, str]] = {}
    for block, names in zip(blocks, people, strict=True):
        for name, label in zip(names, [] if block.label is None else block.label, strict=False):
            if label:
                said.setdefault(name, {}).setdefault(str(label), block.name)
    if not said:
        raise UsageError(
            f"no block has a column {study.label!r:.80} of the classes; name it with label = in the study file, or --label"
        )
    refuse_several(said, "class")
    return {name: next(iter(classes)) for name, classes in said.items()}


def _lacking(own: Mapping[str, set[str]], everybody: Sequence[str]) -> list[str]:
    """Say how many patients lack a block."""
    lacking = {name: len(set(everybody) - people) for name, people in own.items()}
    return [
        f"{count} of {len(everybody)} patients lack {name}: their verdict comes from the other blocks"
        for name, count in lacking.items()
        if count
    ]
