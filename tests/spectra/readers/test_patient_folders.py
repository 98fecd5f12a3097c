"""One folder a patient: headerless spectra, an axis file and the patient's information."""

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra
from spectra_dl.spectra.table import spectrum_hashes


def make(write, name, first, label, count=3):
    axis = first + 2.0 * np.arange(200)
    write("".join(f"{w:.18e}\n" for w in axis), f"study/{name}/raman_shift.csv")
    rows = [",".join(f"{v:.18e}" for v in axis * (k + 1)) for k in range(count)]
    write("\n".join(rows) + "\n", f"study/{name}/spectra.csv")
    write(f"user,category\n{name}-person,{label}\n", f"study/{name}/user_information.csv")


@pytest.fixture
def study(write, tmp_path):
    """Folders of two patients, a third with a label of its own, each with a shifted axis."""
    for k, name in enumerate(("A_01", "A_02", "B_01")):
        make(write, name, 400.0 + k / 8, "ill" if name < "B" else "well")
    return tmp_path / "study"


def test_folders_give_patients_labels_and_ids(study):
    table = read_spectra(study, ReadOptions(patient="user", label="category"))
    assert list(table.sample_id[:4]) == ["A_01/1", "A_01/2", "A_01/3", "A_02/1"]
    assert list(table.patient[::3]) == ["A_01-person", "A_02-person", "B_01-person"]
    assert list(table.label[::3]) == ["ill", "ill", "well"]
    assert table.source is not None
    assert table.source[1] == "A_01/spectra.csv line 2"


def test_every_folder_is_resampled_and_keeps_its_own_axis_as_metadata(study):
    table = read_spectra(study)
    assert table.wavenumber[0] == 400.25
    assert table.wavenumber[-1] == 798.0
    np.testing.assert_allclose(np.diff(table.wavenumber), np.diff(table.wavenumber)[0])
    np.testing.assert_allclose(table.intensity, np.outer([1, 2, 3] * 3, table.wavenumber), rtol=1e-12)
    assert list(table.metadata["axis_first"][::3]) == ["400.0", "400.125", "400.25"]
    assert list(table.metadata["axis_last"][::3]) == ["798.0", "798.125", "798.25"]


def test_a_spectrum_is_known_again_in_other_company(study):
    together, alone = read_spectra(study), read_spectra(study / "A_02")
    assert not np.array_equal(together.wavenumber, alone.wavenumber)
    assert spectrum_hashes(together)[3:6] == spectrum_hashes(alone)
    assert len(set(spectrum_hashes(together))) == 9


def test_without_an_option_the_folder_is_the_patient_and_a_note_says_so(study):
    table = read_spectra(study)
    assert sorted(set(table.patient)) == ["A_01", "A_02", "B_01"]
    assert list(table.metadata["user"][:1]) == ["A_01-person"]
    assert any("each folder is a patient" in note for note in table.notes)


def test_one_folder_and_a_list_of_folders_read_too(study):
    alone = read_spectra(study / "B_01")
    assert list(alone.sample_id) == ["B_01/1", "B_01/2", "B_01/3"]
    np.testing.assert_array_equal(alone.wavenumber, 400.25 + 2.0 * np.arange(200))
    assert list(read_spectra([study / "B_01", study / "A_01"]).patient[::3]) == ["B_01", "A_01"]


@pytest.mark.parametrize("rows", [1, 2, 4, 9, 100])
def test_blocks_of_folders_join_to_the_whole(study, rows):
    blocks = list(iter_spectra(study, rows=rows))
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    whole = read_spectra(study)
    np.testing.assert_array_equal(np.concatenate([block.intensity for block in blocks]), whole.intensity)
    assert [sample for block in blocks for sample in block.sample_id] == list(whole.sample_id)
    assert blocks[-1].notes == whole.notes


def test_an_axis_of_another_length_is_refused(study, write):
    write("".join(f"{400 + 2 * k}\n" for k in range(199)), "study/A_02/raman_shift.csv")
    with pytest.raises(DataError, match=r"A_02/spectra.csv: 200 columns.*199 wavenumbers"):
        read_spectra(study)


def test_a_missing_column_of_information_is_refused_with_its_file(study, write):
    write("person,category\nx,ill\n", "study/A_02/user_information.csv")
    with pytest.raises(UsageError, match=r"A_02/user_information.csv: no column 'user'.*person, category"):
        read_spectra(study, ReadOptions(patient="user"))
    with pytest.raises(DataError, match=r"A_02/user_information.csv: the columns differ"):
        read_spectra(study)


@pytest.mark.parametrize("options", [ReadOptions(replicates=3), ReadOptions(sample_id="user")])
def test_options_for_tables_are_refused_for_folders(study, options):
    with pytest.raises(UsageError, match="is for tables"):
        read_spectra(study, options)


def test_a_list_of_a_folder_and_a_file_is_refused(study, write, clean):
    with pytest.raises(DataError, match="not a patient's folder"):
        read_spectra([study / "A_01", write(clean.text())])


def test_an_empty_list_is_refused():
    with pytest.raises(UsageError, match="empty list"):
        read_spectra([])
