"""Labels of samples instead of persons: a subject's rows of one class are a unit, and units of a subject are never divided.

A unit's id holds its subject's, so that whoever is given ids alone, such as an estimator that makes inner folds, keeps subjects together.
"""

from collections.abc import Sequence

from spectra_dl.arrays import TextArray, Texts, text_array

_SEPARATOR = "\x1f"  # ASCII's unit separator, which no reader lets into an id that a person can see


def unit_ids(subject: Texts, label: Texts) -> TextArray:
    """Return an id for each subject and class.

    Parameters
    ----------
    subject
        ``(n,)`` whose each row is.
    label
        ``(n,)`` the class of its sample.

    Examples
    --------
    >>> ids = unit_ids(["m1", "m1", "m2"], ["tumour", "healthy", "healthy"])
    >>> [shown_unit(unit) for unit in ids], subjects_of(ids)
    (['m1 (tumour)', 'm1 (healthy)', 'm2 (healthy)'], ['m1', 'm1', 'm2'])
    """
    pairs = zip(text_array(subject), text_array(label), strict=True)
    return text_array([f"{whose.replace(_SEPARATOR, '')}{_SEPARATOR}{name}" for whose, name in pairs])


def subjects_of(units: Texts) -> list[str]:
    """Return whose each unit is; an id without a class is a subject's own."""
    return [str(unit).partition(_SEPARATOR)[0] for unit in units]


def with_subjects(units: Texts, subjects: Sequence[str]) -> list[str]:
    """Return the same units of subjects that are spelled in another way.

    Parameters
    ----------
    units
        ``(n,)`` ids of units, or of subjects.
    subjects
        ``(n,)`` spellings of their subjects.
    """
    return [
        subject + "".join(str(unit).partition(_SEPARATOR)[1:])
        for unit, subject in zip(units, subjects, strict=True)
    ]


def shown_unit(unit: str) -> str:
    """Return a unit's id as people read it: the subject, and the class in brackets."""
    subject, parted, label = unit.partition(_SEPARATOR)
    return f"{subject} ({label})" if parted else subject
