"""From spectra to patients, and onto disk."""

import csv
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.arrays import text_array
from spectra_dl.classification.decision import Answer
from spectra_dl.classification.patient_pooling import PatientTally
from spectra_dl.classification.predictions import (
    RowPredictions,
    patient_predictions_file,
    row_predictions_file,
    softmax,
)
from spectra_dl.spectra.report_context import SPECTRA_WORDS


def predictions(logits, *, patient=None, status=None, sample_id=None):
    """Predictions of two classes with the given logits of the second class; NaN where refused."""
    values = np.asarray(logits, dtype=float)
    pair = np.stack([np.zeros_like(values), values], axis=1)
    pair[np.isnan(values)] = np.nan
    n = len(values)
    return RowPredictions(
        sample_id=text_array(sample_id or [f"s{row}" for row in range(n)]),
        patient=None if patient is None else text_array(patient),
        status=text_array(status or ["ok"] * n),
        reason=text_array([""] * n),
        classes=("healthy", "sick"),
        logits=pair,
        probability=softmax(pair),
        ood_score=np.where(np.isnan(values), np.nan, 0.5),
        damaged=np.isnan(values),
    )


def by_patient(spectra, temperature, tally=None):
    """Return the verdicts on the patients of these spectra, few enough to come at once."""
    tally = tally or PatientTally(spectra.classes, SPECTRA_WORDS)
    tally.add(spectra)
    (patients,) = tally.patients(temperature)
    return patients


def written(path, spectra, decided):
    """Write predictions.csv and return its rows."""
    with row_predictions_file(path, spectra.classes) as append:
        append(spectra, decided)
    return read(path)


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


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-20, 20)), min_size=1, max_size=20), st.data())
def test_it_does_not_matter_how_the_spectra_are_cut_into_blocks(spectra, data):
    cut = data.draw(st.integers(0, len(spectra)))
    tally = PatientTally(("healthy", "sick"), SPECTRA_WORDS)
    for block in filter(None, (spectra[:cut], spectra[cut:])):
        tally.add(predictions([logit for _, logit in block], patient=[name for name, _ in block]))
    whole = by_patient(
        predictions([logit for _, logit in spectra], patient=[name for name, _ in spectra]), 1.0
    )
    (pieces,) = tally.patients(1.0)
    assert list(pieces.patient) == list(dict.fromkeys(name for name, _ in spectra)) == list(whole.patient)
    np.testing.assert_array_equal(pieces.probability, whole.probability)
    np.testing.assert_array_equal(pieces.n_rows, whole.n_rows)


def test_a_patients_ood_score_is_the_median_over_the_spectra_that_were_used():
    spectra = predictions(
        [0.0, np.nan, 0.0, 0.0, 0.0], patient=list("aabab"), status=["ok", "refused", *["ok"] * 3]
    )
    spectra.ood_score[[0, 2, 3, 4]] = [1.0, 5.0, 2.0, 9.0]
    np.testing.assert_allclose(by_patient(spectra, 1.0).ood_score, [1.5, 7.0])


def test_many_patients_come_some_at_a_time_and_each_once_in_order_of_first_appearance():
    names = [f"p{at}" for at in range(2500)]
    tally = PatientTally(("healthy", "sick"), SPECTRA_WORDS)
    tally.add(predictions([0.0] * 2500, patient=names))
    tally.add(predictions([2.0] * 2500, patient=names[::-1]))
    blocks = list(tally.patients(1.0))
    assert len(blocks) > 1
    assert [name for block in blocks for name in block.patient] == names
    for block in blocks:
        np.testing.assert_allclose(block.probability[:, 1], 1 / (1 + np.exp(-1.0)))
        assert set(block.n_rows) == {2}


def test_names_of_half_characters_are_told_apart_and_come_back():
    names = ["a\udc80", "a\udc81", "b\x00", "a"]
    assert list(by_patient(predictions([0.0] * 4, patient=names), 1.0).patient) == names


def test_spellings_of_an_id_are_one_patient_with_a_note_and_sample_ids_are_not():
    names = ["P7", "p 07", "P8", "P7\u200b"]
    tally = PatientTally(("healthy", "sick"), SPECTRA_WORDS)
    patients = by_patient(predictions([1.0, 2.0, 5.0, 3.0], patient=names), 1.0, tally)
    assert list(patients.patient) == ["P7", "P8"]
    assert list(patients.n_rows) == [3, 1]
    np.testing.assert_allclose(patients.probability[0, 1], 1 / (1 + np.exp(-2.0)))
    (note,) = tally.notes()
    assert "one person: 'P7' = 'P7\\u200b' = 'p 07'" in note
    alone = PatientTally(("healthy", "sick"), SPECTRA_WORDS)
    assert len(by_patient(predictions([0.0] * 4, sample_id=names), 1.0, alone).patient) == 4
    assert alone.notes() == ()


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
    rows = written(tmp_path / "predictions.csv", spectra, ["healthy", ""])
    assert [row["p_sick"] for row in rows] == ["0.500000", ""]
    assert [row["row"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == [
        *("row", "sample_id", "patient_id", "status", "reason", "predicted_class", "ood_score"),
        *("p_healthy", "p_sick"),
        "research_use_only_not_for_diagnosis",
    ]


def test_a_row_unlike_the_training_rows_carries_no_probability_on_disk(tmp_path):
    spectra = replace(predictions([0.0, 0.0, 0.0]), ood_score=np.array([0.5, 1.0, 1.2]))
    rows = written(tmp_path / "predictions.csv", spectra, ["sick", "sick", ""])
    assert [row["p_sick"] for row in rows] == ["0.500000", "0.500000", ""]
    assert [row["ood_score"] for row in rows] == ["0.500", "1.000", "1.200"]
    assert np.isfinite(spectra.probability).all()  # for programs


def test_ids_with_commas_quotes_and_line_breaks_come_back(tmp_path):
    ids = ['a,"b"', "line\nbreak", "ü 7"]
    rows = written(tmp_path / "p.csv", predictions([0.0, 0.0, 0.0], sample_id=ids), ["healthy"] * 3)
    assert [row["sample_id"] for row in rows] == ids


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_ids_that_a_spreadsheet_would_run_are_quoted(tmp_path, start):
    patients = by_patient(predictions([0.0], patient=[start + "cmd()"]), 1.0)
    with patient_predictions_file(tmp_path / "p.csv", patients.classes, 0.85, SPECTRA_WORDS) as append:
        append(patients, [Answer("healthy", ("healthy", "sick"), "")])
    row = read(tmp_path / "p.csv")[0]
    assert row["patient_id"] == f"'{start}cmd()"
    assert row["prediction_set"] == "healthy|sick"
    assert row["coverage"] == "0.85"
    assert row["ood_score"] == "0.500"


def test_the_reason_of_a_patient_without_an_answer_follows_that_of_its_status(tmp_path):
    rows = predictions([0.0, np.nan], patient=["P1", "P1"], status=["ok", "refused"])
    patients = by_patient(rows, 1.0)
    with patient_predictions_file(tmp_path / "p.csv", patients.classes, 0.9, SPECTRA_WORDS) as append:
        append(patients, [Answer("", ("healthy", "sick"), "It may be either.")])
    assert read(tmp_path / "p.csv")[0]["reason"] == "1 of 2 spectra refused; It may be either."


@given(st.lists(st.sampled_from(["S 1", "s1", "S01", "S1", "s 2", "S02"]), min_size=1, max_size=12))
def test_owners_that_are_no_persons_are_one_where_every_letter_is_the_same(names):
    tally = PatientTally(("healthy", "sick"), SPECTRA_WORDS, one_spelling=False)
    slides = by_patient(predictions([1.0] * len(names), patient=names), 1.0, tally)
    assert dict(zip(slides.patient, slides.n_rows, strict=True)) == Counter(names)
    assert tally.notes() == ()
