"""The table of spectra keeps its promises."""

import numpy as np
import pytest
from sklearn.utils import _safe_indexing

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.table import SpectraTable, as_table
from spectra_dl.spectra.table_files import write_table


def table(**changes):
    parts = {
        "intensity": np.arange(12.0).reshape(3, 4),
        "wavenumber": [400.0, 401.5, 403.0, 404.5],
        "sample_id": ["7", "07", "x"],
        "patient": ["a", "a", "b"],
        "metadata": {"age": ["61", "61", ""]},
    }
    return SpectraTable(**(parts | changes))


def test_selected_rows_keep_their_ids_and_their_order():
    chosen = table().select([2, 0])
    assert list(chosen.sample_id) == ["x", "7"]
    assert list(chosen.patient) == ["b", "a"]
    assert list(chosen.metadata["age"]) == ["", "61"]
    np.testing.assert_array_equal(chosen.intensity[:, 0], [8.0, 0.0])


def test_a_mask_selects_too():
    assert list(table().select(np.array([False, True, False])).sample_id) == ["07"]


def test_a_part_of_the_axis_keeps_ids_and_columns():
    table = SpectraTable(
        np.arange(6.0).reshape(2, 3), [400, 402, 404], ["a", "b"], metadata={"laser_nm": ["785", "785"]}
    )
    part = table.points(table.wavenumber > 400)
    assert part.intensity.tolist() == [[1, 2], [4, 5]]
    assert part.wavenumber.tolist() == [402, 404]
    assert (list(part.sample_id), part.laser_nm) == (["a", "b"], 785)


@pytest.mark.parametrize(
    ("stated", "laser"),
    [
        ({"laser_nm": ["785", "785"]}, 785.0),
        ({"laser_nm": ["785", "532"]}, None),
        ({"laser_nm": ["785", ""]}, None),
        ({"laser_nm": ["red", "red"]}, None),
        ({"laser_nm": ["inf", "inf"]}, None),
        ({"laser_nm": ["-1", "-1"]}, None),
        ({}, None),
    ],
)
def test_the_laser_is_known_where_all_spectra_state_one(stated, laser):
    assert SpectraTable(np.ones((2, 3)), [400, 402, 404], ["a", "b"], metadata=stated).laser_nm == laser


def test_ids_are_text_even_when_they_were_numbers():
    assert list(table(sample_id=[7, 8, 9]).sample_id) == ["7", "8", "9"]


@pytest.mark.parametrize("missing", [None, np.nan, np.ma.masked])
def test_a_missing_entry_is_the_empty_text_and_no_name(missing):
    given = table(
        sample_id=["a", missing, "c"], patient=["p", "q", missing], metadata={"age": [61, missing, 3]}
    )
    assert list(given.sample_id) == ["a", "", "c"]
    assert list(given.patient) == ["p", "q", ""]
    assert list(given.metadata["age"]) == ["61", "", "3"]


def test_what_a_mask_hides_is_missing():
    hidden = np.ma.array(np.arange(12).reshape(3, 4), mask=np.eye(3, 4))
    for values in (table(intensity=hidden).intensity, as_table(hidden, table().wavenumber).intensity):
        np.testing.assert_array_equal(np.isnan(values), np.eye(3, 4, dtype=bool))
    with pytest.raises(DataError, match="ascend"):
        table(wavenumber=np.ma.array(table().wavenumber, mask=[0, 0, 1, 0]))


def test_scikit_learn_takes_rows_of_it():
    given = table()
    assert given.shape == (3, 4)
    assert list(_safe_indexing(given, np.array([2, 0])).sample_id) == list(given.select([2, 0]).sample_id)
    assert list(given[[1]].sample_id) == list(given[[1], ...].sample_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"wavenumber": [400.0, 401.5]},
        {"wavenumber": [400.0, 400.0, 403.0, 404.5]},
        {"wavenumber": [404.5, 403.0, 401.5, 400.0]},
        {"wavenumber": [400.0, 401.5, np.nan, 404.5]},
        {"patient": ["a"]},
        {"metadata": {"age": ["61"]}},
        {"intensity": np.arange(4.0)},
    ],
)
def test_parts_that_do_not_fit_are_refused(changes):
    with pytest.raises(DataError):
        table(**changes)


def test_a_written_table_is_read_back_exactly(tmp_path):
    random = np.random.default_rng(0)
    intensity = random.normal(size=(3, 20)) * 1e4
    intensity[1, 3] = np.nan
    before = table(intensity=intensity, wavenumber=np.linspace(400, 1800, 20), label=["x", "y", "x"])
    write_table(tmp_path / "spectra.csv", before)
    after = read_spectra(tmp_path / "spectra.csv")
    np.testing.assert_array_equal(after.intensity, before.intensity)
    np.testing.assert_array_equal(after.wavenumber, before.wavenumber)
    for name in ("sample_id", "patient", "label"):
        assert list(getattr(after, name)) == list(getattr(before, name))
    assert list(after.metadata["age"]) == ["61", "61", ""]
