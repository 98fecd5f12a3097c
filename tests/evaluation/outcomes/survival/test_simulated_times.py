"""Simulated times can be read again as they are written."""

import numpy as np

from spectra_dl.evaluation.outcomes.survival.simulated_times import followed


def test_no_simulated_time_is_written_as_zero():
    months, event = followed(np.random.default_rng(0), np.full(1000, 8.0))
    assert min(float(f"{value:.2f}") for value in months) > 0
    assert event.all()
