"""The coverage that predict is asked for, and what its files say of patients without an answer."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.loading import load_model
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.study.predict import predict_study
from spectra_dl.training.settings import TrainingSettings
from spectra_dl_datasets.shipped import SHIPPED_MODEL


@pytest.fixture(scope="module")
def table():
    return simulate_study(StudySettings(patients=40, spectra_per_patient=2, n_wavenumbers=64, seed=1)).table


@pytest.fixture(scope="module")
def saved(table, tmp_path_factory):
    """A model file trained for a moment."""
    model = SpectraClassifier(table.wavenumber, members=2, training=TrainingSettings(epochs=3))
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model.fit(table.intensity, table.label, groups=table.patient).predictor_.save(path)
    return path


def lines(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_lower_coverage_narrows_sets_and_says_so_in_every_file(table, saved, tmp_path):
    predictor, sizes = load_model(saved), {}
    for coverage in (0.95, 0.6):
        result = predict_study(predictor, [table], tmp_path / f"{coverage}", coverage=coverage)
        written = lines(tmp_path / f"{coverage}" / "patients.csv")
        assert {line["coverage"] for line in written} == {f"{coverage:g}"}
        assert result.report["results"]["coverage"] == coverage
        sizes[coverage] = [len(line["prediction_set"].split("|")) for line in written]
    assert all(more >= fewer for more, fewer in zip(sizes[0.95], sizes[0.6], strict=True))
    assert sum(sizes[0.95]) > sum(sizes[0.6])


def test_without_a_coverage_it_is_that_of_nine_in_ten(table, saved):
    predictor = load_model(saved)
    asked, default = (predict_study(predictor, [table], coverage=share) for share in (0.9, None))
    assert default.coverage == 0.9
    assert default.counts.listed == asked.counts.listed


def test_a_patient_unlike_the_training_patients_has_no_probability_and_no_set(table, saved, tmp_path):
    strange = table.patient == table.patient[0]
    intensity = np.where(strange[:, np.newaxis], table.intensity[:, ::-1], table.intensity)
    result = predict_study(load_model(saved), [replace(table, intensity=intensity)], tmp_path / "out")
    (patient,) = (each for each in result.counts.listed if each.patient == table.patient[0])
    assert patient.ood_score > 1
    assert "unlike the training spectra" in patient.abstains
    assert set(patient.probability.values()) == {None}
    assert patient.prediction_set == ()
    (line,) = (
        each for each in lines(tmp_path / "out" / "patients.csv") if each["patient_id"] == patient.patient
    )
    assert {value for name, value in line.items() if name.startswith("p_")} == {""}
    assert line["prediction_set"] == ""
    others = [each for each in result.counts.listed if each.ood_score <= 1]
    assert others
    assert all(sum(each.probability.values()) == pytest.approx(1.0) for each in others)


def test_why_and_what_helps_are_the_same_in_table_report_and_list(table, saved, tmp_path):
    result = predict_study(load_model(saved), [table], tmp_path / "out", coverage=0.95)
    without = {patient.patient: patient.abstains for patient in result.counts.listed if patient.abstains}
    assert len(without) == result.counts.abstained > 0
    for line in lines(tmp_path / "out" / "patients.csv"):
        assert line["reason"].endswith(without.get(line["patient_id"], ""))
        assert bool(line["predicted_class"]) == (line["patient_id"] not in without)
    listed = json.loads(json.dumps(result.report["results"]["patients"]))
    assert {each["patient"]: each["abstains"] for each in listed if each["abstains"]} == without
    for said in result.counts.abstentions:
        patient, _, why = said.partition(": ")
        assert without[patient] == why


@pytest.mark.parametrize("coverage", [0.925, 0.45, 0.999])
def test_a_coverage_that_is_no_whole_percent_from_50_to_99_is_refused(saved, coverage):
    with pytest.raises(UsageError, match=r"whole percents from 0\.50 to 0\.99"):
        load_model(saved).decision_at(coverage)


def test_a_model_file_of_before_knows_one_coverage(table):
    """The file that ships, without what files of before lack."""
    predictor = load_model(SHIPPED_MODEL)
    header = predictor.header
    part = header.classification
    only = part.conformal.model_copy(update={"limit_at": {}})
    before = header.model_copy(update={"classification": part.model_copy(update={"conformal": only})})
    old = type(predictor).from_tensors(before, predictor.tensors())
    assert old.decision_at(0.9) == old.decision
    with pytest.raises(UsageError, match=r"coverage 0\.8: this model file knows 0\.9 alone"):
        old.decision_at(0.8)


def test_a_class_of_few_patients_is_noted_where_its_coverage_is_asked_for(table, saved):
    predictor = load_model(saved)
    fewest = min(predictor.classification.patients.values())
    notes = predict_study(predictor, [table], coverage=0.99).counts.notes
    assert any(
        "training patients are too few for 99% coverage of its own (99 would do)" in each for each in notes
    )
    assert fewest >= 9
    assert not any("coverage of its own" in each for each in predict_study(predictor, [table]).counts.notes)
