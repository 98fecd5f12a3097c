"""Temperature, threshold and conformal limits in a model's description are those of the left-out predictions, computed anew."""

import math

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.classification.assembly import TrainingProvenance, fit_decision, model_header
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.models.header import InputPart, ModelHeader

COVERAGE = 0.9


class NoPart(InputPart):
    """A part without anything in it."""

    kind: str = "none"
    version: int = 1


def left_out(n_classes, seed):
    """Return patients of one to four rows with overconfident logits that overlap, and the classes' numbers by patient."""
    generator = np.random.default_rng(seed)
    people = [(f"p{number:02d}", number % n_classes) for number in range(25 * n_classes)]
    rows = [person for person in people for _ in range(generator.integers(1, 5))]
    target = np.array([code for _, code in rows], dtype=np.int64)
    of_patient = {name: generator.normal(size=n_classes) for name, _ in people}
    logits = np.array([3 * (np.eye(n_classes)[code] + of_patient[name]) for name, code in rows])
    logits += generator.normal(size=logits.shape)
    label = text_array([f"class {code}" for code in target])
    patient = text_array([name for name, _ in rows])
    inputs = generator.normal(size=(len(rows), 3)).astype(np.float32)
    return TrainingData(inputs, label, patient, target, n_classes), logits, dict(people)


def written(data, logits):
    """Return the description's part on classes as it is read from the model file's JSON."""
    decision = fit_decision(data, logits, data.rows, positive=data.label[0], threshold_rule="youden", seed=0)
    header = model_header(decision, TrainingProvenance(), NoPart(), decision.reference.tensors(), seed=0)
    return ModelHeader[NoPart].model_validate_json(header.model_dump_json()).classification


def mean_logits(data, logits, class_of):
    """Return each patient's mean logits and class, in order of name."""
    means = [
        np.mean([row for row, owner in zip(logits, data.patient, strict=True) if owner == name], axis=0)
        for name in sorted(class_of)
    ]
    return means, [class_of[name] for name in sorted(class_of)]


def probabilities(mean, temperature):
    weights = [math.exp(value / temperature) for value in mean]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize(("n_classes", "seed"), [(2, 0), (2, 1), (3, 2)])
def test_the_temperature_is_the_likeliest_for_the_patients_mean_logits(n_classes, seed):
    data, logits, class_of = left_out(n_classes, seed)
    means, truth = mean_logits(data, logits, class_of)

    def surprise(temperature):
        return -sum(
            math.log(probabilities(mean, temperature)[code]) for mean, code in zip(means, truth, strict=True)
        )

    low, high = 0.05, 20.0  # thirds are cut off: the likelihood has one peak
    while high - low > 1e-7:
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if surprise(first) < surprise(second) else (first, high)
    assert 1.2 < low < 15  # neither end, and not the temperature that changes nothing
    assert written(data, logits).calibration.temperature == pytest.approx(low, rel=1e-4)


@pytest.mark.parametrize(("n_classes", "seed"), [(2, 0), (2, 1), (3, 2)])
def test_a_conformal_limit_is_the_score_of_that_rank_among_the_classs_patients(n_classes, seed):
    data, logits, class_of = left_out(n_classes, seed)
    found = written(data, logits)
    means, truth = mean_logits(data, logits, class_of)
    for code in range(n_classes):
        scores = sorted(
            1 - probabilities(mean, found.calibration.temperature)[code]
            for mean, of in zip(means, truth, strict=True)
            if of == code
        )
        at_most = [sum(other <= score for other in scores) for score in scores]
        # The least score that at least 90 % of the 25 patients and the new one are not above: the 24th.
        rank = next(at for at in range(1, 26) if at >= COVERAGE * 26)
        assert (rank, at_most[rank - 1]) == (24, 24)
        assert found.conformal.limit[code] == pytest.approx(scores[rank - 1], rel=1e-9)
    assert found.conformal.coverage == COVERAGE


def test_the_threshold_reaches_the_best_sum_of_sensitivity_and_specificity():
    data, logits, class_of = left_out(2, 0)
    found = written(data, logits)
    means, truth = mean_logits(data, logits, class_of)
    at = found.classes.index(found.positive_class)
    score = [probabilities(mean, found.calibration.temperature)[at] for mean in means]

    def merit(threshold):
        called = [value >= threshold for value in score]
        hits = sum(call and code == at for call, code in zip(called, truth, strict=True))
        rejected = sum(not call and code != at for call, code in zip(called, truth, strict=True))
        return hits / 25 + rejected / 25

    assert merit(found.decision_threshold) == max(map(merit, [*score, 2.0]))
