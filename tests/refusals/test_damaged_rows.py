"""Damage to some spectra, or harmless changes to all, leave what is told of the others where it was."""

import csv
import io

import pytest

from refusals import hdf5, verdicts
from refusals.inputs import judged
from refusals.row import Row, outcomes

ROWS = {row.fault: row for row in [*verdicts.ROWS, *hdf5.ROWS]}
PROBABILITY = "p_bone metastasis"


def told(row):
    """Each spectrum's line of predictions.csv."""
    return list(csv.DictReader(io.StringIO(outcomes(row)[0].predictions)))


@pytest.fixture(scope="module")
def clean():
    return told(Row("A", "none", "same", "", judged(lambda table: table.text())))


@pytest.mark.parametrize(
    ("fault", "damaged"),
    [
        ("a spectrum without any value", {5}),
        ("five broken spectra: zero, constant, negated, shuffled, noise", {5, 10, 15, 21, 26}),
        ("infinite and absurd values", {0, 1, 2, 3, 4}),
        ("4 KB overwritten among the values", {10}),
    ],
)
def test_damaged_spectra_are_marked_and_the_others_are_told_as_before(clean, fault, damaged):
    found = told(ROWS[fault])
    for at, (after, before) in enumerate(zip(found, clean, strict=True)):
        if at not in damaged:
            assert after == before
        elif after["status"] == "refused":
            assert after[PROBABILITY] == after["predicted_class"] == ""
    assert all(found[at]["status"] != "ok" for at in damaged if found[at] != clean[at])


@pytest.mark.parametrize(
    ("fault", "most"),
    [("three cosmic rays in every spectrum", 0.05), ("a wider axis, four times as fine", 0.02)],
)
def test_what_is_put_right_hardly_moves_a_probability(clean, fault, most):
    # A few of the spectra hold a ray of their own; read off along lines it is no ray any more.
    whole = [at for at, one in enumerate(clean) if "spikes" not in one["reason"]]
    found = told(ROWS[fault])
    assert len(whole) > 30
    for after, before in ((found[at], clean[at]) for at in whole):
        assert abs(float(after[PROBABILITY]) - float(before[PROBABILITY])) <= most, after["sample_id"]
