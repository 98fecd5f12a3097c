"""What the audit finds in studies of several blocks: planted faults, and the sentences a person can act on."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.evaluation.audit import audit
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.probes.facts import facts_of
from spectra_dl.fusion.probes.study import block_audit_inputs
from spectra_dl.fusion.rows import FusionBlock, FusionRows
from spectra_dl.fusion.simulation.faults import plant_fault
from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings, simulate_fusion

CHECKS = {
    "one-class": ("who has which block", "stop", "'spectra' (100% of bone metastasis and 0% of no metastasis)"),
    "missing-by-class": ("who has which block", "stop", "nearly says the class: 'spectra'"),
    "label-column": ("label in other words", "stop", "'treatment' (AUC"),
    "after-outcome": ("known before the outcome", "stop", "'months_on_drug' is known only after"),
    "batch-column": ("columns that differ by batch", "warn", "'alp' by 'site'"),
    "other-people": ("blocks of the same people", "stop", "'sex' differs between clinical and spectra"),
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return simulate_fusion(
        FusionSimulationSettings(patients=100, spectra_per_patient=1, n_wavenumbers=16, tissue_auc=0.7)
    )


def findings(rows, label):
    folds = patient_folds(rows.patients, label)
    multiplicity = draw_patients(len(rows), resamples=100)
    found = audit(label, rows.patients, block_audit_inputs(rows), folds=folds, multiplicity=multiplicity)
    return {each.name: each for each in found.findings}


def test_nothing_is_raised_of_a_clean_study_and_each_check_says_what_it_saw(study):
    found = findings(study.rows(), study.label)
    assert {each.severity for each in found.values()} == {"fine"}
    assert found["blocks of the same people"].sentence == "Blocks agree in what they say of patients: 'sex'."
    assert {name for name, _, _ in CHECKS.values()} <= set(found)


@pytest.mark.parametrize("fault", CHECKS)
def test_a_planted_fault_is_found_and_named(study, fault):
    spoilt = plant_fault(study, fault)
    name, severity, said = CHECKS[fault]
    finding = findings(spoilt.rows(), spoilt.label)[name]
    assert finding.severity == severity
    assert said in finding.sentence


def clinical(columns, patients=60):
    names = tuple(f"P{number:02d}" for number in range(patients))
    table = ClinicalTable(names, tuple(columns))
    return FusionRows(names, (FusionBlock("clinical", table, np.arange(patients)),))


LABEL = np.array(["sick", "well"] * 30)


def test_a_number_that_codes_the_class_out_of_order_is_found():
    generator = np.random.default_rng(0)
    code = np.where(LABEL == "sick", generator.choice([1.0, 3.0], 60), generator.choice([2.0, 4.0], 60))
    found = findings(clinical([ClinicalColumn("ward", "numeric", code, known_before=True)]), LABEL)
    assert found["label in other words"].severity == "stop"


def test_a_column_that_is_known_of_some_patients_only_is_looked_at_among_them():
    values = np.where(LABEL == "sick", 1.0, 0.0)
    values[:36] = np.nan
    found = findings(clinical([ClinicalColumn("drug", "category", values, ("no", "yes"))]), LABEL)
    assert found["label in other words"].severity == "stop"
    assert "Nobody said whether" in found["known before the outcome"].sentence


def test_values_that_one_class_lacks_stop_even_where_the_block_is_there():
    values = np.where(LABEL == "sick", 1.0, np.nan) + np.arange(60)
    found = findings(clinical([ClinicalColumn("dose", "numeric", values)]), LABEL)["who has which block"]
    assert found.severity == "stop"
    assert "'column dose' (100% of sick and 0% of well)" in found.sentence


def test_a_few_mixed_up_patients_are_named(study):
    sex = study.spectra.metadata["sex"].copy()
    sex[:3] = np.where(sex[:3] == "f", "m", "f")
    spectra = replace(study.spectra, metadata={**study.spectra.metadata, "sex": sex})
    found = findings(replace(study, spectra=spectra).rows(), study.label)["blocks of the same people"]
    assert found.severity == "warn"
    assert "P001, P002, P003" in found.sentence


def test_other_words_and_other_units_are_the_same_people(study):
    words = {"f": "Female", "m": "Male"}
    months = {"Sex": np.array([words[each] for each in study.spectra.metadata["sex"]])}
    months["age"] = np.array([f"{12 * age:g}" for age in study.clinical.column("age").values])
    spectra = replace(study.spectra, metadata=months)
    found = findings(replace(study, spectra=spectra).rows(), study.label)["blocks of the same people"]
    assert (found.severity, "'age', 'sex'" in found.sentence) == ("fine", True)


def test_facts_are_of_patients_whatever_rows_they_have():
    spectra = simulate_fusion(FusionSimulationSettings(patients=4, spectra_per_patient=3, n_wavenumbers=16))
    facts = facts_of(spectra.rows())
    assert facts["spectra"]["sex"].tolist() == facts["clinical"]["sex"].tolist()
    assert len(facts["spectra"]["batch"]) == 4
