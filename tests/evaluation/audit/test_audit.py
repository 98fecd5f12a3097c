"""Probes are evaluated like models, ids are compared, and an audit puts the gravest first."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import Audit, AuditInputs, Finding, Probe, audit
from spectra_dl.evaluation.audit.audit_report import audit_json, audit_text
from spectra_dl.evaluation.audit.identity import check_patient_ids, patients_in_several_classes
from spectra_dl.evaluation.audit.probing import run_probes
from spectra_dl.evaluation.audit.random_labels import check_random_classes
from spectra_dl.evaluation.context import Words
from spectra_dl.evaluation.folds.splits import patient_folds, spectrum_folds
from spectra_dl.evaluation.intervals import Interval, draw_patients
from spectra_dl.evaluation.patients import read_patients

PATIENT = np.repeat([f"p{k:02d}" for k in range(60)], 3)
LABEL = np.repeat(["sick", "well"] * 30, 3)
WORDS = Words("spectrum", "spectra")
SICK = (LABEL == "sick").astype(float)[:, None]


def finding_of(probe, label=LABEL):
    """Return the finding of a probe."""
    folds = patient_folds(PATIENT, label)
    return run_probes([probe], label, PATIENT, folds=folds, multiplicity=draw_patients(60, resamples=300))[0]


def audited(rows, probes=(), **options):
    """Return the audit of the 60 patients."""
    drawn = draw_patients(60, resamples=200)
    inputs = AuditInputs.of_rows(rows, WORDS, probes=probes, columns=options.pop("columns", {}))
    return audit(LABEL, PATIENT, inputs, folds=patient_folds(PATIENT, LABEL), multiplicity=drawn, **options)


def noise(seed, columns=2):
    """Return features of patients that know nothing of the class."""
    return np.repeat(np.random.default_rng(seed).normal(size=(60, columns)), 3, axis=0)


def test_a_feature_that_is_the_class_stops():
    finding = finding_of(Probe("axis", "the axis alone", SICK + 0.01 * noise(0)))
    assert finding.severity == "stop"
    assert finding.auc.low > 0.99
    assert finding.sentence == (
        "The class can be predicted from the axis alone (patient AUC 1.000, 95 % interval 1.000 to 1.000). "
        "A model may do the same, so its score is no evidence of biology."
    )


def test_a_feature_that_half_knows_the_class_warns():
    finding = finding_of(Probe("level", "the level alone", 1.5 * SICK + noise(0, 1)))
    assert finding.severity == "warn"
    assert "Make sure that this is biology" in finding.sentence


def test_noise_is_fine_for_nearly_every_seed():
    severities = [finding_of(Probe("noise", "noise", noise(seed))).severity for seed in range(40)]
    assert severities.count("fine") >= 39


def test_a_constant_feature_is_fine_also_with_rounding_noise():
    constant = 400.0 + 1e-12 * SICK
    assert finding_of(Probe("axis", "the axis alone", constant)).severity == "fine"


@pytest.mark.parametrize("at_worst", ["fine", "warn", "stop"])
def test_a_probe_is_never_graver_than_it_may_be(at_worst):
    assert finding_of(Probe("order", "the order", SICK, at_worst)).severity == at_worst


def test_three_classes_are_probed_too():
    label = np.repeat(["a", "b", "c"] * 20, 3)
    known = (label[:, None] == np.array(["a", "b", "c"])).astype(float)
    assert finding_of(Probe("batch", "the batch alone", known), label).auc.value == 1.0


@pytest.mark.parametrize("features", [np.zeros(4), np.array([[np.nan]])])
def test_unusable_features_are_refused_by_name(features):
    with pytest.raises(DataError, match="probe 'axis'"):
        Probe("axis", "the axis alone", features)


def test_a_probe_of_another_length_is_refused():
    with pytest.raises(DataError, match="has 2 rows for 180"):
        finding_of(Probe("axis", "the axis alone", np.zeros((2, 1))))


def test_the_same_person_in_two_classes_is_named():
    ids = ["COV+_01", "COV+_422H", "COV-_422H", "COV-_61H", "COV-_11"]
    finding = check_patient_ids(ids, ["COV+", "COV+", "COV-", "COV-", "COV-"])
    assert finding.severity == "warn"
    assert "COV+_422H and COV-_422H" in finding.sentence
    assert "one person" in finding.sentence


@pytest.mark.parametrize(
    ("ids", "labels"),
    [
        (["sick-A7", "sick-B2", "well-A7", "well-C1"], ["sick", "sick", "well", "well"]),
        (["A7_tumour", "B2_tumour", "A7_normal", "C9_normal"], ["tumour", "tumour", "normal", "normal"]),
        (["T.kr4", "T.op2", "N.kr4", "N.ab1"], ["cancer", "cancer", "normal", "normal"]),
    ],
)
def test_persons_are_found_under_the_classs_name_or_a_common_beginning(ids, labels):
    assert check_patient_ids(ids, labels).severity == "warn"


def test_ids_of_their_own_are_fine():
    assert check_patient_ids(["P10", "P11", "P12", "P13"], ["a", "b", "a", "b"]).severity == "fine"


@pytest.mark.parametrize("prefix", ["", "P", "pat-"])
@given(numbers=st.sets(st.integers(0, 3000), min_size=6, max_size=60), seed=st.integers(0, 9))
@settings(deadline=None)
def test_bare_row_numbers_in_classes_that_are_numbers_are_nobodys_second_id(prefix, numbers, seed):
    label = np.random.default_rng(seed).permutation(np.arange(len(numbers)) % 2).astype(str)
    assert check_patient_ids([f"{prefix}{number}" for number in numbers], label).severity == "fine"


def test_numbers_behind_a_class_that_is_a_number_are_one_persons_where_a_sign_parts_them():
    finding = check_patient_ids(["0_22", "1_22", "0-7", "1-9"], ["0", "1", "0", "1"])
    assert "0_22 and 1_22" in finding.sentence


def test_letters_of_an_id_that_happen_to_be_the_class_are_left_in_it():
    assert check_patient_ids(["adam", "am", "bo", "zoe"], ["ad", "well", "well", "ad"]).severity == "fine"


def test_counts_that_start_anew_are_called_counts():
    ids = [f"H{k}" for k in range(1, 9)] + [f"C{k}" for k in range(1, 11)]
    finding = check_patient_ids(ids, ["healthy"] * 8 + ["cancer"] * 10)
    assert "look like counts" in finding.sentence


def test_patients_with_several_labels_are_named_and_blank_ids_are_not():
    patient, label = ["b", "a", "b", "", "", "a"], ["sick", "well", "well", "sick", "well", "well"]
    assert patients_in_several_classes(patient, label) == ["b"]


@pytest.mark.parametrize("seed", range(3))
def test_random_classes_are_not_found_when_patients_are_divided(seed):
    rows = noise(seed, 40) + 0.1 * np.random.default_rng(seed).normal(size=(180, 40))
    finding = check_random_classes(
        rows, read_patients(PATIENT, LABEL), patient_folds(PATIENT, LABEL, repeats=2), seed=seed
    )
    mean = float(finding.sentence.split("AUC ")[1][:5])
    assert finding.severity == "fine"
    assert abs(mean - 0.5) <= 0.02


def test_a_split_by_spectrum_gives_itself_away_by_random_classes():
    rows = noise(0, 40) + 0.1 * np.random.default_rng(0).normal(size=(180, 40))
    finding = check_random_classes(rows, read_patients(PATIENT, LABEL), spectrum_folds(LABEL), seed=0)
    assert finding.severity == "stop"
    assert "the split leaks" in finding.sentence


def test_the_audit_puts_the_gravest_first_and_runs_every_check():
    audit = audited(
        np.random.default_rng(1).normal(size=(180, 40)),
        [Probe("noise", "noise", noise(1)), Probe("axis", "the axis alone", SICK)],
        columns={"session": np.repeat(["a", "b", "c"], 60)},
    )
    assert audit.severity == "stop"
    assert [finding.severity for finding in audit.findings] == ["stop"] + 7 * ["fine"]
    assert {finding.name for finding in audit.findings} == {
        "axis",
        "noise",
        "columns",
        "patient ids",
        "identical spectra",
        "near copies",
        "hidden replicates",
        "label permutation",
    }


def test_the_same_seed_gives_the_same_audit():
    rows = np.random.default_rng(2).normal(size=(180, 40))
    columns = {"session": np.repeat(list("abcdef"), 30)}
    assert audited(rows, columns=columns, seed=5) == audited(rows, columns=columns, seed=5)


@pytest.mark.parametrize("width", [1, 2, 5, 17])
def test_rows_of_few_columns_are_audited_too(width):
    assert audited(np.random.default_rng(3).normal(size=(180, width))).severity == "fine"


def test_an_audit_without_findings_is_fine():
    assert Audit(()).severity == "fine"
    assert Audit((Finding("a", "warn", "b"), Finding("c", "fine", "d"))).severity == "warn"


def test_the_verdict_stands_on_the_first_line_and_lines_are_short():
    text = audit_text(Audit((Finding("axis", "stop", "word " * 60), Finding("ids", "fine", "None."))))
    assert text.startswith("Audit: STOP.")
    assert "  stop word" in text
    assert max(map(len, text.splitlines())) <= 100


def test_an_undefined_figure_is_null_in_json():
    finding = Finding("axis", "fine", "Nothing.", Interval(0.5, float("nan"), 0.7, "percentile", 1.0))
    written = json.loads(json.dumps(audit_json(Audit((finding,))), allow_nan=False))
    assert written["findings"][0]["patient_auc"] == {
        "value": 0.5,
        "low": None,
        "high": 0.7,
        "undefined_share": 1.0,
        "method": "percentile",
    }
