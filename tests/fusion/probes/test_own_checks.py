"""Blocks are looked at by the audit of their own modality, and one person under two ids is found."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.probes.class_columns import LabelInOtherWords
from spectra_dl.fusion.probes.study import block_audit_inputs
from spectra_dl.fusion.rows import FusionBlock, FusionRows
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study


def findings(rows, label, seed=0):
    """Every finding of the row checks, by name."""
    names = np.array(rows.patients)
    patients, folds = read_patients(names, label), patient_folds(names, label, folds=3, seed=seed)
    found = [check(patients, folds, seed=seed) for check in block_audit_inputs(rows).row_checks]
    return {finding.name: finding for finding in found}


@pytest.fixture(scope="module")
def study():
    """Spectra and two numbers of twenty patients."""
    table = simulate_study(StudySettings(patients=20, spectra_per_patient=2, n_wavenumbers=200)).table
    ids, owner = np.unique(table.patient, return_inverse=True)
    label = np.array([table.label[owner == number][0] for number in range(len(ids))])
    values = np.random.default_rng(0).normal(size=(3, len(ids)))
    return table, owner, label, values


def rows_of(table, owner, values, times):
    """Each patient, so many times under another id."""
    count = int(owner.max()) + 1
    names = tuple(f"P{number:03d}" for number in range(times * count))
    index = np.tile(np.arange(len(table)), times)
    owners = np.concatenate([owner + number * count for number in range(times)])
    columns = tuple(
        ClinicalColumn(f"c{number}", "numeric", np.tile(each, times)) for number, each in enumerate(values)
    )
    clinical = FusionBlock("clinical", ClinicalTable(names, columns), np.arange(len(names)))
    return FusionRows(names, (FusionBlock("spectra", table[index], owners), clinical))


def test_patients_under_two_ids_stop_by_their_spectra_and_by_their_values(study):
    table, owner, label, values = study
    found = findings(rows_of(table, owner, values, 2), np.tile(label, 2))
    assert found["spectra: identical spectra"].severity == "stop"
    assert found["equal clinical rows"].severity == "stop"
    assert "P000 and P020" in found["equal clinical rows"].sentence


def test_patients_under_one_id_each_raise_nothing(study):
    table, owner, label, values = study
    found = findings(rows_of(table, owner, values, 1), label)
    assert found["spectra: identical spectra"].severity == "fine"
    assert found["equal clinical rows"].severity == "fine"


def test_what_is_no_biology_in_a_block_is_found_as_it_is_in_spectra_alone(study):
    table, owner, label, values = study
    sick = label[owner] == label[0]
    flat = table.intensity.copy()
    flat[:, table.wavenumber > 1000] *= np.where(sick, 1.0, 3.0)[:, None]
    found = findings(rows_of(replace(table, intensity=flat), owner, values, 1), label)
    assert "spectra: intensity level" in found
    assert {finding.severity for name, finding in found.items() if name.startswith("spectra: ")} > {"fine"}


def test_equal_rows_of_a_few_categories_are_chance(study):
    table, owner, label, _ = study
    sexes = np.random.default_rng(1).integers(0, 2, size=(3, len(label))).astype(float)
    found = findings(rows_of(table, owner, sexes, 1), label)
    assert found["equal clinical rows"].severity == "fine"


def test_a_column_whose_middle_names_the_class_is_found():
    generator = np.random.default_rng(0)
    label = np.array(["sick", "well"] * 60)
    values = np.where(label == "sick", generator.uniform(-1, 1, 120), generator.uniform(1, 3, 120))
    values *= generator.choice([-1, 1], 120)
    names = np.array([f"P{number:03d}" for number in range(120)])
    check = LabelInOtherWords([ClinicalColumn("level", "numeric", values)])
    finding = check(read_patients(names, label), patient_folds(names, label), seed=0)
    assert finding.severity == "stop"
    assert "'level'" in finding.sentence
