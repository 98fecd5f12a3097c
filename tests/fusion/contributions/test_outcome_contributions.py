"""What blocks add to R2, to the mean absolute error and to the C-index: differences of the figures of the tables."""

import numpy as np
import pytest

from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.metrics import Predicted
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.fusion.contributions.contributions import contributions_of
from spectra_dl.fusion.contributions.outcomes import number_contributions, risk_contributions

A, B, AB = frozenset("a"), frozenset("b"), frozenset("ab")
GENERATOR = np.random.default_rng(1)
TRUTH = GENERATOR.normal(size=60)
SAID = {A: TRUTH[None] + 1.0, B: np.zeros((1, 60)), AB: TRUTH[None] * 0.5}
FOLD = np.arange(60)[None] % 3


def test_of_a_number_it_is_the_difference_of_r2_and_of_the_error():
    mean = np.zeros((1, 60))
    reference = Predicted(TRUTH, TRUTH, mean, FOLD)
    drawn = draw_patients(60, resamples=200, seed=0)
    added = number_contributions(SAID, "ab", reference, drawn)
    squares = float((TRUTH**2).sum())
    r2 = {"a": 1 - 60 / squares, "b": 0.0, "ab": 0.75}
    block = {each.block: each for each in added["r2"].blocks}
    assert added["r2"].together.value == pytest.approx(r2["ab"])
    assert block["b"].added.value == pytest.approx(r2["ab"] - r2["a"])
    assert sum(each.shapley.value for each in block.values()) == pytest.approx(r2["ab"])
    absolute = float(np.abs(TRUTH).mean())
    of_error = {each.block: each for each in added["mae"].blocks}
    assert of_error["a"].added.value == pytest.approx(absolute / 2)
    assert of_error["b"].added.value == pytest.approx(1.0 - absolute / 2)
    low, high = of_error["a"].added.low, of_error["a"].added.high
    assert low < absolute / 2 < high


def test_of_a_risk_it_is_the_difference_of_the_c_index():
    survival = Survival(tuple(map(str, range(60))), np.arange(60), np.exp(-TRUTH), np.ones(60, bool))
    added = risk_contributions(SAID, "ab", survival, draw_patients(60, resamples=200, seed=0), fold=FOLD)[
        "c_index"
    ]
    assert added.together.value == pytest.approx(0.5)
    block = {each.block: each.added.value for each in added.blocks}
    assert block == pytest.approx({"a": 0.5, "b": 0.0})


def test_wider_by_as_much_as_refits_vary():
    worth = {subset: GENERATOR.normal(size=301) for subset in (A, B, AB)}
    plain, wide = (
        contributions_of(worth, "ab", score="r2", inflation=factor).blocks[0].added for factor in (1.0, 2.0)
    )
    assert wide.high - wide.low == pytest.approx(2 * (plain.high - plain.low))
