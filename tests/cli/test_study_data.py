"""A dataset's name in the place of a path."""

from pathlib import Path

import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl_cli.study_data import StudyData, study_data

NOTHING_SAID = dict.fromkeys(("sample_id", "patient", "replicates", "samples", "label", "batch"))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPECTRA_DL_DATA", str(tmp_path / "home"))


def test_several_paths_a_path_with_an_ending_and_a_deeper_one_are_files():
    for paths in ((Path("covid_serum"), Path("b")), (Path("serum.csv"),), (Path("in/covid_serum"),)):
        assert study_data(paths) == StudyData(paths)


def test_a_path_that_exists_wins():
    Path("covid_serum").mkdir()
    assert study_data((Path("covid_serum"),)).dataset is None


def test_a_dataset_is_read_from_its_folder_and_gives_its_name(shared_data, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "covid_serum").symlink_to(shared_data / "raman" / "covid_serum")
    study = study_data((Path("covid_serum"),))
    assert study == StudyData((tmp_path / "home" / "covid_serum",), "covid_serum")
    assert study.source == "covid_serum"
    table = study.read(**NOTHING_SAID)
    assert len(table) == 309
    assert any("5 confounds are known" in note for note in table.notes)


def test_a_generated_set_has_no_inputs():
    study = study_data((Path("simulated_bone_metastasis"),))
    assert study.inputs(None) == []
    assert len(study.read(**NOTHING_SAID)) == 1281


@pytest.mark.parametrize("option", sorted(NOTHING_SAID))
def test_nobody_says_anew_whose_a_datasets_spectra_are(option):
    said = {"replicates": 3, "samples": Path("sheet.csv")}.get(option, "column")
    with pytest.raises(UsageError, match=f"leave --{option.replace('_', '-')} out"):
        study_data((Path("simulated_bone_metastasis"),)).read(**{**NOTHING_SAID, option: said})


def test_a_bare_name_that_is_nothing_lists_the_sets():
    with pytest.raises(DataError, match="there are covid_saliva"):
        study_data((Path("covid_salivs"),))
