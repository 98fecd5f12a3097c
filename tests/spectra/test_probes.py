"""What the audit tries on spectra instead of biology."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit.probing import run_probes
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.spectra.cohort import labelled_cohort
from spectra_dl.spectra.probes import PROBES, audit_columns, spectra_probes
from spectra_dl.spectra.probes.study import audit_cohort, audit_study
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

PATIENTS = 60
AXIS = np.linspace(400, 2400, 400)
IN_SILENT_REGION = (AXIS > 1800) & (AXIS < 2300)
BANDS = np.exp(-0.5 * ((AXIS - np.linspace(500, 1700, 10)[:, None]) / 12) ** 2).sum(axis=0)


def table(leak=None, seed=0, axis=AXIS):
    """Return a study without biology, three spectra per patient in mixed order, with one planted leak."""
    generator = np.random.default_rng(seed)
    code = np.repeat(generator.permutation(np.arange(PATIENTS) % 2), 3)
    sick = code[:, None] == 1
    patient = np.repeat([f"p{k:02d}" for k in range(PATIENTS)], 3)
    slope = np.repeat(generator.normal(size=PATIENTS), 3)[:, None] * 30
    level = np.repeat(generator.uniform(900, 1100, PATIENTS), 3)[:, None]
    shift = 2.0 * sick if leak == "calibration" else 0.0
    bands = 400 * np.interp(axis - shift, AXIS, BANDS)
    rows = level + slope * np.linspace(-1, 1, axis.size) + bands
    rows = rows + 5 * generator.normal(size=(code.size, axis.size)) * (1 + 0.5 * sick * (leak == "noise"))
    first = np.full(code.size, "400.1")
    if leak == "wavenumber axis":  # the sick between the healthy: no straight line parts them
        first = np.where(code == 1, "400.2", generator.choice(["400.1", "400.3"], code.size))
    if leak == "intensity level":
        rows *= 1 + 0.3 * code[:, None]
    if leak == "fitted baseline":
        rows += 150 * sick * np.cos(np.linspace(0, 2 * np.pi, axis.size))
    if leak == "silent region":
        rows[:, IN_SILENT_REGION] += 6 * sick * np.sin(np.linspace(0, 9, IN_SILENT_REGION.sum()))
    if leak == "saturation":
        rows = np.where(sick, np.minimum(rows, 1300), rows)
    if leak == "cosmic rays":
        rows[code == 1, generator.integers(10, 390, (code == 1).sum())] += 2000
    order = np.arange(code.size)
    if leak == "row order":
        order = np.argsort(code + 0.4 * generator.normal(size=code.size), kind="stable")
    metadata = {
        "axis_first": first,
        "axis_last": np.full(code.size, "2400"),
        "axis_points": np.full(code.size, "400"),
    }
    ids = [str(row) for row in range(code.size)]
    label = np.array(["healthy", "sick"])[code]
    return SpectraTable(rows, axis, ids, patient, label, metadata=metadata).select(order)


def findings(data):
    """Return the audit's findings on a table, by probe."""
    folds = patient_folds(data.patient, data.label)
    drawn = draw_patients(len(set(data.patient)), resamples=500)
    findings = run_probes(spectra_probes(data), data.label, data.patient, folds=folds, multiplicity=drawn)
    return {finding.name: finding for finding in findings}


@pytest.mark.parametrize("leak", [probe.name for probe in PROBES])
@pytest.mark.parametrize("seed", range(3))
def test_each_planted_leak_raises_its_own_probe_as_far_as_it_may(leak, seed):
    worst = next(probe.at_worst for probe in PROBES if probe.name == leak)
    assert findings(table(leak, seed))[leak].severity == worst


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_files_of_a_class_put_one_after_another_are_said_and_raise_nothing(parts):
    data = table()
    part = np.searchsorted(np.unique(data.patient), data.patient) * parts // PATIENTS
    finding = findings(data.select(np.lexsort((data.patient, data.label, part))))["row order"]
    assert finding.severity == "fine"
    said = f"Each class stands in blocks of several patients ({2 * parts} in all)"
    assert (said in finding.sentence) == finding.sentence.startswith("The class can be predicted")
    assert parts > 1 or said in finding.sentence


def test_a_single_patient_between_two_blocks_makes_the_order_suspicious_again():
    data = table()
    order = np.argsort(data.label, kind="stable")
    moved = np.concatenate([order[:30], order[-3:], order[30:-3]])
    assert findings(data.select(moved))["row order"].severity == "warn"


def test_clean_studies_raise_no_alarm():
    severities = [finding.severity for seed in range(8) for finding in findings(table(seed=seed)).values()]
    assert "stop" not in severities
    assert severities.count("fine") >= 0.95 * len(severities)


def test_a_probe_without_its_data_is_left_out():
    data = table(axis=np.linspace(400, 1700, 300))
    plain = SpectraTable(data.intensity, data.wavenumber, data.sample_id)
    names = [probe.name for probe in spectra_probes(plain)]
    assert names == ["intensity level", "fitted baseline", "noise", "calibration"]


@pytest.mark.parametrize("name", ["fitted baseline", "silent region", "calibration"])
def test_probes_of_shape_know_neither_level_nor_scale(name):
    data = table()
    scaled = SpectraTable(7 * data.intensity + 100, data.wavenumber, data.sample_id)
    unscaled_probe, scaled_probe = (
        next(p for p in spectra_probes(t) if p.name == name) for t in (data, scaled)
    )
    np.testing.assert_allclose(unscaled_probe.features, scaled_probe.features, rtol=1e-3, atol=1e-6)


def test_the_calibration_probe_reads_the_shift_in_points():
    moved = np.stack([np.interp(AXIS - shift, AXIS, BANDS) for shift in (0, 0, 0, 1, -1)])
    rows = SpectraTable(100 + 9 * moved, AXIS, list("abcde"))
    shift = next(probe for probe in PROBES if probe.name == "calibration").features(rows)
    point = AXIS[1] - AXIS[0]
    np.testing.assert_allclose(shift[:, 0], np.array([0, 0, 0, 1, -1]) / point, atol=0.03)


@pytest.mark.parametrize("points", [1, 4, 12, 31, 32, 40])
@pytest.mark.parametrize("value", [0.0, 7.0])
def test_flat_and_short_spectra_give_finite_features(points, value):
    flat = SpectraTable(np.full((4, points), value), np.linspace(1700, 2400, points), list("abcd"))
    for probe in spectra_probes(flat):
        assert np.isfinite(probe.features).all()


def test_columns_for_the_audit_hold_the_batch_and_no_axis_or_digest():
    study = simulate_study(StudySettings(patients=4)).table
    columns = {"axis_first": ["1"] * 12, "measured_sha256": ["2"] * 12, "site": ["3"] * 12}
    data = SpectraTable(
        study.intensity, study.wavenumber, study.sample_id, batch=study.batch, metadata=columns
    )
    assert sorted(audit_columns(data)) == ["batch", "site"]


def test_a_patient_with_two_labels_is_a_finding_and_the_rest_is_audited():
    data = table()
    label = data.label.copy()
    label[4] = "sick" if label[4] == "healthy" else "healthy"
    study = audit_study(
        SpectraTable(data.intensity, AXIS, data.sample_id, data.patient, label, metadata=data.metadata)
    )
    first = study.audit.findings[0]
    assert (first.name, first.severity) == ("patients in several classes", "stop")
    assert "p01" in first.sentence
    assert "p01" not in study.cohort.patient
    assert len(study.audit.findings) > 8


def test_a_study_of_patients_who_are_all_in_both_classes_is_refused():
    data = table()
    label = np.resize(["healthy", "sick"], len(data))
    with pytest.raises(DataError, match="more than one label"):
        audit_study(SpectraTable(data.intensity, AXIS, data.sample_id, data.patient, label))


def test_a_study_without_patients_is_refused_with_the_remedy():
    data = table()
    with pytest.raises(DataError, match="--patient"):
        audit_study(SpectraTable(data.intensity, AXIS, data.sample_id, label=data.label))


def test_the_silent_region_gives_the_serum_study_away(shared_data):
    file = shared_data / "raman" / "covid_serum" / "original_covid_and_healthy_spectra.csv"
    finding = findings(read_spectra(file, ReadOptions(label="diagnostic", replicates=3)))["silent region"]
    assert finding.severity == "stop"
    assert finding.auc.value >= 0.95


def test_the_saliva_study_is_given_away_by_its_axis_and_names_the_person_in_both_classes(shared_data):
    options = ReadOptions(label="category", patient="user")
    findings = audit_study(read_spectra(shared_data / "raman" / "covid_saliva", options)).audit.findings
    named = {finding.name: finding for finding in findings}
    assert named["wavenumber axis"].severity == "stop"
    assert named["wavenumber axis"].auc.value == 1.0
    assert named["fitted baseline"].severity == "warn"
    assert "422H" in named["patient ids"].sentence
    assert {named[name].severity for name in ("near copies", "hidden replicates", "label permutation")} == {
        "fine"
    }


@pytest.mark.parametrize(("leak", "curve"), [("silent region", True), ("wavenumber axis", False)])
def test_what_stops_can_be_drawn(leak: str, curve: bool) -> None:
    data = table(leak)
    finding = findings(data)[leak]
    assert finding.severity == "stop"
    drawn = finding.evidence
    assert drawn is not None
    sick, well = drawn.classes
    assert {sick.patients, well.patients} == {PATIENTS // 2}
    if curve:
        assert 1750 < min(drawn.axis) < max(drawn.axis) < 2600
        assert len(sick.mean) == len(sick.spread) == len(drawn.axis)
        assert np.abs(np.subtract(sick.mean, well.mean)).max() > 0.1
    else:
        assert drawn.title == "first wavenumber as measured, cm⁻¹"
        codes = {min(each.points): each for each in drawn.classes}
        assert set(codes[max(codes)].points) == {400.2}  # one axis, and the other class on both sides of it
        assert set(codes[min(codes)].points) - {400.2}


def test_a_small_cohort_is_audited_in_fewer_folds() -> None:
    data = simulate_study(StudySettings(patients=6, spectra_per_patient=2, n_wavenumbers=100)).table
    cohort = labelled_cohort(data)
    assert audit_cohort(cohort).findings == audit_cohort(cohort, folds=3).findings
    with pytest.raises(DataError, match="too few patients for 5 folds"):
        audit_cohort(cohort, folds=5)
