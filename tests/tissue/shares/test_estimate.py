"""A share has an interval that counts slides, images and what the model may mistake."""

import math

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.tissue.shares.confusion import Confusion
from spectra_dl.tissue.shares.estimate import ShareEstimate, ShareEstimator
from spectra_dl.tissue.shares.share_classes import ShareClasses

CLASSES = ("necrotic", "no tumour", "viable")
ASKED = ShareClasses("necrotic", "viable")
PERFECT = Confusion(np.array([np.diag([20, 20, 20])] * 12))


def estimate(*slides, confusion=PERFECT):
    return ShareEstimator(ASKED, CLASSES, confusion).estimate(np.array(slides))


def test_without_mistakes_the_share_is_the_plain_count():
    said = estimate((8, 5, 2), (4, 1, 6))
    assert said.counted == said.share == pytest.approx(12 / 20)


def test_mistakes_are_taken_out():
    # 10 % of necrotic are called viable, 20 % of viable necrotic: 62 of 100 stand for 60.
    mistakes = Confusion(np.array([[[18, 0, 2], [0, 20, 0], [4, 0, 16]]] * 12))
    said = estimate((62, 30, 38), confusion=mistakes)
    assert said.counted == pytest.approx(0.62)
    assert said.share == pytest.approx(0.6)


def test_an_interval_holds_its_share_within_0_and_1():
    generator = np.random.default_rng(0)
    for _ in range(20):
        slides = generator.multinomial(20, generator.dirichlet(np.ones(3)), size=4)
        said = estimate(*slides)
        assert 0 <= said.low <= said.share <= said.high <= 1


def test_slides_that_differ_make_a_share_less_sure_than_slides_that_do_not():
    same = estimate(*[(10, 5, 10)] * 6)
    differing = estimate(*[(20, 5, 0), (0, 5, 20)] * 3)
    assert same.share == differing.share == 0.5
    assert differing.high - differing.low > 1.5 * (same.high - same.low)


def test_patients_who_are_mistaken_differently_make_a_share_less_sure():
    mistaken = np.array([[[20, 0, 0], [0, 20, 0], [0, 0, 20]], [[12, 0, 8], [0, 20, 0], [8, 0, 12]]] * 6)
    alike = np.array([[[16, 0, 4], [0, 20, 0], [4, 0, 16]]] * 12)
    widths = [
        said.high - said.low
        for said in (estimate(*[(50, 10, 30)] * 8, confusion=Confusion(each)) for each in (mistaken, alike))
    ]
    assert widths[0] > 1.3 * widths[1]


def test_the_interval_decides_on_90_percent():
    assert estimate(*[(30, 3, 0)] * 8).reaches == "yes"
    assert estimate(*[(15, 3, 15)] * 8).reaches == "no"
    said = estimate(*[(28, 3, 3), (30, 3, 2)] * 3)
    assert said.reaches == "undecided"
    assert 0.2 < said.probability < 0.9


def test_without_either_class_nothing_is_known():
    said = estimate((0, 12, 0))
    assert math.isnan(said.share)
    assert (said.low, said.high, said.reaches) == (0, 1, "undecided")
    assert (
        ShareEstimator(ASKED, CLASSES, PERFECT).estimate(np.zeros((1, 3), dtype=int)).reaches == "undecided"
    )


def test_the_same_counts_give_the_same_interval():
    assert estimate((9, 2, 3), (5, 5, 5)) == estimate((9, 2, 3), (5, 5, 5))


def test_no_and_yes_are_said_by_the_ends():
    assert ShareEstimate(0.9, 0.95, 0.9, 1.0, 1.0).reaches == "yes"
    assert ShareEstimate(0.9, 0.85, 0.7, 0.8999, 0.0).reaches == "no"


def test_two_classes_are_named_also_where_one_has_a_slash():
    assert ShareClasses.of("a/b/c", ["a/b", "c"]) == ShareClasses("a/b", "c")


@pytest.mark.parametrize("text", ["necrotic", "necrotic/dead", "necrotic/necrotic", "/", ""])
def test_what_names_no_two_classes_is_refused(text):
    with pytest.raises(UsageError, match="name two classes parted by a slash"):
        ShareClasses.of(text, CLASSES)


def test_a_model_that_calls_everything_viable_decides_nothing():
    counts = np.array([[[0, 5], [0, 5]]] * 6)
    estimator = ShareEstimator(ShareClasses("necrotic", "viable"), ("necrotic", "viable"), Confusion(counts))
    found = estimator.estimate(np.array([[0, 30], [0, 30]]))
    assert np.isnan(found.share)
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_model_that_was_never_mistaken_is_not_sure_to_be_right():
    slides = np.array([(30, 3, 0)] * 8)
    few, many = (
        estimate(*slides, confusion=Confusion(PERFECT.counts[:1].repeat(n, axis=0))) for n in (3, 100)
    )
    assert few.share == many.share == 1
    assert few.low < many.low < 1


@pytest.mark.parametrize("unseen", range(3))
def test_where_nobody_had_images_of_a_class_no_share_is_stated(unseen):
    counts = PERFECT.counts.copy()
    counts[:, unseen] = 0
    said = estimate((8, 5, 2), (4, 1, 6), confusion=Confusion(counts))
    assert said.counted == pytest.approx(12 / 20)
    assert math.isnan(said.share)
    assert (said.low, said.high, said.reaches) == (0, 1, "undecided")


def test_two_slides_that_agree_say_more_than_nothing():
    said = estimate((15, 5, 10), (14, 5, 11))
    assert said.high - said.low < 0.6


def test_matrices_are_drawn_once_for_all_patients(monkeypatch):
    estimator, drawn, calls = ShareEstimator(ASKED, CLASSES, PERFECT), Confusion.draws, []
    monkeypatch.setattr(Confusion, "draws", lambda *given: calls.append(1) or drawn(*given))
    for slides in ([(8, 5, 2), (4, 1, 6)], [(1, 1, 1), (2, 2, 2)], [(5, 5, 5)]):
        estimator.estimate(np.array(slides))
    assert len(calls) == 1
