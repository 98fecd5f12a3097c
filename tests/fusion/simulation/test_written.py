"""A simulated study as files, and its faults."""

import json

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.simulation.faults import FAULTS, plant_fault
from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings, simulate_fusion
from spectra_dl.fusion.simulation.written import write_fusion_study

SMALL = {"patients": 24, "spectra_per_patient": 1, "n_wavenumbers": 200}


@pytest.fixture(scope="module")
def study():
    return simulate_fusion(FusionSimulationSettings(**{**SMALL, "patients": 80}))


def test_the_files_are_read_back_as_they_were_drawn(tmp_path):
    settings = FusionSimulationSettings(**SMALL, tissue_auc=0.7, images=True, missing=0.2, seed=3)
    drawn = write_fusion_study(settings, tmp_path / "study").study
    cohort = read_cohort(read_study_file(tmp_path / "study" / "study.toml"))
    assert cohort.patients == drawn.patients
    assert cohort.label.tolist() == drawn.label.tolist()
    for part in cohort.blocks:
        who = np.flatnonzero(drawn.have[part.read.name])
        assert np.unique(part.owner).tolist() == who.tolist()
        if part.read.name == "clinical":
            for column, whole in zip(part.read.rows.columns, drawn.clinical.columns, strict=True):
                assert (column.name, column.unit, column.known_before) == (whole.name, whole.unit, True)
                np.testing.assert_allclose(column.values, whole.values[who], rtol=1e-5)
    truth = json.loads((tmp_path / "study" / "truth.json").read_text())
    assert truth["best_auc"]["tissue"] == pytest.approx(0.7)
    assert list(truth["log_likelihood_ratio"]) == list(drawn.patients)


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        write_fusion_study(FusionSimulationSettings(**SMALL), tmp_path / name, fault="label-column")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


def test_each_fault_is_what_it_says(study):
    sick = study.label == "bone metastasis"
    spoilt = {name: plant_fault(study, name) for name in FAULTS}
    assert not spoilt["one-class"].have["spectra"][~sick].any()
    lacking = ~spoilt["missing-by-class"].have["spectra"]
    assert lacking[sick].mean() > lacking[~sick].mean() + 0.15
    treatment = spoilt["label-column"].clinical.column("treatment").values == 1
    assert (treatment == sick).mean() > 0.95
    assert spoilt["after-outcome"].clinical.column("months_on_drug").known_before is False
    site = spoilt["batch-column"].spectra.metadata["site"] == "south"
    assert (site == sick).mean() > 0.7
    moved = spoilt["other-people"].spectra
    assert moved.label.tolist() == study.spectra.label.tolist()
    assert (moved.metadata["sex"] != study.spectra.metadata["sex"]).mean() > 0.3


def test_a_fault_that_is_not_known_is_refused(study):
    with pytest.raises(UsageError, match="label-column"):
        plant_fault(study, "no such")
