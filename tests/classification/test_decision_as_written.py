"""Temperature, threshold and conformal limits in a model's description are those of the left-out predictions, computed anew."""

import math
from itertools import pairwise

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


def score_and_truth(data, logits, class_of, found):
    """Return each patient's probability of the positive class, and whether the patient has it."""
    means, truth = mean_logits(data, logits, class_of)
    at = found.classes.index(found.positive_class)
    score = [probabilities(mean, found.calibration.temperature)[at] for mean in means]
    return np.array(score), np.array(truth) == at


def best_threshold(score, positive):
    """Return the middle of the gap with the highest sensitivity + specificity, of equals that nearest one half."""
    edges = [0.0, *sorted(set(score)), 1.0]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]

    def merit(threshold):
        return round((score[positive] >= threshold).mean() + (score[~positive] < threshold).mean(), 9)

    return max(middles, key=lambda middle: (merit(middle), -abs(middle - 0.5)))


def test_the_threshold_is_the_mean_best_one_of_resampled_patients_and_its_spread_is_theirs():
    data, logits, class_of = left_out(2, 0)
    found = written(data, logits)
    score, positive = score_and_truth(data, logits, class_of, found)
    generator, best = np.random.default_rng(11), []
    for _ in range(400):
        drawn = np.concatenate(
            [generator.choice(np.flatnonzero(positive == flag), 25) for flag in (False, True)]
        )
        best.append(best_threshold(score[drawn], positive[drawn]))
    error = np.std(best) / math.sqrt(200)
    assert found.decision_threshold == pytest.approx(np.mean(best), abs=4 * error)
    assert found.threshold_spread.low < found.decision_threshold < found.threshold_spread.high
    inside = np.mean(
        (np.array(best) >= found.threshold_spread.low) & (np.array(best) <= found.threshold_spread.high)
    )
    assert 0.8 <= inside <= 0.98
    assert "Youden" in found.decision_rule
    assert "resamples" in found.decision_rule


def test_limits_of_every_whole_percent_are_written_and_grow_with_it():
    found = written(*left_out(2, 0)[:2])
    assert [int(percent) for percent in found.conformal.limit_at] == list(range(50, 100))
    assert found.conformal.limit_at["90"] == found.conformal.limit
    assert (np.diff(np.array(list(found.conformal.limit_at.values())), axis=0) >= 0).all()
    assert found.conformal.limit_at["50"] != found.conformal.limit_at["95"]


def test_the_median_of_patients_rows_is_written():
    data, logits, _ = left_out(2, 0)
    _, counts = np.unique(data.patient, return_counts=True)
    assert written(data, logits).rows_per_patient == np.median(counts)


def test_a_class_of_few_patients_is_noted_on_the_model():
    data, logits, class_of = left_out(2, 0)
    kept = [name for name, code in class_of.items() if code == 0] + [
        name for name, code in class_of.items() if code == 1
    ][:6]
    rows = np.isin(data.patient, kept)
    few = TrainingData(data.rows[rows], data.label[rows], data.patient[rows], data.target[rows], 2)
    decision = fit_decision(few, logits[rows], few.rows, positive=None, threshold_rule="youden", seed=0)
    header = model_header(decision, TrainingProvenance(), NoPart(), decision.reference.tensors(), seed=0)
    assert any(
        note.startswith("class 1: 6 training patients are too few for 90% coverage of its own (9 would do)")
        for note in header.training.notes
    )
