"""Every kind of confound that is planted in a study is found by the check that is for it, and a study without any raises nothing."""

import numpy as np
import pytest

from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.probes.cohort_audit import audit_cohort
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.confounded_study import (
    ConfoundedSettings,
    confounded_study,
    write_confounded,
)
from spectra_dl.tissue.simulation.planted_confounds import KINDS, given_to, planted


def raised(folder, kind, given):
    """Severities of all checks that raise something in a small study."""
    images = confounded_study(ConfoundedSettings(28, tiles=2, side=32, given=given, seed=5))
    if kind:
        images = planted(images, kind, np.random.default_rng(0))
    cohort = labelled_images(read_images(write_confounded(folder, images)))
    features = np.random.default_rng(1).normal(size=(len(cohort.label), 4)).astype(np.float32)
    found = audit_cohort(cohort, features).findings
    return {each.name: each.severity for each in found if each.severity != "fine"}


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_planted_confound_is_found(tmp_path, kind):
    assert set(KINDS[kind]) & set(raised(tmp_path, kind, given_to(kind) or "patient"))


@pytest.mark.parametrize("given", ["patient", "image"])
def test_a_study_without_a_confound_raises_nothing(tmp_path, given):
    assert raised(tmp_path, None, given) == {}
