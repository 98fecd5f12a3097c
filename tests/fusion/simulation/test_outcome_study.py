"""The best that can be reached from simulated blocks is what a regression on their true scores reaches."""

import math
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.fusion.cohort import read_cohort
from spectra_dl.fusion.readers.study_file import read_study_file
from spectra_dl.fusion.simulation.outcome_study import (
    FusionOutcomeSettings,
    simulate_fusion_outcome,
)
from spectra_dl.fusion.simulation.written import write_fusion_study

LARGE = FusionOutcomeSettings(
    patients=4000, spectra_per_patient=1, n_wavenumbers=16, clinical=1, spectra=2, tissue=3, explained=0.6
)


def columns(study):
    """Return what the blocks say: age and the logarithm of PSA, what spectra are made from, and tissue."""
    age, psa = (study.clinical.column(name).values for name in ("age", "psa"))
    return {
        "clinical": np.stack([age, np.log(psa)], axis=1),
        "spectra": study.latents,
        "tissue": study.tissue,
    }


@pytest.mark.parametrize("images", [False, True])
def test_a_regression_on_what_blocks_are_made_from_reaches_the_best_r2(images):
    study = simulate_fusion_outcome(replace(LARGE, images=images))
    of = columns(study)
    for blocks, best in study.best.items():
        known = np.concatenate([np.ones((4000, 1)), *(of[name] for name in sorted(blocks))], axis=1)
        left = study.target - known @ np.linalg.lstsq(known, study.target, rcond=None)[0]
        assert 1 - left.var() / study.target.var() == pytest.approx(best, abs=0.035)
    assert study.best[frozenset(of)] == pytest.approx(0.6)


def test_the_hazard_grows_by_the_ratio_and_less_is_known_from_fewer_blocks():
    study = simulate_fusion_outcome(replace(LARGE, patients=50, hazard_ratio=4.0))
    whole = study.best[frozenset(("clinical", "spectra", "tissue"))]
    assert 0.5 < study.best[frozenset(("clinical",))] < study.best[frozenset(("tissue",))] < whole
    assert set(study.target[:, 1]) <= {0.0, 1.0}
    assert (study.target[:, 0] > 0).all()
    nothing = simulate_fusion_outcome(replace(LARGE, patients=50, hazard_ratio=1.0, seed=1))
    assert set(nothing.best.values()) == {0.5}


@pytest.mark.parametrize(
    "wrong",
    [{"explained": 1.0}, {"hazard_ratio": 0.5}, {"missing": 1.0}, {"clinical": -1.0}, {"images": True, "tissue": None},
     {"clinical": 0.0, "spectra": 0.0, "tissue": None}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(UsageError):
        replace(LARGE, **wrong)


@pytest.mark.parametrize("hazard_ratio", [None, 3.0])
def test_every_block_of_files_says_what_came(tmp_path, hazard_ratio):
    settings = FusionOutcomeSettings(
        patients=40, spectra_per_patient=2, n_wavenumbers=200, tissue=1.0, images=True, missing=0.3, hazard_ratio=hazard_ratio
    )  # fmt: skip
    written = write_fusion_study(settings, tmp_path / "study").study
    cohort = read_cohort(read_study_file(tmp_path / "study" / "study.toml"))
    assert cohort.patients == tuple(sorted(written.patients))
    assert [len(part.read.outcomes) for part in cohort.blocks] == [1 if hazard_ratio is None else 2] * 3
    if hazard_ratio is None:
        np.testing.assert_allclose(cohort.came.value, written.target, atol=0.005)
    else:
        np.testing.assert_allclose(cohort.came.time, written.target[:, 0], atol=0.005)
        assert math.isclose(cohort.came.event.mean(), written.target[:, 1].mean())
