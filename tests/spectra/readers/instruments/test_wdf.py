"""WDF files: single, series, map and aborted ones; none can claim more than it holds."""

import struct

import numpy as np
import pytest

from made_instrument_files import AXIS, block, wdf
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra

SPECTRA = np.random.default_rng(0).uniform(0, 1000, (6, 50)).astype("<f4")


@pytest.fixture
def written(tmp_path):
    """Write a file and return its path."""

    def write(content):
        path = tmp_path / "map.wdf"
        path.write_bytes(content)
        return path

    return write


def test_a_map_keeps_places_order_and_values(written):
    x, y = np.arange(6.0), np.repeat([0.0, -1.5], 3)
    found = read_spectra(written(wdf(SPECTRA, places=[(3, x), (4, y), (11, x)])))
    np.testing.assert_array_equal(found.intensity, SPECTRA[:, ::-1].astype(float))
    np.testing.assert_allclose(found.wavenumber, AXIS[::-1])
    assert list(found.metadata["x"]) == ["0", "1", "2", "3", "4", "5"]
    assert list(found.metadata["y"]) == ["0", "0", "0", "-1.5", "-1.5", "-1.5"]
    assert set(found.metadata["laser_nm"]) == {"785.00"}
    assert list(found.sample_id) == [f"map {number}" for number in range(1, 7)]


def test_blocks_are_the_whole(written):
    path = written(wdf(SPECTRA))
    parts = list(iter_spectra(path, ReadOptions(), rows=4))
    assert [len(part) for part in parts] == [4, 2]
    np.testing.assert_array_equal(
        np.concatenate([part.intensity for part in parts]), read_spectra(path).intensity
    )


def test_an_aborted_map_gives_what_was_measured_and_says_so(written):
    found = read_spectra(written(wdf(SPECTRA, room=10, count=4)))
    assert len(found) == 4
    assert any("stopped after 4 of 10" in note for note in found.notes)


LIES = {
    "eighty bytes": (wdf(SPECTRA)[:80], "truncated WDF"),
    "a block of 2^60 bytes": (wdf(SPECTRA) + block(b"XXXX", b"", 2**60), "claims 1152921504606846976 bytes"),
    "a block of 3 bytes": (wdf(SPECTRA) + block(b"XXXX", b"", 3), "claims 3 bytes"),
    "no data": (block(b"WDF1", bytes(496)), "no block DATA"),
    "more points than the axis": (wdf(SPECTRA[:, :40]), "don't fit"),
    "no spectra": (wdf(SPECTRA, room=6, count=0), "nothing to read"),
    "places for another map": (wdf(SPECTRA, places=[(3, np.arange(6.0))], lists=60), "claims 60 lists"),
    "nanometres": (wdf(SPECTRA, unit=3), "its axis is in nm"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_refused_by_name(written, lie):
    content, said = LIES[lie]
    with pytest.raises(DataError, match=said) as refusal:
        read_spectra(written(content))
    assert str(refusal.value).startswith("map.wdf")
    assert len(str(refusal.value)) <= 500


def test_a_claim_of_2_32_points_and_2_40_spectra_is_refused_before_anything_is_held(written):
    content = bytearray(wdf(SPECTRA))
    struct.pack_into("<IQQ", content, 0x3C, 2**32 - 1, 2**40, 2**40)
    with pytest.raises(DataError, match="claims 4294967295 points x 1099511627776 spectra"):
        read_spectra(written(bytes(content)))


def test_real_files_have_the_spectra_their_source_says(shared_data):
    folder = shared_data / "raman/instruments/renishaw_wdf"
    one, series = read_spectra(folder / "sp.wdf"), read_spectra(folder / "depth.wdf")
    assert one.intensity.shape == (1, 1015)
    assert series.intensity.shape == (40, 1015)
    assert one.intensity[0, -1] == pytest.approx(47.09271)
    assert one.wavenumber[-1] == pytest.approx(2787.5144)
    assert list(series.metadata["z"][:2]) == ["-10", "-9.5"]
    assert one.metadata["laser_nm"][0] == "532.25"
