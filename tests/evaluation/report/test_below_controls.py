"""A score that is level with its controls is said to be so before anything else."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.evaluation.report.profiles_json import profile_report
from spectra_dl.evaluation.report.profiles_text import below_controls, profile_text, profile_verdict

FINE = Finding("check", "fine", "The check found nothing.")


class Measured:
    """One target, the second column of the rows."""

    names = ("gene",)

    def fit(self, rows):
        return self

    def values(self, rows):
        return ROWS[rows, 1:]

    def ceiling(self, rows):
        return np.ones(1)


ROWS = np.random.default_rng(0).normal(size=(200, 2))


def evaluated(strength):
    """Return an evaluation of a line on a column that holds the target by this strength."""
    from sklearn.linear_model import LinearRegression

    image = ROWS[:, :1] + strength * ROWS[:, 1:]
    section = np.repeat([f"s{at}" for at in range(5)], 40)
    return evaluate_profiles(
        [ModelEntry("line", LinearRegression())],
        SectionRows(image, section, section),
        Measured(),
        ProfileSettings(shuffles=2, leaky=False),
        ProfileInputs(findings=[FINE]),
    )


def test_a_score_level_with_its_controls_is_said_to_be_so_in_the_first_line():
    evaluation = evaluated(0.0)
    text = profile_text(evaluation)
    assert text.startswith(("NO BETTER THAN CONTROLS WITHOUT AN IMAGE", "NOT SHOWN TO BE BETTER THAN"))
    assert profile_verdict(evaluation).startswith(text.split(":")[0])
    assert "nothing found" not in text
    # Once is enough for a reader; who reads the verdict alone reads it there.
    assert (
        text.count("CONTROLS WITHOUT AN IMAGE")
        == profile_verdict(evaluation).count("CONTROLS WITHOUT AN IMAGE")
        == 1
    )
    assert profile_report(evaluation)["not_better_than"]


def test_no_name_of_a_table_is_cut():
    evaluation = evaluated(2.0)
    name = "a model whose name is longer than its column is wide"
    listed = profile_text(replace(evaluation, models={name: replace(evaluation.first, name=name)}))
    table = listed[listed.index("pooled\n") :].splitlines()[2:4]
    assert table[0].startswith("a model whose name is longer ")
    assert table[1] == "  than its column is wide"
    assert max(map(len, listed.splitlines())) <= 100


def test_a_score_better_than_its_controls_keeps_its_verdict():
    evaluation = evaluated(2.0)
    assert below_controls(evaluation) is None
    assert profile_text(evaluation).startswith("Research use only")
    assert "Audit: nothing found" in profile_text(evaluation)
    assert profile_report(evaluation)["not_better_than"] == []


def test_each_control_is_named_with_its_score_and_the_paired_difference():
    evaluation = evaluated(0.0)
    sentence = below_controls(evaluation)
    for each in evaluation.not_better_than:
        assert each.reference in sentence
        assert each.interval.value == pytest.approx(
            evaluation.first.pearson.value - evaluation.controls[each.reference].pearson.value
        )


def test_no_share_of_a_ceiling_near_nothing_is_given():
    evaluation = evaluated(2.0)
    assert "of the noise ceiling (1.0)" in profile_verdict(evaluation)
    low = replace(evaluation, ceiling=replace(evaluation.ceiling, value=0.05))
    assert "where the noise ceiling is .050, too low to give a share of it" in profile_verdict(low)
