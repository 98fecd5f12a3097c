"""What blocks add to a score of patients."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from spectra_dl.errors import DataError
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.fusion.contributions.contributions import block_contributions
from spectra_dl.fusion.contributions.contributions_json import contributions_json
from spectra_dl.fusion.contributions.shapley import block_subsets

BLOCKS = ("spectra", "clinical", "noise")
DISTANCE = {"spectra": 1.5, "clinical": 1.0, "noise": 0.0}


def study(patients=300, repeats=1, seed=0):
    """Return classes and the exact logits of every subset of independent blocks."""
    generator = np.random.default_rng(seed)
    sick = np.arange(patients) % 3 == 0
    own = {
        name: distance * (generator.normal(size=patients) + distance * (sick - 0.5))
        for name, distance in DISTANCE.items()
    }
    prior = np.log(sick.mean() / (1 - sick.mean()))
    logits = {subset: prior + sum(own[name] for name in subset) for subset in block_subsets(BLOCKS)}
    return sick, {subset: np.stack([each] * repeats) for subset, each in logits.items()}


def of_block(contributions, name):
    return next(each for each in contributions.blocks if each.block == name)


def test_figures_are_differences_of_scores_that_others_compute():
    sick, logits = study()
    found = block_contributions(logits, BLOCKS, sick, draw_patients(300, resamples=100))
    auc = {subset: roc_auc_score(sick, each[0]) for subset, each in logits.items()}
    spectra = of_block(found, "spectra")
    assert found.together.value == pytest.approx(auc[frozenset(BLOCKS)] - 0.5)
    assert spectra.alone.value == pytest.approx(auc[frozenset({"spectra"})] - 0.5)
    assert spectra.added.value == pytest.approx(
        auc[frozenset(BLOCKS)] - auc[frozenset({"clinical", "noise"})]
    )
    nats = block_contributions(
        logits, BLOCKS, sick, draw_patients(300, resamples=100), score="log_loss"
    ).together.value
    probability = 1 / (1 + np.exp(-logits[frozenset(BLOCKS)][0]))
    assert nats == pytest.approx(log_loss(sick, np.full(300, sick.mean())) - log_loss(sick, probability))


@pytest.mark.parametrize("score", ["auc", "log_loss"])
def test_values_add_up_noise_adds_nothing_and_the_larger_block_gets_more(score):
    sick, logits = study()
    found = block_contributions(logits, BLOCKS, sick, draw_patients(300, resamples=400), score=score)
    assert sum(each.shapley.value for each in found.blocks) == pytest.approx(found.together.value)
    assert sum(each.share.value for each in found.blocks) == pytest.approx(1.0)
    noise = of_block(found, "noise")
    assert (noise.added.value, noise.added.low, noise.added.high) == (0.0, 0.0, 0.0)
    spectra, clinical = of_block(found, "spectra"), of_block(found, "clinical")
    assert spectra.shapley.value > clinical.shapley.value > noise.shapley.value
    assert spectra.added.low > 0


def test_pairs_are_compared_within_folds_and_repeats_are_averaged():
    sick, logits = study(60, repeats=2)
    fold = np.stack([np.arange(60) % 2, np.arange(60) // 30])
    # What a fold's model adds to the logits of all it tests changes no comparison.
    shifted = {subset: each + 100.0 * fold for subset, each in logits.items()}
    multiplicity = draw_patients(60, resamples=100)
    plain = block_contributions(logits, BLOCKS, sick, multiplicity, fold=fold)
    moved = block_contributions(shifted, BLOCKS, sick, multiplicity, fold=fold)
    assert moved.together.value == pytest.approx(plain.together.value)
    assert moved.blocks[0].shapley.low == pytest.approx(plain.blocks[0].shapley.low)


def test_an_interval_is_as_many_times_wider_as_refits_vary_more():
    sick, logits = study()
    multiplicity = draw_patients(300, resamples=200)
    fixed, refitted = (
        block_contributions(logits, BLOCKS, sick, multiplicity, inflation=factor).blocks[1].added
        for factor in (1.0, 1.5)
    )
    assert refitted.high - refitted.value == pytest.approx(1.5 * (fixed.high - fixed.value))


def test_a_share_of_nothing_is_not_stated():
    sick, logits = study()
    generator = np.random.default_rng(0)
    noise = {subset: generator.normal(size=(1, 300)) for subset in logits}
    found = block_contributions(noise, BLOCKS, sick, draw_patients(300, resamples=200))
    assert np.isnan(of_block(found, "spectra").share.value)
    written = contributions_json(found)
    assert written["blocks"]["spectra"]["share"]["value"] is None
    assert written["blocks"]["noise"]["added"]["low"] < written["blocks"]["noise"]["added"]["high"]


def test_a_resample_in_which_all_blocks_are_worth_nothing_has_no_share():
    sick, logits = np.array([True, True, False, False]), np.array([[2.0, 0.0, -2.0, 0.0]])
    multiplicity = np.ones((50, 4))
    multiplicity[0] = [0, 1, 0, 1]  # two patients of the same score
    only = block_contributions({frozenset({"spectra"}): logits}, ["spectra"], sick, multiplicity).blocks[0]
    assert (only.share.value, only.share.undefined_share) == pytest.approx((1.0, 0.02))


def test_logits_that_are_missing_or_of_another_shape_are_refused():
    sick, logits = study(30)
    multiplicity = draw_patients(30, resamples=100)
    with pytest.raises(DataError, match="no logits of the blocks clinical, noise"):
        block_contributions(
            {subset: each for subset, each in logits.items() if subset != frozenset({"noise", "clinical"})},
            BLOCKS, sick, multiplicity,
        )  # fmt: skip
    with pytest.raises(DataError, match="shape"):
        block_contributions({subset: each[0] for subset, each in logits.items()}, BLOCKS, sick, multiplicity)
