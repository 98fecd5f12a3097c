"""Only labelled patients with usable spectra are trained on."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.cohort import labelled_cohort
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study


@pytest.fixture
def table():
    return simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=300)).table


def changed(table, **columns):
    from dataclasses import replace

    return replace(table, **columns)


def test_a_clean_table_is_kept_whole(table):
    cohort = labelled_cohort(table)
    assert len(cohort.table) == 16
    assert cohort.refused == ()


def test_a_broken_spectrum_is_left_out_and_named(table):
    intensity = table.intensity.copy()
    intensity[3] = 0
    cohort = labelled_cohort(changed(table, intensity=intensity))
    assert len(cohort.table) == len(cohort.label) == len(cohort.patient) == 15
    assert cohort.refused[0].startswith(table.sample_id[3])
    assert any("1 of 16 spectra were left out" in note for note in cohort.notes)


def test_what_lies_outside_the_range_that_is_used_spoils_no_spectrum(table):
    intensity = table.intensity.copy()
    intensity[:, :30] = 0
    low, high = table.wavenumber[[30, -1]]
    with pytest.raises(DataError, match=r"none of the 16 spectra can be used: .*30 zeros at 400 to"):
        labelled_cohort(changed(table, intensity=intensity))
    assert labelled_cohort(changed(table, intensity=intensity), within=(low, high)).refused == ()


def test_one_spectrum_per_patient_is_a_claim_that_is_written_down(table):
    cohort = labelled_cohort(changed(table, patient=table.sample_id))
    assert any("as the input states" in note for note in cohort.notes)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"label": None}, "--label"),
        ({"patient": None}, "--replicates"),
        ({"label": ["a", "A"] * 8}, "differ only by case"),
        ({"label": ["a", ""] * 8}, "no label"),
        ({"label": ["a" * 300, "b"] * 8}, "300 characters"),
        ({"label": ["a"] * 16}, "one class only"),
        ({"label": ["a", "b"] * 8}, "more than one label"),
        ({"patient": ["p"] + [""] * 15}, "no patient id"),
    ],
)
def test_what_can_not_be_judged_is_refused_with_a_remedy(table, columns, words):
    with pytest.raises(DataError, match=words):
        labelled_cohort(changed(table, **columns))


def test_a_class_that_loses_its_last_usable_spectrum_is_refused(table):
    intensity = table.intensity.copy()
    intensity[table.label == "bone metastasis"] = np.nan
    with pytest.raises(
        DataError, match=r"no spectrum of class bone metastasis can be used, all \d+ were refused: .*: "
    ):
        labelled_cohort(changed(table, intensity=intensity))


def test_a_table_of_flat_spectra_is_refused_for_being_flat(table):
    with pytest.raises(DataError, match=r"none of the 16 spectra can be used: .*: "):
        labelled_cohort(changed(table, intensity=np.full_like(table.intensity, 5.0)))


def test_spellings_of_an_id_are_one_person_with_a_note(table):
    patient = [name if row % 2 else f" {name.lower()}\u200b" for row, name in enumerate(table.patient)]
    cohort = labelled_cohort(changed(table, patient=patient))
    assert set(cohort.patient) == set(cohort.table.patient)
    assert len(set(cohort.patient)) == len(set(table.patient)) == 8
    assert any("differ in spelling only were taken for 8 persons" in note for note in cohort.notes)


def test_spellings_whose_rows_say_different_things_of_the_person_are_refused(table):
    patient = [name if row % 2 else name.lower() for row, name in enumerate(table.patient)]
    alike = {"age": [row // 2 for row in range(16)], "session": ["1", "2"] * 8}
    metadata = {name: np.array(cells, dtype=object) for name, cells in alike.items()}
    assert len(set(labelled_cohort(changed(table, patient=patient, metadata=metadata)).patient)) == 8
    metadata["age"] = np.array(range(16), dtype=object)
    with pytest.raises(
        DataError,
        match="differ in spelling only, but column 'age' says",
    ):
        labelled_cohort(changed(table, patient=patient, metadata=metadata))
