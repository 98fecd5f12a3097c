"""Columns that go with the class are found, and columns that don't are left alone."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, permutation_test
from scipy.stats.contingency import association

from spectra_dl.evaluation.audit.batches import association_p, check_columns, cramers_v
from spectra_dl.evaluation.audit.columns import read_columns
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import read_patients

N = 80
PATIENT = np.repeat([f"p{k:02d}" for k in range(N)], 2)
CLASS = np.arange(N) % 2
LABEL = np.repeat(np.array(["well", "sick"])[CLASS], 2)
PATIENTS = read_patients(PATIENT, LABEL)
NO_SIGNAL = np.random.default_rng(0).normal(size=(2 * N, 60))


def findings_of(name, of_patient, rows=NO_SIGNAL):
    """Return what is found in one column, by name of the check."""
    findings = check_columns(
        {name: np.repeat(np.asarray(of_patient).astype(str), 2)},
        rows,
        PATIENTS,
        folds=patient_folds(PATIENT, LABEL),
        multiplicity=draw_patients(N, resamples=300),
        seed=0,
    )
    return {finding.name: finding for finding in findings}


@pytest.mark.parametrize("name", ["batch", "Session_ID", "instrument", "measurementDate", "plate 2"])
def test_a_column_of_handling_that_is_the_class_stops(name):
    finding = findings_of(name, CLASS)[f"column {name}"]
    assert finding.severity == "stop"
    assert "Cramér's V 1.000, p = 0.0005" in finding.sentence


@pytest.mark.parametrize("name", ["sex", "age", "column 3", "date of birth"])
def test_a_column_that_may_be_biology_warns_at_most(name):
    assert findings_of(name, CLASS)[f"column {name}"].severity == "warn"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("values", [2, 5, 40])
def test_a_column_that_is_chance_is_fine(seed, values):
    chance = np.random.default_rng(seed).integers(0, values, N)
    findings = findings_of("batch", chance)
    assert [finding.severity for finding in findings.values()] == ["fine"]
    assert "batch" in findings["columns"].sentence


def test_many_small_batches_of_one_class_each_are_found():
    pairs = 2 * (np.arange(N) // 4) + CLASS
    assert findings_of("plate", pairs)["column plate"].severity != "fine"


@pytest.mark.parametrize(
    "form", ["2024-{m:02d}-{d:02d}", "{d:02d}.{m:02d}.2024", "{m}/{d}/24", "2024{m:02d}{d:02d}T1015"]
)
def test_dates_are_read_as_time_though_each_is_its_own(form):
    days = np.where(CLASS == 1, 28 * 5, 0) + np.arange(N)
    dates = [form.format(m=1 + day // 28, d=1 + day % 28) for day in days]
    assert findings_of("column 3", dates)["column column 3"].severity == "stop"


@pytest.mark.parametrize("name", ["laser_power_mw", "storage_days_in_freezer", "exposure (s)", "Kit lot"])
def test_numbers_of_handling_are_read_though_each_is_its_own(name):
    power = np.random.default_rng(1).normal(20, 1, N) + 15 * CLASS
    assert findings_of(name, power.round(3))[f"column {name}"].severity == "stop"


@pytest.mark.parametrize("seed", range(10))
def test_numbers_of_handling_that_are_chance_are_fine(seed):
    power = np.random.default_rng(seed).normal(20, 1, N)
    assert [each.severity for each in findings_of("laser power", power).values()] == ["fine"]


def test_numbers_of_the_person_are_not_read_where_each_is_its_own():
    assert read_columns({"age at surgery": np.arange(2 * N).astype(str)}, PATIENTS) == []


def test_ids_and_constant_columns_are_not_read():
    columns = {"id": [f"s{row}" for row in range(2 * N)], "origin": ["here"] * 2 * N}
    assert read_columns(columns, PATIENTS) == []


def test_missing_dates_count_as_the_middle():
    dates = np.where(
        np.arange(N) % 7 == 0, "", [f"2024-{1 + k // 28:02d}-{1 + k % 28:02d}" for k in range(N)]
    )
    (column,) = read_columns({"date": np.repeat(dates, 2)}, PATIENTS)
    missing = column.rank[np.repeat(dates, 2) == ""]
    assert np.ptp(missing) == 0
    assert column.rank.min() < missing[0] < column.rank.max()


def test_a_patient_with_several_values_has_the_commonest():
    patients = read_patients(["a", "a", "a", "b", "b", "c", "c", "d"], list("xxxxxyyy"))
    (column,) = read_columns({"batch": list("mnnmmnnm")}, patients)
    assert column.group_of_patient.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("seed", range(4))
def test_cramers_v_without_its_correction_is_scipys(seed):
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, 3, 200), generator.integers(0, 4, 200)
    second = np.where(generator.random(200) < 0.5, first, second)
    table = np.histogram2d(first, second, bins=(3, 4))[0].astype(int)
    square = association(table, correction=False) ** 2 * 2  # V² min(r - 1, c - 1) = chi² / n
    corrected = max(0.0, square - 3 * 2 / 199) / min(2 - 4 / 199, 3 - 9 / 199)
    assert cramers_v(first, second) == pytest.approx(np.sqrt(corrected))


def test_a_model_that_knows_the_batch_falls_when_batches_are_left_out():
    generator = np.random.default_rng(3)
    day = 2 * (np.arange(N) // 2 % 4) + (CLASS ^ (generator.random(N) < 0.15))
    shape_of_day = generator.normal(size=(8, 60))
    rows = np.repeat(shape_of_day[day], 2, axis=0) + 0.5 * generator.normal(size=(2 * N, 60))
    finding = findings_of("day", day, rows)["batches of day"]
    assert finding.severity == "warn"
    assert "when whole groups of column 'day' are" in finding.sentence


@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_knows_the_disease_does_not_fall(seed):
    generator = np.random.default_rng(seed)
    disease = np.outer(CLASS, generator.normal(size=60))
    rows = np.repeat(disease, 2, axis=0) + 1.5 * generator.normal(size=(2 * N, 60))
    assert "batches of day" not in findings_of("day", generator.integers(0, 6, N), rows)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_the_p_value_is_that_of_scipys_permutation_test(share):
    generator = np.random.default_rng(1)
    batch = np.where(generator.random(N) < share, CLASS, generator.integers(0, 3, N))

    def statistic(classes):
        return chi2_contingency(np.histogram2d(classes, batch, bins=(2, 3))[0], correction=False).statistic

    truth = permutation_test(
        (CLASS,), statistic, permutation_type="pairings", alternative="greater", n_resamples=400, rng=1
    )
    assert association_p(CLASS, batch, seed=0) == pytest.approx(truth.pvalue, abs=0.06)


@pytest.mark.parametrize("name", ["tumour_site", "survival_time", "diagnosis date", "time_since_surgery"])
def test_a_column_of_the_disease_warns_at_most(name):
    assert findings_of(name, CLASS)[f"column {name}"].severity == "warn"
