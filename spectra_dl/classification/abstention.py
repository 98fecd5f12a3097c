"""Why a patient gets no answer and what would help, in plain words: the same on the screen, in patients.csv and in report.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.classes.conformal import ConformalSets, patients_needed
from spectra_dl.evaluation.context import Words

if TYPE_CHECKING:
    from spectra_dl.classification.decision import DecisionRule


@dataclass(frozen=True)
class Measured:
    """What is known of one patient.

    Attributes
    ----------
    probability
        ``(c,)``.
    n_rows, n_used
        Rows in the input, and those that were not refused.
    ood_score
        As a multiple of the limit.
    """

    probability: FloatArray
    n_rows: int
    n_used: int
    ood_score: float


def nothing_usable(measured: Measured, words: Words) -> str:
    """Say that no row of a patient could be used.

    Parameters
    ----------
    measured
        The patient.
    words
        What rows are called.
    """
    return f"0 of {measured.n_rows} {words.rows} could be used, for the reasons given with each. Repeat the measurement."


def unlike_training(measured: Measured, words: Words) -> str:
    """Say that a patient's rows are like none that the model knows.

    Parameters
    ----------
    measured
        The patient.
    words
        What rows are called.
    """
    return (
        f"Most {words.rows} are unlike the training {words.rows} ({measured.ood_score:.1f} x the limit). Repeat the measurement; if it "
        "stays so, the model knows nothing of such samples."
    )


def undecided(measured: Measured, decided: str, in_set: Sequence[str], rule: "DecisionRule") -> str:
    """Say why a patient's set of classes is no answer.

    Parameters
    ----------
    measured
        The patient.
    decided
        The class that the threshold, or the largest probability, decides on.
    in_set
        The classes that stand in the set.
    rule
        How the model decides.
    """
    two = len(rule.classes) == 2
    named = [rule.positive] if two else in_set or [decided]
    scores = " and ".join(f"p({name}) {measured.probability[rule.classes.index(name)]:.3f}" for name in named)
    share = f"at {rule.conformal.coverage:.0%} coverage"
    if len(in_set) == 1:
        other = (
            f"the threshold {rule.threshold:.3f} decides on {decided}" if two else f"{decided} is likelier"
        )
        return f"{scores}: {share} it may be {in_set[0]} alone, but {other}."
    between = f" lies between the limits {_limits(rule)}" if two else ""
    if in_set:
        return f"{scores}{between}: {share} it may be {' or '.join(in_set)}."
    return f"{scores}{between}: {share} it fits {'neither' if two else 'no'} class."


def _limits(rule: "DecisionRule") -> str:
    low, high = rule.undecided_between
    return f"{low:.3f} and {high:.3f}"


def what_helps(measured: Measured, decided: str, rule: "DecisionRule") -> str:
    """Say what may bring an answer: more rows, another coverage, or nothing but another measurement.

    Parameters
    ----------
    measured
        The patient.
    decided
        The class that the threshold, or the largest probability, decides on.
    rule
        How the model decides.
    """
    helps, words, usual = [], rule.words, rule.rows_per_patient
    if measured.n_used < measured.n_rows:
        helps.append(
            f"Repeat the {measured.n_rows - measured.n_used} of {measured.n_rows} {words.rows} that were refused."
        )
    elif usual is not None and measured.n_used < usual:
        helps.append(
            f"Measure more {words.rows}: there are {measured.n_used}, training patients had {usual:g} (median)."
        )
    coverage = _nearest_answer(measured.probability, decided, rule)
    if coverage is not None:
        helps.append(f"At {coverage:.0%} coverage the answer would be {decided}.")
    return " ".join(helps) or "The classes overlap here; a repeat measurement may give another score."


def _nearest_answer(probability: FloatArray, decided: str, rule: "DecisionRule") -> float | None:
    """Return the coverage nearest to the one in use at which the set is the decided class alone; None if there is none."""
    coverages, limits = rule.other_limits
    alone = np.array([name == decided for name in rule.classes])
    answers = ((1.0 - probability <= limits) == alone).all(axis=1)
    if not answers.any():
        return None
    there = coverages[answers]
    return float(there[np.abs(there - rule.conformal.coverage).argmin()])


def coverage_notes(
    conformal: ConformalSets, classes: Sequence[str], patients: Mapping[str, int]
) -> tuple[str, ...]:
    """Say for each class with few training patients that coverage isn't its own.

    Parameters
    ----------
    conformal
        The sets.
    classes
        In the order of the limits.
    patients
        Training patients of each class; one that is missing is taken to have enough.
    """
    needed, everybody = patients_needed(conformal.coverage), sum(patients.values())
    notes = []
    for name, limit in zip(classes, conformal.quantile, strict=True):
        count = patients.get(name, needed)
        if count >= needed:
            continue
        few = f"{name}: {count} training patients are too few for {conformal.coverage:.0%} coverage of its own ({needed} would do)"
        instead = (
            "so it stands in every set"
            if limit >= 1.0
            else f"so its coverage is that of all {everybody} patients together, and of its own at least {count} of {count + 1} on average"
        )
        notes.append(f"{few}, {instead}.")
    return tuple(notes)
