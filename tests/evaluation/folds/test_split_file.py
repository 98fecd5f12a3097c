"""folds.csv: written, read back, and refused where it fits other data."""

import csv
import io

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.split_file import RowNames, read_split, split_sha256, split_text
from spectra_dl.evaluation.folds.splits import patient_folds


def people(n_patients, replicates=3):
    """Return patient ids and labels of so many rows, the classes in turn."""
    patient = np.repeat([f"p{k:03d}" for k in range(n_patients)], replicates)
    label = np.repeat([("sick", "well")[k % 2] for k in range(n_patients)], replicates)
    return patient, label


def test_a_split_reads_back_as_it_was_written():
    patient, label = people(13)
    folds = patient_folds(patient, label, folds=3, repeats=2)
    names = RowNames.counted(len(patient), [f"s,{row}" for row in range(len(patient))])
    text = split_text(folds, patient, names)
    again = read_split(text, patient, names=names)
    assert split_sha256(text) == split_sha256(split_text(again, patient, names))
    for written, read in zip(folds, again, strict=True):
        assert (written.repeat, written.number) == (read.repeat, read.number)
        np.testing.assert_array_equal(written.train, read.train)
        np.testing.assert_array_equal(written.test, read.test)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("row,", "line,"), "first line"),
        (lambda text: text.replace("p003", "p999"), "line 11: it doesn't fit"),
        (lambda text: text.replace("\n2,2,p000,1,1", "\n2,2,p000,1,2"), "both sides: p000"),
        (lambda text: "\n".join(text.splitlines()[:-1]), "each row once; row"),
        (lambda text: text.splitlines()[0] + "\n", "names no rows"),
        (lambda text: text.replace(",1,1\n", ",x,1\n"), "line 2"),
        (lambda text: text.replace(",1,1\n", f",1,{10**30}\n"), "line 2"),
        (lambda text: text.replace(",1,1\n", ",999999999,1\n"), "line 2"),
        (lambda text: text.replace(",1,1\n", ",1,5\n"), "no row in fold 1, 3, 4"),
        (lambda text: "", "first line"),
        (lambda text: text + '"' + "x" * 200_000, "first line"),
    ],
)
def test_a_damaged_split_is_refused(change, sentence):
    patient = np.repeat(["p000", "p001", "p002", "p003"], 3)
    text = split_text(patient_folds(patient, np.repeat(["a", "b", "a", "b"], 3), folds=2, seed=0), patient)
    lines = text.splitlines()
    text = "\n".join([lines[0], *sorted(lines[1:], key=lambda line: int(line.split(",")[0]))]) + "\n"
    text = (
        text
        if "p000,1,1" in text
        else text.replace(",1,1\n", ",1,X\n").replace(",1,2\n", ",1,1\n").replace("X", "2")
    )
    with pytest.raises(DataError, match=sentence):
        read_split(change(text), patient)


def test_rows_that_were_left_out_keep_their_numbers():
    patient, label = people(8)
    names = RowNames(np.arange(2, 26), [f"sample {row}" for row in range(2, 26)])
    folds = patient_folds(patient, label, folds=2)
    text = split_text(folds, patient, names)
    written = {int(row["row"]): row["sample_id"] for row in csv.DictReader(io.StringIO(text))}
    assert written == {row: f"sample {row}" for row in range(2, 26)}
    again = read_split(text, patient, names=names)
    assert [fold.test.tolist() for fold in again] == [fold.test.tolist() for fold in folds]


def test_the_split_of_rows_in_another_order_is_refused():
    patient, label = people(8)
    names = RowNames.counted(24, [f"sample {row}" for row in range(24)])
    text = split_text(patient_folds(patient, label, folds=2), patient, names)
    moved = RowNames(names.number, [names.sample_id[row] for row in [1, 0, *range(2, 24)]])
    with pytest.raises(DataError, match="another sample"):
        read_split(text, patient, names=moved)


def test_a_file_without_ids_numbers_the_rows_that_were_used():
    patient, label = people(8)
    folds = patient_folds(patient, label, folds=2)
    names = RowNames(np.arange(2, 26), [f"sample {row}" for row in range(2, 26)])
    again = read_split(split_text(folds, patient), patient, names=names)
    assert [fold.test.tolist() for fold in again] == [fold.test.tolist() for fold in folds]
