"""Patient ids that can't be trusted: one person under two ids, or in two classes."""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import Texts
from spectra_dl.evaluation.audit.finding import Finding
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.wording import first_few

_SEPARATORS = " _-./:"


def patients_in_several_classes(patient: Texts, label: Texts) -> list[str]:
    """Return the ids that stand with more than one label, sorted.

    Parameters
    ----------
    patient, label
        ``(n,)`` text, per row.
    """
    labels: dict[str, set[str]] = defaultdict(set)
    for name, class_name in zip(patient, label, strict=True):
        labels[str(name)].add(str(class_name))
    return sorted(name for name, classes in labels.items() if name.strip() and len(classes) > 1)


def several_classes_finding(torn: Sequence[str]) -> Finding:
    """Say that these patients carry several labels and were left out of the other checks."""
    sentence = (
        f"Patients with several classes: {first_few(torn)}. Their label describes the sample, not the person; they were left out "
        "of the other checks, and evaluate and train refuse them. Correct the labels, leave these patients out, or say --label-per-sample where the "
        "label is the sample's."
    )
    return Finding("patients in several classes", "stop", sentence)


def check_patient_ids(patient: Texts, label: Texts) -> Finding:
    """Look for ids of different classes that are equal but for the class's name or a common beginning.

    ``COV+_422H`` and ``COV-_422H`` are probably one person. With such a person in both classes the label describes the
    sample, not the person, and the two samples can fall on both sides of a split.

    Parameters
    ----------
    patient, label
        ``(n,)`` text, per row; each patient with one label.
    """
    patients = read_patients(patient, label)
    if patients.cluster is not None:
        return Finding("patient ids", "fine", _samples_sentence(patients))
    same: dict[str, list[int]] = defaultdict(list)
    for person, stem in enumerate(_stems(patients)):
        same[stem].append(person)
    shared = {
        stem: people
        for stem, people in same.items()
        if stem and len({int(patients.class_of_patient[person]) for person in people}) > 1
    }
    if not shared:
        return Finding(
            "patient ids",
            "fine",
            "No patient id differs from one of another class only by its beginning or ending.",
        )
    if _are_running_numbers(shared, patients):
        sentence = (
            f"Patient ids of different classes share {len(shared)} numbers; they look like counts that start anew in each "
            "class. If they are persons, give each person one id."
        )
        return Finding("patient ids", "warn", sentence)
    listed = first_few(
        " and ".join(patients.names[person] for person in people) for people in shared.values()
    )
    people = "one person" if len(shared) == 1 else f"{len(shared)} persons"
    sentence = (
        f"Ids that differ only by their class: {listed}. Probably {people} in several classes, who may stand on both sides "
        "of a split; give each person one id or leave them out."
    )
    return Finding("patient ids", "warn", sentence)


def _samples_sentence(patients: Patients) -> str:
    several = int(np.count_nonzero(np.bincount(patients.cluster) > 1)) if patients.cluster is not None else 0
    return (
        f"{several} of {len(patients.subjects)} patients carry several classes, as was said: labels are of samples, and all samples of a patient stand "
        "on the same side of every split."
    )


def _stems(patients: Patients) -> list[str]:
    """Return each id without its class's name and without what all ids of its class begin with, in lower case."""
    stems = [name.lower() for name in patients.names]
    for code, label in enumerate(patients.classes):
        members = [person for person in range(len(stems)) if patients.class_of_patient[person] == code]
        # Digits and letters that only happen to be shared, as the 1 of 10, 11, 12, belong to the stem.
        shared = _common_beginning([stems[person] for person in members]) if len(members) > 1 else ""
        beginning = re.match(r".*[^0-9a-z]|[a-z]+(?=[0-9]*$)|", shared)
        cut = len(beginning.group()) if beginning else 0
        for person in members:
            stems[person] = _without_class(stems[person][cut:], label.lower()).strip(_SEPARATORS)
    return stems


def _without_class(name: str, label: str) -> str:
    """Return an id without its class's name before or after it, where that is a word of its own: the 0 of 220 is no class."""
    number = label.isdecimal()
    rest = name.removeprefix(label)
    if rest and rest != name and _parted(label[-1], rest[0], number=number):
        name = rest
    rest = name.removesuffix(label)
    return rest if rest and rest != name and _parted(rest[-1], label[0], number=number) else name


def _parted(before: str, after: str, *, number: bool) -> bool:
    """Return whether a word ends between two neighbouring characters; beside a class that is a number only a sign parts it from the id."""
    if before.isalnum() and after.isalnum():
        return before.isalpha() != after.isalpha() and not number
    return True


def _common_beginning(words: Sequence[str]) -> str:
    first, last = min(words), max(words)
    different = (
        at
        for at, (first_letter, last_letter) in enumerate(zip(first, last, strict=False))
        if first_letter != last_letter
    )
    return first[: next(different, min(len(first), len(last)))]


def _are_running_numbers(shared: dict[str, list[int]], patients: Patients) -> bool:
    """Say whether the shared stems are counts from 1 or 0 on, as of ids like H1, H2, ... and P1, P2, ..."""
    if not all(stem.isdecimal() for stem in shared):
        return False
    numbers = sorted(int(stem) for stem in shared)
    smallest_class = min(patients.count(code) for code in range(len(patients.classes)))
    return len(numbers) >= 3 and numbers[0] <= 1 and len(numbers) >= 0.8 * smallest_class
