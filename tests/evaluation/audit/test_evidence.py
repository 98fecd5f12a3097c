"""What a report shows of what a probe sees."""

import json

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import AuditInputs, Probe, Shown, audit
from spectra_dl.evaluation.audit.audit_report import audit_json
from spectra_dl.evaluation.audit.evidence import evidence_of
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.journal import begin_journal
from spectra_dl.execution.run import Execution

PATIENT = [f"p{k // 2}" for k in range(80)]
LABEL = ["sick" if k // 2 % 2 else "well" for k in range(80)]
WHOSE = read_patients(PATIENT, LABEL)
SICK = np.array([label == "sick" for label in LABEL], dtype=float)


def audited(probe: Probe, execution: Execution | None = None):
    return audit(
        LABEL,
        PATIENT,
        AuditInputs(probes=[probe]),
        folds=patient_folds(PATIENT, LABEL, folds=4, seed=0),
        multiplicity=WHOSE.draw(resamples=100, seed=0),
        seed=0,
        execution=execution,
    )


def curves() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (80, 3)) + SICK[:, None] * [1.0, 0.0, 2.0]


def test_a_patient_counts_once_however_many_rows_it_has() -> None:
    values = np.array([[0.0], [1.0], [2.0], [9.0], [5.0]])
    whose = read_patients(["a", "a", "a", "b", "c"], ["sick"] * 4 + ["well"])
    shown, _ = evidence_of(Shown(values, "level", np.empty(0)), whose).classes
    assert (shown.patients, shown.points, shown.mean) == (2, (1.0, 9.0), ())


def test_a_curve_is_the_mean_over_patients_with_the_deviation_between_them() -> None:
    shown = evidence_of(Shown(curves(), "shape", np.array([1.0, 2.0, 4.0]), "shift"), WHOSE)
    assert (shown.axis, shown.axis_title, [each.name for each in shown.classes]) == (
        (1.0, 2.0, 4.0),
        "shift",
        ["sick", "well"],
    )
    rows = curves()[SICK == 1].reshape(20, 2, 3).mean(axis=1)
    assert shown.classes[0].mean == pytest.approx(rows.mean(axis=0), rel=1e-5)
    assert shown.classes[0].spread == pytest.approx(rows.std(axis=0, ddof=1), rel=1e-5)


def test_of_many_patients_two_hundred_are_kept_by_rank() -> None:
    names = [f"p{k}" for k in range(1001)]
    whose = read_patients(names, ["a"] * 1000 + ["b"])
    shown, _ = evidence_of(Shown(np.arange(1001.0)[:, None], "level", np.empty(0)), whose).classes
    assert (shown.patients, len(shown.points), shown.points[0], shown.points[-1]) == (1000, 200, 0.0, 999.0)


def test_what_stops_is_drawn_and_what_does_not_is_not() -> None:
    shown = Shown(curves(), "shape", np.array([1.0, 2.0, 4.0]), "shift")
    probe = Probe("silence", "the silence alone", curves(), shown=shown)
    written = json.loads(json.dumps(audit_json(audited(probe)), allow_nan=False))["findings"]
    (finding,) = (each for each in written if each["name"] == "silence")
    assert finding["severity"] == "stop"
    assert finding["evidence"]["axis"] == [1.0, 2.0, 4.0]
    assert [len(each["mean"]) for each in finding["evidence"]["classes"]] == [3, 3]
    noise = np.random.default_rng(1).normal(size=(80, 3))
    (finding,) = (
        each
        for each in audit_json(audited(Probe("silence", "the silence alone", noise, shown=shown)))["findings"]
        if each["name"] == "silence"
    )
    assert "evidence" not in finding


def test_a_picture_goes_on_with_an_interrupted_run(tmp_path) -> None:
    probe = Probe("level", "the level alone", SICK[:, None], shown=Shown(SICK[:, None], "level", np.empty(0)))
    journal = begin_journal(tmp_path, {})
    first = audited(probe, Execution(journal=journal))
    again = audited(probe, Execution(journal=begin_journal(tmp_path, {}, resume=True)))
    assert again == first
    assert any(finding.evidence for finding in again.findings)


def test_numbers_that_do_not_fit_their_places_are_refused() -> None:
    with pytest.raises(DataError, match=r"shape: values of shape \(80, 3\) for 2 places"):
        Shown(curves(), "shape", np.array([1.0, 2.0]))
    with pytest.raises(DataError, match="give finite"):
        Shown(np.array([[np.nan]]), "level", np.empty(0))
