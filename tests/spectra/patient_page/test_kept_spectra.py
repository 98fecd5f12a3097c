"""Of the first patients the first spectra are kept, wherever in the input they stand."""

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.classification.predictions import RowPredictions
from spectra_dl.spectra.patient_page.kept_spectra import DRAWN_PATIENTS, DRAWN_SPECTRA, KeptSpectra
from spectra_dl.spectra.table import SpectraTable


def block(patients, start=0, refused=()):
    """Spectra whose every value is their number, of these patients, and predictions of them."""
    numbers = np.arange(start, start + len(patients))
    names = text_array([f"s{number}" for number in numbers])
    owner = None if None in patients else text_array(patients)
    table = SpectraTable(np.repeat(numbers[:, None] * 1.0, 5, axis=1), np.arange(5.0), names, patient=owner)
    bad = np.isin(numbers, refused)
    rows = RowPredictions(
        names,
        owner,
        np.where(bad, "refused", "ok").astype(object),
        np.where(bad, "all values are zero", "").astype(object),
        ("a", "b"),
        np.zeros((len(names), 2)),
        np.zeros((len(names), 2)),
        np.zeros(len(names)),
        bad,
    )
    return table, rows


def kept_of(*blocks):
    kept = KeptSpectra()
    for each in blocks:
        kept.add(*each)
    return kept


def values(kept):
    return [[int(row[0]) for row in patient.intensity] for patient in kept.patients]


def test_spectra_of_a_patient_are_found_in_later_blocks_and_under_another_spelling():
    kept = kept_of(block(["P 07", "p8"]), block(["p7", "P08", "p9"], start=2))
    assert values(kept) == [[0, 2], [1, 3], [4]]
    assert kept.table().sample_id.tolist() == ["s0", "s2", "s1", "s3", "s4"]


def test_no_more_patients_and_spectra_are_kept_than_are_drawn():
    many = [f"p{number}" for number in range(DRAWN_PATIENTS + 5)]
    kept = kept_of(*(block(many, start=1000 * turn) for turn in range(DRAWN_SPECTRA + 2)))
    assert len(kept.patients) == DRAWN_PATIENTS
    assert {len(patient.intensity) for patient in kept.patients} == {DRAWN_SPECTRA}


def test_refused_spectra_are_remembered_with_the_reason_and_not_drawn():
    kept = kept_of(block(["p"] * 12 + ["q"], refused=[*range(10), 12]))
    first, second = kept.patients
    assert [int(row[0]) for row in first.intensity] == [10, 11]
    assert (len(first.remarks), first.remarked) == (8, 10)
    assert first.remarks[0].reason == "all values are zero"
    assert second.intensity == []


def test_without_patients_each_spectrum_is_one_and_without_any_that_could_be_used_there_is_no_table():
    kept = kept_of(block([None] * 3), block([None] * 30, start=3))
    assert values(kept) == [[number] for number in range(DRAWN_PATIENTS)]
    assert kept_of(block(["p"], refused=[0])).table() is None
