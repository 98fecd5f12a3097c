"""A dataset's name in the place of a path."""

from pathlib import Path

import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions
from spectra_dl_cli.study_data import StudyData, study_data
from spectra_dl_cli.study_sections import study_sections

NO_OPTIONS = ReadOptions()


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
    table = study.read(NO_OPTIONS)
    assert len(table) == 309
    assert any("5 confounds are known" in note for note in table.notes)


def test_a_generated_set_has_no_inputs():
    study = study_data((Path("simulated_bone_metastasis"),))
    assert study.inputs(ReadOptions()) == []
    assert len(study.read(NO_OPTIONS)) == 1281


@pytest.mark.parametrize("option", ["batch", "label", "patient", "replicates", "sample_id", "samples"])
def test_nobody_says_anew_whose_a_datasets_spectra_are(option):
    value = {"replicates": 3, "samples": Path("sheet.csv")}.get(option, "column")
    with pytest.raises(UsageError, match=f"leave --{option.replace('_', '-')} out"):
        study_data((Path("simulated_bone_metastasis"),)).read(ReadOptions(**{option: value}))


def test_a_bare_name_that_is_nothing_lists_the_sets():
    with pytest.raises(DataError, match="there are covid_saliva"):
        study_data((Path("covid_salivs"),))


def test_sections_of_a_dataset_are_read_from_its_folder_with_their_patients(shared_data, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "her2st").symlink_to(next(shared_data.rglob("her2st")))
    study = study_sections(Path("her2st"))
    sections = study.read()
    assert [(one.name, one.patient) for one in sections] == [
        ("B4", "B"),
        *((f"C{at}", "C") for at in (2, 3, 4, 5)),
    ]
    assert study.name == "her2st"
    assert {"B4.tsv.gz", "C2.tsv.gz"} <= {path.name for path in study.files(sections)}
    assert any("confounds are known" in note for note in sections[0].notes)


def test_a_generated_tissue_has_no_files():
    study = study_sections(Path("simulated_tissue"))
    assert study.files(study.read()) == []


def test_a_set_of_spectra_is_no_set_of_sections():
    with pytest.raises(UsageError, match="this takes tissue sections with counts: her2st"):
        study_sections(Path("covid_serum"))


def test_a_sheet_of_a_datasets_name_wins():
    Path("her2st").write_text("path,patient,section\na.tsv,B,B1\n")
    assert study_sections(Path("her2st")).sources is not None


def test_what_is_neither_a_sheet_nor_a_set_is_refused():
    with pytest.raises(DataError, match="no such file"):
        study_sections(Path("her3st"))
