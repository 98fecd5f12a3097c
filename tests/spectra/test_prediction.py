"""From spectra to patients, and onto disk."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.spectra.prediction import (
    SpectrumPredictions,
    by_patient,
    softmax,
    write_patient_predictions,
    write_spectrum_predictions,
)
from spectra_dl.spectra.table import text_array


def predictions(logits, *, patient=None, status=None, sample_id=None):
    """Predictions of two classes with the given logits of the second class; NaN where refused."""
    values = np.asarray(logits, dtype=float)
    pair = np.stack([np.zeros_like(values), values], axis=1)
    pair[np.isnan(values)] = np.nan
    n = len(values)
    return SpectrumPredictions(
        sample_id=text_array(sample_id or [f"s{row}" for row in range(n)]),
        patient=None if patient is None else text_array(patient),
        status=text_array(status or ["ok"] * n),
        reason=text_array([""] * n),
        classes=("healthy", "sick"),
        logits=pair,
        probability=softmax(pair),
        unlikeness=np.where(np.isnan(values), np.nan, 0.5),
        damaged=np.isnan(values),
    )


def read(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_patients_probability_is_that_of_the_mean_logit():
    patients = by_patient(predictions([1.0, 2.0, -1.0], patient=["b", "b", "a"]), temperature=2.0)
    assert list(patients.patient) == ["b", "a"]
    np.testing.assert_allclose(patients.probability[:, 1], 1 / (1 + np.exp([-0.75, 0.5])))


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=12), st.randoms())
def test_a_patients_probability_does_not_depend_on_the_order_of_its_spectra(logits, random):
    shuffled = random.sample(logits, len(logits))
    one, other = (
        by_patient(predictions(x, patient=["p"] * len(x)), 1.0).probability for x in (logits, shuffled)
    )
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_refused_spectra_are_left_out_of_the_mean_and_counted():
    spectra = predictions([2.0, np.nan, np.nan], patient=["a", "a", "b"], status=["ok", "refused", "refused"])
    patients = by_patient(spectra, 1.0)
    assert list(patients.status) == ["warned", "refused"]
    assert list(patients.n_used) == [1, 0]
    assert patients.reason[0] == "1 of 2 spectra refused"
    np.testing.assert_allclose(patients.probability[0, 1], 1 / (1 + np.exp(-2.0)))
    assert np.isnan(patients.probability[1]).all()


def test_without_patients_each_spectrum_stands_for_itself():
    assert list(by_patient(predictions([0.0, 1.0]), 1.0).patient) == ["s0", "s1"]


def test_a_refused_row_carries_no_probability_on_disk(tmp_path):
    spectra = predictions([0.0, np.nan], status=["ok", "refused"])
    write_spectrum_predictions(tmp_path / "predictions.csv", spectra, ["healthy", ""])
    rows = read(tmp_path / "predictions.csv")
    assert [row["p_sick"] for row in rows] == ["0.500000", ""]
    assert [row["row"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == [
        *("row", "sample_id", "patient_id", "status", "reason", "predicted_class", "unlikeness"),
        *("p_healthy", "p_sick"),
        "research_use_only_not_for_diagnosis",
    ]


def test_ids_with_commas_quotes_and_line_breaks_come_back(tmp_path):
    ids = ['a,"b"', "line\nbreak", "ü 7"]
    write_spectrum_predictions(
        tmp_path / "p.csv", predictions([0.0, 0.0, 0.0], sample_id=ids), ["healthy"] * 3
    )
    assert [row["sample_id"] for row in read(tmp_path / "p.csv")] == ids


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_ids_that_a_spreadsheet_would_run_are_quoted(tmp_path, start):
    patients = by_patient(predictions([0.0], patient=[start + "cmd()"]), 1.0)
    write_patient_predictions(tmp_path / "p.csv", patients, ["healthy"], [("healthy", "sick")])
    row = read(tmp_path / "p.csv")[0]
    assert row["patient_id"] == f"'{start}cmd()"
    assert row["prediction_set"] == "healthy|sick"
    assert row["unlikeness"] == "0.500"
