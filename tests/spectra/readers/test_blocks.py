"""One reader, not two: blocks join to the whole, in memory that does not grow with the file."""

import tracemalloc

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra


@pytest.mark.parametrize("rows", [1, 5, 12, 35, 36, 37, 1024])
def test_blocks_join_to_the_whole(rows, clean, write):
    text = (
        clean.with_column("site", [str(k) for k in range(36)]).text().replace("\nS05_0", "\n\nS05_0")
        + "," * 704
        + "\n"
    )
    path = write(text)
    blocks = list(iter_spectra(path, rows=rows))
    whole = read_spectra(path)
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    np.testing.assert_array_equal(np.concatenate([block.intensity for block in blocks]), whole.intensity)
    for column in ("sample_id", "patient", "label", "source"):
        assert [text for block in blocks for text in getattr(block, column)] == list(getattr(whole, column))
    assert [text for block in blocks for text in block.metadata["site"]] == list(whole.metadata["site"])
    assert blocks[-1].notes == whole.notes


@pytest.mark.parametrize("rows", [1, 5, 36])
def test_blocks_of_a_transposed_table_join_to_the_whole(rows, clean, write):
    columns = [clean.header, *clean.rows]
    path = write("\n".join(",".join(column[k] for column in columns) for k in range(704)))
    blocks = list(iter_spectra(path, rows=rows))
    np.testing.assert_array_equal(np.concatenate([block.intensity for block in blocks]), clean.intensity)


@pytest.mark.parametrize("rows", [0, -1, 1.5, True])
def test_a_senseless_block_size_is_refused(rows, clean, write):
    with pytest.raises(UsageError, match="rows is"):
        list(iter_spectra(write(clean.text()), rows=rows))


@pytest.mark.parametrize("rows", [1, 2, 7, 100])
def test_replicates_number_the_patients_across_blocks(rows, clean, write):
    path = write(clean.reordered([0, *range(2, 704)]).text())
    blocks = list(iter_spectra(path, ReadOptions(replicates=3), rows=rows))
    assert [patient for block in blocks for patient in block.patient] == [str(k // 3 + 1) for k in range(36)]
    assert any("3 consecutive spectra" in note for note in blocks[-1].notes)


def test_replicates_that_do_not_divide_the_spectra_are_refused(clean, write):
    with pytest.raises(DataError, match="36 spectra can't be divided into replicates of 5"):
        read_spectra(write(clean.reordered([0, *range(2, 704)]).text()), ReadOptions(replicates=5))


def test_replicates_beside_a_patient_column_are_refused(clean, write):
    with pytest.raises(DataError, match="'patient_id' names the patients"):
        read_spectra(write(clean.text()), ReadOptions(replicates=3))
    with pytest.raises(UsageError, match="both say who the patients are"):
        ReadOptions(replicates=3, patient="patient_id")


@pytest.mark.parametrize("replicates", [0, -3, 2.0, True])
def test_a_senseless_number_of_replicates_is_refused(replicates):
    with pytest.raises(UsageError, match="replicates is"):
        ReadOptions(replicates=replicates)


def test_an_empty_column_name_is_refused():
    with pytest.raises(UsageError, match="patient is ' '"):
        ReadOptions(patient=" ")


def test_a_large_table_is_read_in_the_memory_of_a_block(clean, write):
    header, *rows = clean.cells(lambda value: value + "0" * 16).text().splitlines()
    copies = 31  # of 36 spectra of 18 kB: 20 MB
    path = write("\n".join([header, *(f"{copy}_{row}" for copy in range(copies) for row in rows)]))
    assert path.stat().st_size > 20e6
    tracemalloc.start()
    count = sum(len(block) for block in iter_spectra(path, rows=16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 36 * copies
    assert peak < 4e6
