"""What each part of an ensemble adds to the others."""

import numpy as np
import pytest

from spectra_dl.classification.part_values import part_values
from spectra_dl.classification.parts import UnseenLogits
from spectra_dl.classification.shares import learn_shares
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.patients import read_patients

PATIENTS = 80


@pytest.fixture(scope="module")
def patients():
    label = ["a" if number % 2 else "b" for number in range(PATIENTS)]
    return read_patients([f"p{number:02d}" for number in range(PATIENTS)], label)


def parts(patients, *strengths):
    """Return parts with a signal of a strength each in unit noise, all believed."""
    noise = np.random.default_rng(0).normal(size=(len(strengths), PATIENTS))
    sign = np.where(patients.class_of_patient == 1, 1.0, -1.0)
    scores = [strength * sign + each for strength, each in zip(strengths, noise, strict=True)]
    return [
        UnseenLogits(f"part {at}", np.stack([-score / 2, score / 2], axis=1), 1.0)
        for at, score in enumerate(scores)
    ]


def test_a_part_that_alone_knows_something_adds_what_the_others_lack(patients):
    useful, *others = part_values(parts(patients, 1.5, 0.0, 0.0), patients, 1, seed=0)
    assert useful.adds.low > 0.1
    assert useful.weight > 0.5
    for other in others:
        assert other.adds.low <= 0 <= other.adds.high
    assert useful.weight + sum(other.weight for other in others) == pytest.approx(1.0)


def test_the_gain_is_the_difference_in_auc_of_all_parts_and_of_the_others(patients):
    both = parts(patients, 0.8, 0.6)
    logits, truth = np.stack([part.logits for part in both]), patients.class_of_patient
    together = np.tensordot(learn_shares(logits, truth), logits, axes=1)
    first, _ = part_values(both, patients, 1, seed=0)
    expected = auc(truth == 1, together[:, 1]) - auc(truth == 1, logits[1][:, 1])
    assert first.adds.value == pytest.approx(expected)


def test_a_copy_adds_nothing(patients):
    for part in part_values(parts(patients, 1.0) * 2, patients, 1, seed=0):
        assert (part.adds.value, part.adds.low, part.adds.high) == (0, 0, 0)
        assert part.weight == pytest.approx(0.5)
