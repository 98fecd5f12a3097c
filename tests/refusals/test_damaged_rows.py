"""Damage to some spectra, or harmless changes to all, leave the predictions of the others where they were."""

import csv
import io

import pytest

from refusals import damaged_rows, hdf5
from refusals.inputs import predict_file
from refusals.row import Row, outcomes

ROWS = {row.fault: row for row in [*damaged_rows.ROWS, *hdf5.ROWS]}
PROBABILITY = "p_bone metastasis"


def predictions(row):
    """Each spectrum's line of predictions.csv."""
    return list(csv.DictReader(io.StringIO(outcomes(row)[0].predictions)))


@pytest.fixture(scope="module")
def clean():
    return predictions(Row("A", "none", "same", "", predict_file(lambda table: table.text())))


@pytest.mark.parametrize(
    ("fault", "damaged"),
    [
        ("a spectrum without any value", {5}),
        ("five broken spectra: zero, constant, negated, shuffled, noise", {5, 10, 15, 21, 26}),
        ("infinite and absurd values", {0, 1, 2, 3, 4}),
        ("4 KB overwritten among the values", {10}),
    ],
)
def test_damaged_spectra_are_marked_and_the_others_are_predicted_as_before(clean, fault, damaged):
    predicted = predictions(ROWS[fault])
    for at, (after, before) in enumerate(zip(predicted, clean, strict=True)):
        if at not in damaged:
            assert after == before
        elif after["status"] == "refused":
            assert after[PROBABILITY] == after["predicted_class"] == ""
    assert all(predicted[at]["status"] != "ok" for at in damaged if predicted[at] != clean[at])


@pytest.mark.parametrize(
    ("fault", "most"),
    [("three cosmic rays in every spectrum", 0.05), ("a wider axis, four times as fine", 0.02)],
)
def test_what_is_put_right_hardly_moves_a_probability(clean, fault, most):
    # Some of the spectra hold a cosmic ray already; read off along lines it is no ray any more.
    whole = [at for at, line in enumerate(clean) if "spikes" not in line["reason"]]
    predicted = predictions(ROWS[fault])
    assert len(whole) > 20
    for after, before in ((predicted[at], clean[at]) for at in whole):
        assert abs(float(after[PROBABILITY]) - float(before[PROBABILITY])) <= most, after["sample_id"]
