"""Correcting a stream of spectra."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.preprocessing.correction import corrected
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Baseline, Despike
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

FIXED = Preprocessing((Despike(), Baseline("asls", (("lam", 1e4),))))
LEARNING = Preprocessing((Despike(), Baseline()))


@pytest.fixture(scope="module")
def table() -> SpectraTable:
    """A small study."""
    return simulate_study(StudySettings(patients=10, n_wavenumbers=200)).table


def blocks(table: SpectraTable, rows: int) -> list[SpectraTable]:
    """Cut a table into blocks."""
    return [table.select(range(at, min(at + rows, len(table)))) for at in range(0, len(table), rows)]


@pytest.mark.parametrize("rows", [1, 7])
def test_a_spectrums_result_does_not_depend_on_its_block(table: SpectraTable, rows: int) -> None:
    (whole,) = corrected([table], FIXED)
    parts = list(corrected(blocks(table, rows), FIXED))
    assert np.array_equal(np.concatenate([part.table.intensity for part in parts]), whole.table.intensity)


def test_steps_learn_from_the_first_block_alone(table: SpectraTable) -> None:
    first, *others = blocks(table, 10)
    changed = [replace(block, intensity=1e3 * block.intensity**2) for block in others]
    steps = [part.fitted.to_json() for part in corrected([first, *others], LEARNING)]
    steps_of_changed = [part.fitted.to_json() for part in corrected([first, *changed], LEARNING)]
    assert steps == steps_of_changed == [steps[0]] * 3


def test_a_refused_spectrum_teaches_nothing(table: SpectraTable) -> None:
    intensity = table.intensity.copy()
    intensity[0] = np.nan
    (damaged,) = corrected([replace(table, intensity=intensity)], LEARNING)
    (without,) = corrected([table.select(range(1, len(table)))], LEARNING)
    assert damaged.fitted.to_json() == without.fitted.to_json()
    assert np.array_equal(damaged.table.intensity[1:], without.table.intensity)
    assert np.isnan(damaged.table.intensity[0]).all()
    assert not damaged.usable[0]


def test_nothing_to_learn_from_is_refused(table: SpectraTable) -> None:
    empty = replace(table, intensity=np.full_like(table.intensity, np.nan))
    with pytest.raises(DataError, match="give --lam a number"):
        next(corrected([empty, table], LEARNING))
    assert [part.usable.sum() for part in corrected([empty, table], FIXED)] == [0, len(table)]
