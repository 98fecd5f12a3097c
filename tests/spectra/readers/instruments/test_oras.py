"""ORAS JSON: raw spectra less their background, on an axis that the file must hold."""

import gzip
import json

import numpy as np
import pytest

from example_text import COUNTS, SHIFTS, oras_file, oras_measurement
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra


def test_a_real_file_without_an_axis_is_refused_with_its_sizes_and_the_remedy(instruments):
    with pytest.raises(DataError, match=r"tylenol\.json: 20 raw ORAS spectra of 1024 pixels.*xaxis"):
        read_spectra(instruments / "oras_json" / "tylenol.json")


def test_a_real_file_with_an_axis_put_in_has_the_raw_counts_less_the_background(instruments, read):
    content = json.loads((instruments / "oras_json" / "tylenol.json").read_text())
    content["xaxis"] = np.linspace(300, 2000, 1024).tolist()
    table = read(json.dumps(content))
    expected = np.array(content["RawSpectra"]).T - np.array(content["Background"])
    np.testing.assert_array_equal(table.intensity, expected)
    assert set(table.metadata["laser_nm"]) == {"785"}
    assert set(table.metadata["title"]) == {"Tylenol"}


def test_spectra_and_what_the_file_says_are_read(read):
    table = read(oras_file())
    np.testing.assert_array_equal(table.intensity, COUNTS - 10)
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    assert {name: text[0] for name, text in table.metadata.items()} == {
        "instrument": "ORAS",
        "title": "serum",
        "measured_at": "2018/6/22-14h26 51.406",
        "laser_nm": "785",
        "exposure_s": "0.05",
    }
    assert any("background" in note for note in table.notes)
    assert any("in ms" in note for note in table.notes)


def test_a_list_of_measurements_is_read_in_its_order(read):
    second = oras_measurement(RawSpectra=(COUNTS.T + 1).tolist(), Comment="plasma")
    table = read(json.dumps([oras_measurement(), second]))
    np.testing.assert_array_equal(table.intensity, np.concatenate([COUNTS, COUNTS + 1]) - 10)
    assert list(table.metadata["title"]) == ["serum"] * 3 + ["plasma"] * 3
    assert table.sample_id[5] == "measured/6"


def test_gzip_and_a_byte_order_mark_change_nothing(read):
    plain = read(oras_file())
    packed = read(gzip.compress(b"\xef\xbb\xbf" + oras_file()))
    np.testing.assert_array_equal(packed.intensity, plain.intensity)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"xaxis": None}, "without a wavenumber axis"),
        ({"xaxis": SHIFTS[:-1]}, "39 numbers"),
        ({"xaxis": list(range(40))}, "pixel index"),
        ({"xaxis": [10**400, *SHIFTS[1:]]}, "absurdly large"),
        ({"Background": None}, "Background holds no numbers"),
        ({"Background": [1, "2"]}, "Background holds no numbers"),
        ({"Background": [1] * 39}, "does not fit"),
        ({"RawSpectra": [[1, 2], [3]]}, "unequal lengths"),
        ({"RawSpectra": []}, "RawSpectra holds no numbers"),
        ({"RawSpectra": [[True] * 40]}, "RawSpectra holds no numbers"),
    ],
)
def test_lists_that_do_not_fit_are_refused(changes, words, read):
    with pytest.raises(DataError, match=words):
        read(oras_file(**changes))


@pytest.mark.parametrize(
    "content", [oras_file()[:-40], b'{"RawSpectra":' + b"[" * 100_000, b'["RawSpectra"]']
)
def test_damaged_json_is_refused(content, read):
    with pytest.raises(DataError, match="ORAS"):
        read(content)
