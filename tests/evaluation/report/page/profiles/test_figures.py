"""Figures of a page of profiles: targets against their ceiling, and maps of a held-out section."""

import pytest

from spectra_dl.evaluation.report.colours import VIRIDIS
from spectra_dl.evaluation.report.page.profiles.figures import (
    FOOT,
    LEFT,
    RIGHT,
    TOP,
    against_ceiling,
    drawn_targets,
)
from spectra_dl.evaluation.report.page.profiles.study import HeldOut, TargetFigures


def target(name, pearson, ceiling):
    return TargetFigures(
        name=name, sections=2, pearson=pearson, spearman=pearson, ceiling=ceiling, share_of_ceiling=None
    )


def held_out(predicted, measured="ab"):
    return HeldOut(
        section="A",
        patient="P",
        spots=2,
        genes_of_panel=9,
        gathered=False,
        size=4.0,
        height=100.0,
        bar=20.0,
        bar_um=500.0,
        x="10.0 300.0",
        y="20.0 80.0",
        genes=[
            {"name": "G", "pearson": 0.4, "limits": (0.0, 2.0), "predicted": predicted, "measured": measured}
        ],
    )


def test_what_is_above_its_ceiling_is_drawn_apart_from_what_is_below():
    drawn = against_ceiling([target("A", 0.5, 1.0), target("B", 0.6, 0.4), target("C", None, 0.4)])
    assert (drawn.targets, drawn.above) == (2, 1)
    below, above = drawn.points
    middle = (TOP + FOOT) / 2
    assert below.path == f"m{10 * RIGHT} {10 * middle:.0f}h0"
    assert above.step == 1


def test_a_correlation_below_zero_has_a_place():
    drawn = against_ceiling([target("A", -0.33, 0.8)])
    assert drawn.up[0][1] == "−0.4"
    assert drawn.zero < FOOT
    assert drawn.diagonal[0] >= LEFT


def test_without_a_ceiling_nothing_is_drawn():
    assert against_ceiling([target("A", 0.5, None)]) is None


def test_letters_are_steps_of_colour_and_a_full_stop_is_no_value():
    (drawn,) = drawn_targets(held_out("t."))
    (mark,) = drawn.predicted.marks
    assert (mark.step, mark.path) == (len(VIRIDIS) - 1, "m100 200h0")
    assert drawn.measured.words == "0.00 to 2.00, highest in the lower right"


@pytest.mark.parametrize("letters", ["", "a", "aaaaaa", "~\x00", "ß…"])
def test_letters_that_are_none_or_too_few_are_left_out(letters):
    (drawn,) = drawn_targets(held_out(letters))
    assert sum(mark.path.count("m") for mark in drawn.predicted.marks) <= 2
