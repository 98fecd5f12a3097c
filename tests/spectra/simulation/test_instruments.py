"""A study of several instruments: who measured what, and that a perfect instrument shows what is there."""

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.instruments import (
    Instrument,
    InstrumentStudySettings,
    draw_instruments,
    simulate_instruments,
)
from spectra_dl.spectra.simulation.serum_study import StudySettings

STUDY = StudySettings(patients=13, spectra_per_patient=2, n_wavenumbers=150, seed=3)


def test_each_patient_is_of_one_instrument_and_each_sample_of_all():
    study = simulate_instruments(InstrumentStudySettings(study=STUDY, instruments=3, transfer_samples=4))
    names = [each.name for each in study.instruments]
    of_patient = {(one, batch) for one, batch in zip(study.table.patient, study.table.batch, strict=True)}
    assert len(of_patient) == 13
    assert [int((study.table.batch == name).sum()) for name in names] in ([10, 8, 8], [8, 10, 8], [8, 8, 10])
    assert {len(study.transfer_of(name)) for name in names} == {8}
    assert study.transfer.label is None
    assert len(set(study.transfer.sample_id)) == len(study.transfer)


def test_the_same_seed_gives_the_same_study():
    one, two = (simulate_instruments(InstrumentStudySettings(study=STUDY)).table for _ in range(2))
    np.testing.assert_array_equal(one.intensity, two.intensity)


def test_an_instrument_displaces_blurs_and_weighs():
    wide, axis = np.linspace(300, 900, 601), np.linspace(400, 800, 401)
    band = np.exp(-0.5 * ((wide - 600) / 6) ** 2)[None, :]
    shifted = Instrument("B", shift=4.0).seen(band, wide, axis)[0]
    assert axis[shifted.argmax()] == pytest.approx(604)
    blurred = Instrument("B", broadening=8.0).seen(band, wide, axis)[0]
    assert blurred.max() == pytest.approx(0.6, abs=0.01)  # 6 / sqrt(6² + 8²)
    np.testing.assert_allclose(Instrument("A").seen(band, wide, axis)[0], band[0, 100:501], atol=1e-9)
    level = np.ones((1, 601))
    weighed = Instrument("B", response=(0.3, 0.0, 0.0)).seen(level, wide, axis)[0]
    np.testing.assert_allclose(weighed[[0, 200, 400]], np.exp([-0.3, 0.0, 0.3]))


def test_the_first_instrument_is_perfect_and_numbers_are_checked():
    assert draw_instruments(3, np.random.default_rng(0))[0] == Instrument("instrument A")
    for wrong in ({"instruments": 1}, {"instruments": 4}, {"transfer_samples": 1}):
        with pytest.raises(UsageError):
            InstrumentStudySettings(study=STUDY, **wrong)
