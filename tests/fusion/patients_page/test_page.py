"""The page says of each patient which block speaks for what, at a glance and without a script."""

from types import SimpleNamespace

import pytest

from spectra_dl.fusion.patients_page.page import patient_lines

TWO = SimpleNamespace(classes=("ill", "well"), positive_class="ill")


def patient(name, says, *, answer="", probability=0.5):
    """Return a patient as report.json has it; says: what each block adds to the log odds of ill, None where it is missing."""
    blocks = {
        f"block{at}": {
            "has": value is not None,
            "adds": {"ill": (value or 0.1) / 2, "well": -(value or 0.1) / 2},
        }
        for at, value in enumerate(says)
    }
    return {
        "patient": name, "predicted_class": answer, "prediction_set": [], "abstains": "", "blocks": blocks,
        "probability": {"ill": probability, "well": 1 - probability},
    }  # fmt: skip


def test_bars_have_one_scale_and_stand_on_the_side_that_they_speak_for():
    patients = [patient("P1", [4.0, -2.0]), patient("P2", [-1.0, None])]
    first, second = patient_lines(patients, ["block0", "block1"], TWO)
    assert [bar.width for bar in (*first.bars, *second.bars)] == [75.0, 37.5, 18.8, 1.9]
    assert [bar.start for bar in (*first.bars, *second.bars)] == [75.0, 37.5, 56.2, 75.0]
    assert [bar.has for bar in second.bars] == [True, False]
    assert first.disagree
    assert not second.disagree


def test_with_more_classes_bars_speak_of_the_answer_or_the_likeliest_class():
    several = SimpleNamespace(classes=("a", "b", "c"), positive_class="a")
    adds = {"has": True, "adds": {"a": -1.0, "b": 2.0, "c": -1.0}}
    undecided = {"predicted_class": "", "blocks": {"block0": adds}}
    answered = {"predicted_class": "c", "blocks": {"block0": adds}}
    lines = patient_lines([undecided, answered], ["block0"], several)
    assert [(line.of, line.bars[0].adds) for line in lines] == [("b", 3.0), ("c", pytest.approx(-1.5))]


def test_blocks_that_hardly_say_anything_have_short_bars():
    (line,) = patient_lines([patient("P1", [0.1, 0.0])], ["block0", "block1"], TWO)
    assert line.bars[0].width < 10
