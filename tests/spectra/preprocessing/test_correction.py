"""Correcting a stream of spectra."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.preprocessing.correction import corrected
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Baseline, Despike
from spectra_dl.spectra.preprocessing.whole_input import with_places
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


def test_the_baseline_learns_from_the_first_block_alone(table: SpectraTable) -> None:
    first, *others = blocks(table, 10)
    changed = [replace(block, intensity=1e3 * block.intensity**2) for block in others]
    steps = [part.fitted.steps[-1] for part in corrected([first, *others], LEARNING)]
    steps_of_changed = [part.fitted.steps[-1] for part in corrected([first, *changed], LEARNING)]
    assert steps == steps_of_changed == [steps[0]] * 3


@pytest.mark.parametrize("rows", [1, 7])
def test_places_are_learnt_on_all_blocks_and_the_same_of_whatever_size(
    table: SpectraTable, rows: int
) -> None:
    intensity = table.intensity.copy()
    intensity[-8:, 77:79] += 5_000.0  # a hot pixel that the first blocks don't have
    table = replace(table, intensity=intensity)
    (whole,) = corrected([table], FIXED)
    parts = list(corrected(blocks(table, rows), FIXED))
    assert {str(part.fitted.to_json()) for part in parts} == {str(whole.fitted.to_json())}
    assert whole.fitted.kept_points(table.wavenumber)[[77, 78]].all()
    corrected_again = np.concatenate([part.table.intensity for part in parts])
    assert np.array_equal(corrected_again, whole.table.intensity)
    assert sum("hot pixels" in note for note in whole.fitted.notes) == 1


def test_of_a_long_input_one_spectrum_in_eight_is_counted_wherever_blocks_end() -> None:
    intensity = np.random.default_rng(0).normal(100.0, 1.0, (10_000, 30)).cumsum(axis=1)
    intensity[9_000:, 12] += 500.0
    long = SpectraTable(intensity, 400.0 + 4.0 * np.arange(30), [str(row) for row in range(10_000)])
    learnt = [
        with_places(blocks(long, rows), FIXED, Execution())[0].steps[0] for rows in (10_000, 999, 4_096)
    ]
    assert learnt[0] == learnt[1] == learnt[2]
    assert 8192 + 200 < learnt[0].spectra < 8192 + 260
    assert learnt[0].kept_points(long.wavenumber)[12]


def test_blocks_that_can_be_taken_only_once_teach_their_first(table: SpectraTable) -> None:
    parts = list(corrected(iter(blocks(table, 10)), FIXED))
    assert [len(part.usable) for part in parts] == [10, 10, 10]
    assert parts[0].fitted.despike.spectra == 10


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
