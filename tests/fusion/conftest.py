"""A small simulated study as files, with patients who lack blocks."""

import pytest

from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.simulation.fusion_study import FusionSimulationSettings
from spectra_dl.fusion.simulation.written import write_fusion_study


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fusion") / "study"
    settings = FusionSimulationSettings(
        patients=30, spectra_per_patient=1, n_wavenumbers=200, spectra_auc=0.9, tissue_auc=0.7, images=True, missing=0.2
    )  # fmt: skip
    write_fusion_study(settings, folder)
    return folder


@pytest.fixture(scope="session")
def study_file(study_folder):
    return study_folder / "study.toml"


@pytest.fixture(scope="session")
def cohort(study_file):
    return read_cohort(read_study_file(study_file))
