"""What the audit tries on spectra instead of biology."""

import numpy as np
import pytest

from spectra_dl.evaluation.audit import run_probes
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.splits import patient_folds
from spectra_dl.spectra.probes import spectra_probes
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.table import SpectraTable

PATIENTS = 60
AXIS = np.linspace(400, 2400, 400)
IN_SILENT_REGION = (AXIS > 1800) & (AXIS < 2300)


def table(leak=None, seed=0, axis=AXIS):
    """Return a study without biology, three spectra per patient in mixed order, with one planted leak."""
    generator = np.random.default_rng(seed)
    code = np.repeat(generator.permutation(np.arange(PATIENTS) % 2), 3)
    patient = np.repeat([f"p{k:02d}" for k in range(PATIENTS)], 3)
    slope = np.repeat(generator.normal(size=PATIENTS), 3)[:, None] * 30
    level = np.repeat(generator.uniform(900, 1100, PATIENTS), 3)[:, None]
    rows = level + slope * np.linspace(-1, 1, axis.size) + 5 * generator.normal(size=(code.size, axis.size))
    first, batch = np.full(code.size, "400.1"), np.repeat(generator.choice(["mon", "tue"], PATIENTS), 3)
    if leak == "wavenumber axis":  # the sick between the healthy: no straight line parts them
        first = np.where(code == 1, "400.2", generator.choice(["400.1", "400.3"], code.size))
    if leak == "intensity level":
        rows *= 1 + 0.3 * code[:, None]
    if leak == "background":
        rows += 60 * code[:, None] * np.cos(np.linspace(0, 2 * np.pi, axis.size))
    if leak == "silent region":
        rows[:, IN_SILENT_REGION] += 6 * code[:, None] * np.sin(np.linspace(0, 9, IN_SILENT_REGION.sum()))
    if leak == "batch":
        batch = np.where(code == 1, "mon", "tue")
    if leak == "row order":
        order = np.argsort(code + 0.4 * generator.normal(size=code.size), kind="stable")
        code, patient, rows, first, batch = (
            code[order],
            patient[order],
            rows[order],
            first[order],
            batch[order],
        )
    label = np.array(["healthy", "sick"])[code]
    metadata = {
        "axis_first": first,
        "axis_last": np.full(code.size, "2400"),
        "axis_points": np.full(code.size, "400"),
    }
    ids = [str(row) for row in range(code.size)]
    return SpectraTable(rows, axis, ids, patient, label, batch, metadata=metadata)


def findings(data):
    """Return the audit's findings on a table, by probe."""
    folds = patient_folds(data.patient, data.label)
    drawn = draw_patients(len(set(data.patient)), resamples=500)
    found = run_probes(spectra_probes(data), data.label, data.patient, folds=folds, multiplicity=drawn)
    return {finding.name: finding for finding in found}


@pytest.mark.parametrize(
    "leak", ["wavenumber axis", "intensity level", "background", "silent region", "batch"]
)
@pytest.mark.parametrize("seed", range(3))
def test_each_planted_leak_stops_its_own_probe(leak, seed):
    assert findings(table(leak, seed))[leak].severity == "stop"


def test_rows_in_an_order_that_goes_with_the_class_warn():
    assert findings(table("row order"))["row order"].severity == "warn"


def test_rows_sorted_by_class_say_nothing():
    data = table()
    finding = findings(data.select(np.argsort(data.label, kind="stable")))["row order"]
    assert finding.severity == "fine"
    assert "sorted by class" in finding.sentence


def test_clean_studies_raise_no_alarm():
    severities = [finding.severity for seed in range(8) for finding in findings(table(seed=seed)).values()]
    assert "stop" not in severities
    assert severities.count("fine") >= 0.95 * len(severities)


def test_a_probe_without_its_data_is_left_out():
    data = table(axis=np.linspace(400, 1700, 300))
    plain = SpectraTable(data.intensity, data.wavenumber, data.sample_id)
    assert [probe.name for probe in spectra_probes(plain)] == ["intensity level", "background"]


def test_the_silent_region_knows_neither_level_nor_scale():
    data = table()
    scaled = SpectraTable(7 * data.intensity + 100, data.wavenumber, data.sample_id)
    one, other = (next(p for p in spectra_probes(t) if p.name == "silent region") for t in (data, scaled))
    np.testing.assert_allclose(one.features, other.features, atol=1e-9)


def test_a_flat_silent_region_gives_finite_features():
    probes = spectra_probes(SpectraTable(np.full((4, 400), 7.0), AXIS, list("abcd")))
    assert all(np.isfinite(probe.features).all() for probe in probes)


def test_the_silent_region_gives_the_serum_study_away(shared_data):
    file = shared_data / "raman" / "covid_serum" / "original_covid_and_healthy_spectra.csv"
    finding = findings(read_spectra(file, ReadOptions(label="diagnostic", replicates=3)))["silent region"]
    assert finding.severity == "stop"
    assert finding.auc.value >= 0.95


def test_the_axis_alone_gives_the_saliva_study_away(shared_data):
    found = findings(
        read_spectra(shared_data / "raman" / "covid_saliva", ReadOptions(label="category", patient="user"))
    )
    assert found["wavenumber axis"].severity == "stop"
    assert found["wavenumber axis"].auc.value == 1.0
    assert found["background"].severity == "warn"
