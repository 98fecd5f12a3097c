"""A simulated study of times to an event: what it holds, and that its best C-index is the true risk's."""

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.spectra.simulation.serum_study import StudySettings
from spectra_dl.spectra.simulation.survival_study import (
    SimulatedSurvivalSettings,
    best_c_index,
    simulate_survival,
)


def drawn(patients=12, **settings):
    study = StudySettings(patients=patients, spectra_per_patient=2, n_wavenumbers=16)
    return simulate_survival(SimulatedSurvivalSettings(study=study, **settings))


def test_a_patients_spectra_share_time_and_event_and_have_no_class():
    table = drawn().table
    assert table.label is None
    for name in ("months", "event"):
        cells = table.metadata[name]
        np.testing.assert_array_equal(cells[::2], cells[1::2])
    assert set(table.metadata["event"]) == {"0", "1"}


def test_the_true_risk_reaches_the_best_c_index():
    study = drawn(patients=1500)
    time, event = (study.table.metadata[name][::2].astype(float) for name in ("months", "event"))
    one = PredictedRisk(
        time, event > 0, study.log_hazard, np.zeros((1500, 0)), np.zeros(0), np.zeros(1500, dtype=int)
    )
    assert concordance(one, np.ones((1, 1500)))[0] == pytest.approx(study.best_c_index, abs=0.025)


def test_without_a_signal_nothing_is_better_than_chance():
    assert best_c_index(1.0) == 0.5
    assert best_c_index(2.0) < best_c_index(4.0) < 1.0
    with pytest.raises(UsageError, match=r"hazard_ratio is 0\.5"):
        SimulatedSurvivalSettings(hazard_ratio=0.5)
