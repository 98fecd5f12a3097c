"""When the model answers, and when it abstains."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.classification.decision import DecisionRule, predicted_class
from spectra_dl.classification.predictions import PatientPredictions, RowPredictions
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.spectra.report_context import SPECTRA_WORDS

RULE = DecisionRule(("healthy", "sick"), "sick", 0.4, ConformalSets(0.9, (0.5, 0.7)), SPECTRA_WORDS)


def patients(*sick: float, ood_score: float = 0.5) -> PatientPredictions:
    """Patients of one spectrum with these probabilities of being sick; NaN for refused ones."""
    p = np.array(sick)
    n = np.ones(len(p), dtype=np.int64)
    text = text_array([""] * len(p))
    probability = np.stack([1 - p, p], axis=1)
    n_used = np.where(np.isnan(p), 0, n)
    return PatientPredictions(
        text, n, n_used, text, text, RULE.classes, probability, np.where(np.isnan(p), np.nan, ood_score)
    )


def test_a_set_of_the_decided_class_alone_is_an_answer() -> None:
    sick, healthy = RULE.of_patients(patients(0.9, 0.1))
    assert (sick.predicted_class, sick.prediction_set, sick.abstains) == ("sick", ("sick",), "")
    assert (healthy.predicted_class, healthy.prediction_set) == ("healthy", ("healthy",))


def test_several_classes_that_cannot_be_ruled_out_give_no_answer() -> None:
    (answer,) = RULE.of_patients(patients(0.45))
    assert answer.predicted_class == ""
    assert answer.prediction_set == ("healthy", "sick")
    assert answer.abstains.startswith(
        "p(sick) 0.450 lies between the limits 0.300 and 0.500: at 90% coverage it may be healthy or sick. "
    )


def test_an_empty_set_gives_no_answer() -> None:
    (answer,) = replace(RULE, conformal=ConformalSets(0.9, (0.2, 0.2))).of_patients(patients(0.5))
    assert answer.prediction_set == ()
    assert answer.abstains.startswith(
        "p(sick) 0.500 lies between the limits 0.200 and 0.800: at 90% coverage it fits neither class. "
    )


def test_a_set_that_contradicts_the_threshold_gives_no_answer() -> None:
    rule = replace(RULE, threshold=0.05)
    (answer,) = rule.of_patients(patients(0.1))
    assert answer.prediction_set == ("healthy",)
    assert answer.predicted_class == ""
    assert answer.abstains.startswith(
        "p(sick) 0.100: at 90% coverage it may be healthy alone, but the threshold 0.050 decides on sick. "
    )


def test_a_patient_unlike_the_training_spectra_gets_no_answer() -> None:
    (answer,) = RULE.of_patients(patients(0.9, ood_score=1.5))
    assert answer.predicted_class == ""
    assert answer.abstains == (
        "Most spectra are unlike the training spectra (1.5 x the limit). Repeat the measurement; if it stays so, the model knows "
        "nothing of such samples."
    )


def test_a_refused_patient_has_no_answer_and_no_set() -> None:
    (answer,) = RULE.of_patients(patients(np.nan))
    assert (answer.predicted_class, answer.prediction_set) == ("", ())
    assert answer.abstains == (
        "0 of 1 spectra could be used, for the reasons given with each. Repeat the measurement."
    )


def test_a_spectrum_unlike_the_training_spectra_has_no_class() -> None:
    p = np.array([0.9, 0.9, np.nan])
    text = text_array(["a", "b", "c"])
    spectra = RowPredictions(
        *(text, None, text, text, RULE.classes),
        logits=np.zeros((3, 2)),
        probability=np.stack([1 - p, p], axis=1),
        ood_score=np.array([0.9, 1.1, np.nan]),
        damaged=np.isnan(p),
    )
    assert RULE.of_rows(spectra) == ["sick", "", ""]


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.5, ["sick", "healthy", ""]), (0.2, ["sick", "sick", ""])]
)
def test_two_classes_are_decided_by_the_threshold_on_the_positive_one(
    threshold: float, expected: list[str]
) -> None:
    probability = np.array([[0.4, 0.6], [0.7, 0.3], [np.nan, np.nan]])
    assert predicted_class(probability, ["healthy", "sick"], "sick", threshold) == expected


def test_more_classes_are_decided_by_the_largest_probability() -> None:
    assert predicted_class(np.array([[0.2, 0.5, 0.3]]), ["a", "b", "c"], "a", 0.1) == ["b"]


def test_a_probability_on_the_threshold_is_positive() -> None:
    probability = np.array([[0.6, 0.4], [0.6, np.nextafter(0.4, 0.0)]])
    assert predicted_class(probability, ["healthy", "sick"], "sick", 0.4) == ["sick", "healthy"]
    assert predicted_class(probability[:, ::-1], ["sick", "healthy"], "sick", 0.4) == ["sick", "healthy"]


@pytest.mark.parametrize("limits", [(0.5, 0.7), (0.2, 0.2), (0.9, 0.3), (0.537, 0.537)])
@pytest.mark.parametrize("threshold", [0.05, 0.4, 0.651, 0.97])
def test_there_is_no_answer_between_two_probabilities_and_one_everywhere_else(limits, threshold) -> None:
    rule = replace(RULE, conformal=ConformalSets(0.9, limits), threshold=threshold)
    low, high = rule.no_answer_between
    probability = np.linspace(0.0013, 0.9987, 331)
    answered = [bool(each.predicted_class) for each in rule.of_patients(patients(*probability))]
    assert answered == [not low <= p <= high for p in probability]
