"""A protocol knows blocks of patients by their content, wherever their files lie and whatever they say of the outcome."""

import shutil
from dataclasses import replace

import pytest

from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.sealing import sealable


@pytest.fixture(scope="module")
def folder(repository):
    return repository / "datasets" / "demo" / "fusion"


@pytest.fixture
def copied(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "study")
    return tmp_path / "study"


def known(folder, **said):
    return sealable(read_cohort(replace(read_study_file(folder / "study.toml"), **said), labelled=False))


@pytest.fixture(scope="module")
def sealed(folder):
    return known(folder)


def changed(path, row, column, text):
    lines = [line.split(",") for line in path.read_text().splitlines()]
    at = (
        column
        if isinstance(column, int)
        else next(number for number, name in enumerate(lines[0]) if name.startswith(column))
    )
    lines[row][at] = text
    path.write_text("\n".join(map(",".join, lines)) + "\n")
    return lines[row][0]


def test_another_folder_and_order_of_rows_change_nothing(copied, sealed):
    path = copied / "clinical.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    assert known(copied) == sealed


def test_the_outcome_is_no_part_of_the_data(copied, sealed):
    path = copied / "clinical.csv"
    changed(path, 2, "label", "")
    again = known(copied)
    assert again.data == sealed.data
    assert again.outcome != sealed.outcome


def test_one_value_changes_that_patient_alone(copied, sealed):
    patient = changed(copied / "clinical.csv", 3, "age", "41.5")
    again = known(copied).data
    assert [name for name, digest in again.patients.items() if digest != sealed.data.patients[name]] == [
        patient
    ]
    assert (again.axis, again.order) == (sealed.data.axis, sealed.data.order)


@pytest.mark.parametrize("said", [{"positive": "x"}, {"label": "outcome"}, {"patients": 3}])
def test_what_is_said_of_the_study_is_sealed(folder, sealed, said):
    assert known(folder, **said).data.axis != sealed.data.axis


def test_another_model_of_a_block_is_another_study(folder, sealed):
    study = read_study_file(folder / "study.toml")
    blocks = [replace(each, model="svm") if each.kind == "spectra" else each for each in study.blocks]
    assert known(folder, blocks=tuple(blocks)).data.axis != sealed.data.axis
