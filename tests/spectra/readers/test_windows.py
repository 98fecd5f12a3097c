"""Windows of one spectrum, one after the other in a file: cut where they overlap, never woven, and their offset is warned of."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.spectra.quality import inspect
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.instruments.recording import Recording, iter_recordings
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.windows import joined_windows

NOISE = 3.0


def level(shift):
    """A smooth fluorescence with two bands."""
    bands = sum(400 * np.exp(-(((shift - centre) / 12) ** 2)) for centre in (700.0, 1450.0))
    return 600 + 300 * np.exp(-shift / 700) + bands


def window(first, last, step=2.0, offset=0.0, seed=0):
    """Axis and intensities of one window."""
    axis = np.arange(first, last + step / 4, step)
    return axis, level(axis) + offset + np.random.default_rng(seed).normal(0, NOISE, axis.size)


def joined(*windows, turned=False):
    """The windows one after the other, as they stand in a file."""
    axis, values = (np.concatenate(parts) for parts in zip(*windows, strict=True))
    return (axis[::-1], values[::-1]) if turned else (axis, values)


def two_columns(axis, values):
    return "".join(f"{shift:.3f}\t{value:.2f}\n" for shift, value in zip(axis, values, strict=True))


def check(table, offset):
    """Neighbours differ by noise and slope, but for the middle of each overlap, which the verdict names."""
    verdict = inspect(table)[1][0]
    jumps = np.abs(np.diff(table.intensity[0] - level(table.wavenumber)))
    assert np.count_nonzero(jumps > 30) == (len(table.overlaps) if offset > 30 else 0)
    if offset:
        assert verdict.status == "warned"
        assert "windows overlap from" in verdict.reasons[0]
        assert f"{table.overlaps[0][0]:g} to {table.overlaps[0][1]:g}" in verdict.reasons[0]
    else:
        assert verdict.status == "ok"
    assert any("windows, which overlap" in note for note in table.notes)


LAYOUTS = {
    "two": lambda offset: joined(window(400, 1098), window(1041, 1801, offset=offset, seed=1)),
    "descending": lambda offset: joined(
        window(400, 1098), window(1041, 1801, offset=offset, seed=1), turned=True
    ),
    "higher first": lambda offset: joined(window(1041, 1801, offset=offset, seed=1), window(400, 1098)),
    "each descending": lambda offset: joined(
        *(
            (axis[::-1], values[::-1])
            for axis, values in (window(400, 1098), window(1041, 1801, offset=offset))
        )
    ),
    "three": lambda offset: joined(
        window(400, 901),
        window(850, 1351, offset=offset, seed=1),
        window(1300, 1801, offset=2 * offset, seed=2),
    ),
    "other steps": lambda offset: joined(window(400, 1098, 1.3), window(1041.4, 1801, 2.7, offset, 1)),
    "one grid": lambda offset: joined(window(400, 1100), window(1040, 1800, offset=offset, seed=1)),
}


@pytest.mark.parametrize("offset", [0, 100])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_windows_in_two_columns_are_cut_and_their_offset_warned_of(layout, offset, write):
    axis, values = LAYOUTS[layout](offset)
    table = read_spectra(write(two_columns(axis, values)))
    given = {(round(x, 3), round(y, 2)) for x, y in zip(axis, values, strict=True)}
    kept = set(zip(table.wavenumber.tolist(), table.intensity[0].tolist(), strict=True))
    assert kept <= given
    check(table, offset)


@pytest.mark.parametrize("layout", ["two", "descending", "one grid"])
@pytest.mark.parametrize("transposed", [False, True])
def test_windows_in_tables_are_cut_for_every_spectrum(layout, transposed, write):
    columns = [LAYOUTS[layout](offset) for offset in (100, 0)]
    axis = columns[0][0]
    rows = [
        ["sample_id", *map(str, axis)],
        *([name, *map(str, y)] for name, (_, y) in zip("ab", columns, strict=True)),
    ]
    rows = [list(cells) for cells in zip(*rows, strict=True)] if transposed else rows
    table = read_spectra(write("\n".join(",".join(row) for row in rows) + "\n"))
    first, second = inspect(table)[1]
    assert "two windows overlap from" in first.reasons[0]
    assert second.status == "ok"
    assert table.wavenumber.size < axis.size


def test_windows_of_an_instruments_recording_are_cut():
    axis, values = LAYOUTS["two"](100)
    recording = Recording("a.spc", axis, np.array([values, values - 100]), {}, stated=True)
    (table,) = iter_recordings([recording], ReadOptions(), rows=10)
    check(table.select([0]), 100)


def test_the_offset_is_warned_of_after_files_were_brought_onto_one_grid(write):
    axis, values = LAYOUTS["two"](100)
    other = window(399, 1801, 1.7)
    table = read_spectra([write(two_columns(axis, values), "a.txt"), write(two_columns(*other), "b.txt")])
    first, second = inspect(table)[1]
    assert "two windows overlap from 1041 to 1098" in first.reasons[0]
    assert second.status == "ok"


def test_windows_that_meet_in_one_point_are_warned_of_there(write):
    axis, values = joined(window(400, 1000), window(1000, 1800, offset=100, seed=1))
    table = read_spectra(write(two_columns(axis, values)))
    verdict = inspect(table)[1][0]
    assert verdict.status == "warned"
    assert "two windows meet at 1000 cm⁻¹ and differ by" in verdict.reasons[0]


def test_windows_with_a_gap_between_them_are_put_in_order(write):
    axis, values = joined(window(1200, 1800), window(400, 1000))
    table = read_spectra(write(two_columns(axis, values)))
    assert table.wavenumber.size == axis.size
    assert any("sorted" in note for note in table.notes)


@pytest.mark.parametrize(
    "again",
    [
        window(600, 800, 1.7),
        window(400.7, 1800.7),
        window(400, 1800, 2.3),
        (window(401, 1799)[0][::-1], window(401, 1799)[1]),
    ],
    ids=["within", "interlaced", "another step", "up and down"],
)
def test_a_range_that_was_measured_twice_is_refused_with_its_place(again, write):
    axis, values = joined(window(400, 1800), again)
    with pytest.raises(
        DataError, match=r"the axis runs over .* twice, again from line 70\d on: two spectra\?"
    ) as refusal:
        read_spectra(write(two_columns(axis, values)))
    assert len(str(refusal.value)) <= 500


def test_the_same_axis_again_in_a_recording_is_averaged():
    axis, values = joined(window(400, 500), window(400, 500, offset=10, seed=0))
    (table,) = iter_recordings(
        [Recording("a.spc", axis, values[np.newaxis], {}, stated=True)], ReadOptions(), rows=1
    )
    np.testing.assert_allclose(table.intensity[0], window(400, 500, offset=5)[1])


@pytest.mark.parametrize(
    "changed",
    [
        lambda axis: np.roll(axis, 1),
        lambda axis: np.roll(axis, 300),
        lambda axis: axis[[*range(100), 101, 100, *range(102, axis.size)]],
        lambda axis: axis[[*range(100), *range(103, axis.size), 100, 101, 102]],
        lambda axis: np.random.default_rng(0).permutation(axis),
        lambda axis: np.array(sorted(axis, key=str)),
    ],
    ids=["rolled", "two blocks", "swapped", "three at the end", "shuffled", "sorted as text"],
)
def test_points_out_of_order_are_no_windows(changed):
    axis = changed(np.arange(90.0, 1800.0, 2.0))
    assert joined_windows(axis, [""] * axis.size, "a.csv") is None


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(150, 600), st.floats(0.05, 0.4), st.floats(0.6, 3)), min_size=2, max_size=4),
    st.booleans(),
    st.permutations(range(4)),
)
def test_every_overlap_is_cut_once_and_no_windows_alternate(shapes, turned, order):
    windows, first = [], 400.0
    for width, shared, step in shapes:
        windows.append(np.arange(first, first + width, step))
        first = windows[-1][-1] - shared * min(150, width) + 0.3 * step
    numbers = [k for k in order if k < len(windows)]
    axis = np.concatenate([windows[k] for k in numbers])[:: -1 if turned else 1]
    belongs = np.concatenate([np.full(windows[k].size, k) for k in numbers])[:: -1 if turned else 1]
    result = joined_windows(axis, [""] * axis.size, "a.txt")
    assert result is not None
    assert np.all(np.diff(axis[result.order]) > 0)
    assert np.all(np.diff(belongs[result.order]) >= 0)
    assert len(result.overlaps) == len(windows) - 1
