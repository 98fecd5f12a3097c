"""A clinical column that is the number, the time or the event in other words is found; one that merely goes with it is not."""

import numpy as np
import pytest

from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.probes.outcome_columns import OutcomeInOtherWords

GENERATOR = np.random.default_rng(0)
NAMES = tuple(f"P{k:02d}" for k in range(80))
VALUE = GENERATOR.normal(size=80)
TIME, EVENT = GENERATOR.exponential(size=80) + 0.1, GENERATOR.random(80) < 0.6
NUMBER = Outcomes(NAMES, np.arange(80), VALUE)
FOLLOWED = Survival(NAMES, np.arange(80), TIME, EVENT)


def found(values, came, kind="numeric", levels=()):
    column = ClinicalColumn("x", kind, np.asarray(values, dtype=float), levels)
    return OutcomeInOtherWords([column], "it", came)(came.halves, [], seed=0)


@pytest.mark.parametrize(
    ("values", "came", "said"),
    [
        (3 - 2 * VALUE, NUMBER, "'x' (|r| 1.000)"),
        (np.exp(5 * VALUE), NUMBER, "'x' (|r| 1.000)"),
        (np.where(np.arange(80) < 50, VALUE, np.nan), NUMBER, "'x' (|r| 1.000)"),
        (TIME * 30.4, FOLLOWED, "with the time"),
        (np.where(EVENT, -TIME, 0.0), FOLLOWED, "with the time"),
        (EVENT + 0.1 * GENERATOR.random(80), FOLLOWED, "of the event"),
    ],
)  # fmt: skip
def test_other_words_stop_the_study(values, came, said):
    finding = found(values, came)
    assert finding.severity == "stop"
    assert said in finding.sentence
    assert "Take it out of the study file's columns" in finding.sentence


def test_a_category_that_follows_from_the_number_is_found():
    rounded = Outcomes(NAMES, np.arange(80), np.repeat([1.0, 5.0, 9.0, 20.0], 20))
    finding = found(np.repeat([2.0, 0.0, 3.0, 1.0], 20), rounded, "category", tuple("abcd"))
    assert finding.severity == "stop"


def test_what_merely_goes_with_it_is_fine():
    near = VALUE + GENERATOR.normal(size=80)
    assert found(near, NUMBER).severity == "fine"
    assert found(near, FOLLOWED).severity == "fine"
    assert found(np.full(80, np.nan), NUMBER).severity == "fine"
    assert found(np.ones(80), NUMBER).severity == "fine"
    assert found(VALUE + 0.25 * GENERATOR.normal(size=80), NUMBER).severity == "warn"
