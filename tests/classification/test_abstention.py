"""What a patient without an answer is advised, and which classes are said to have no coverage of their own."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.classification.abstention import coverage_notes
from spectra_dl.classification.decision import DecisionRule
from spectra_dl.classification.predictions import PatientPredictions
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.spectra.report_context import SPECTRA_WORDS

OTHERS = (
    ConformalSets(0.6, (0.2, 0.2)),
    ConformalSets(0.7, (0.42, 0.42)),
    ConformalSets(0.8, (0.45, 0.45)),
    ConformalSets(0.9, (0.7, 0.7)),
)
RULE = DecisionRule(
    ("healthy", "sick"), "sick", 0.5, OTHERS[-1], SPECTRA_WORDS, other_coverages=OTHERS, rows_per_patient=3.0
)


def advice(rule, probability, *, n_rows=3, n_used=3):
    """Return why one patient has no answer."""
    empty, probability = text_array([""]), np.array([probability], dtype=float)
    patient = PatientPredictions(
        text_array(["P1"]),
        np.array([n_rows]),
        np.array([n_used]),
        *(empty, empty, rule.classes, probability, np.array([0.5])),
    )
    (answer,) = rule.of_patients(patient)
    assert answer.predicted_class == ""
    return answer.abstains


def test_the_nearest_coverage_that_gives_an_answer_is_named_with_it():
    assert advice(RULE, [0.4, 0.6]).endswith(
        "it may be healthy or sick. At 80% coverage the answer would be sick."
    )


def test_an_empty_set_is_advised_a_higher_coverage():
    low = replace(RULE, conformal=OTHERS[0])
    assert advice(low, [0.4, 0.6]).endswith(
        "it fits neither class. At 70% coverage the answer would be sick."
    )


def test_a_patient_with_fewer_spectra_than_training_patients_had_is_advised_more():
    said = advice(RULE, [0.4, 0.6], n_rows=1, n_used=1)
    assert "Measure more spectra: there are 1, training patients had 3 (median). At 80%" in said


def test_refused_spectra_are_to_be_repeated():
    assert "Repeat the 1 of 3 spectra that were refused." in advice(RULE, [0.4, 0.6], n_used=2)


def test_a_model_that_does_not_know_how_many_spectra_are_usual_advises_none():
    unknown = replace(RULE, rows_per_patient=None)
    assert "Measure more" not in advice(unknown, [0.4, 0.6], n_rows=1, n_used=1)


def test_where_neither_spectra_nor_a_coverage_would_help_the_classes_overlap():
    assert advice(RULE, [0.5, 0.5]).endswith(
        "The classes overlap here; a repeat measurement may give another score."
    )


def test_a_contradiction_of_set_and_threshold_is_no_coverage_s_to_solve():
    said = advice(replace(RULE, threshold=0.1), [0.75, 0.25])
    assert "it may be healthy alone, but the threshold 0.100 decides on sick." in said
    assert "the answer would be" not in said


def test_more_than_two_classes_are_named_with_their_probabilities():
    sets = ConformalSets(0.9, (0.6, 0.6, 0.6))
    rule = DecisionRule(("a", "b", "c"), "a", 0.5, sets, SPECTRA_WORDS)
    assert advice(rule, [0.45, 0.44, 0.11]).startswith(
        "p(a) 0.450 and p(b) 0.440: at 90% coverage it may be a or b."
    )
    assert advice(rule, [0.34, 0.33, 0.33]).startswith("p(a) 0.340: at 90% coverage it fits no class.")


@pytest.mark.parametrize(
    ("limit", "count", "said"),
    [
        (
            0.6,
            5,
            "so its coverage is that of all 25 patients together, and of its own at least 5 of 6 on average.",
        ),
        (1.0, 5, "so it stands in every set."),
    ],
)
def test_a_class_of_few_patients_is_noted_with_what_its_coverage_is(limit, count, said):
    (note,) = coverage_notes(ConformalSets(0.9, (0.5, limit)), RULE.classes, {"healthy": 20, "sick": count})
    assert (
        note
        == f"sick: {count} training patients are too few for 90% coverage of its own (9 would do), {said}"
    )


def test_classes_of_enough_patients_have_no_note():
    assert coverage_notes(ConformalSets(0.9, (0.5, 0.5)), RULE.classes, {"healthy": 9, "sick": 9}) == ()
