"""Bruker OPUS files synthesised from the format's description; no real file of Raman spectra is at hand."""

import struct
import sys

import brukeropus
import numpy as np
import pytest

from example_opus import ABSORBANCE, RAMAN, REPORT, code, parameters, small_spectrum
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import read_spectra


def test_a_raman_spectrum_is_read_with_its_scale_and_axis(read):
    example = small_spectrum()
    table = read(example.data())
    np.testing.assert_array_equal(table.intensity[0], 2.0 * example.intensity[::-1])
    np.testing.assert_allclose(table.wavenumber, np.linspace(410, 1800, 40), rtol=1e-15)
    assert any("taken as Raman shift" in note for note in table.notes)


def test_the_values_are_those_of_the_reference_reader(write):
    path = write(small_spectrum().data(), "measured.0")
    table, reference = read_spectra(path), brukeropus.read_opus(path)
    np.testing.assert_array_equal(table.wavenumber, reference.ra.x[::-1])
    np.testing.assert_array_equal(table.intensity[0], reference.ra.y[::-1])


def test_laser_instrument_title_and_scans_become_columns(read):
    table = read(small_spectrum().data())
    assert {name: text[0] for name, text in table.metadata.items()} == {
        "instrument": "SENTERRA",
        "title": "serum 7",
        "accumulations": "5",
        "laser_nm": "785",
    }


def test_two_raman_spectra_in_one_file_are_two_spectra(read):
    example = small_spectrum()
    second = {**example.status, "MXY": float(2 * example.intensity.max() + 2), "MNY": 0.0}
    others = (
        (code(0, RAMAN + 32), (example.intensity + 1).astype("<f4").tobytes()),
        (code(1, RAMAN + 32), parameters(second)),
    )
    table = read(example.but(others=others).data())
    np.testing.assert_array_equal(table.intensity[1], 2.0 * (example.intensity + 1)[::-1])
    assert list(table.sample_id) == ["measured/1", "measured/2"]


def test_reports_and_histories_are_not_looked_into(read):
    example = small_spectrum()
    table = read(example.but(others=((REPORT << 19, b"\xff" * 64),)).data())
    np.testing.assert_array_equal(table.intensity[0], 2.0 * example.intensity[::-1])


def test_absorbance_beside_raman_is_left_with_a_note(read):
    absorbance = (code(0, ABSORBANCE), np.ones(40, "<f4").tobytes())
    table = read(small_spectrum().but(others=(absorbance,)).data())
    assert any("not read: absorbance" in note for note in table.notes)


def test_a_file_of_absorbance_is_refused_by_that_name(read):
    with pytest.raises(DataError, match=r"without a Raman spectrum.*absorbance"):
        read(small_spectrum().but(kind=ABSORBANCE).data())


def test_a_series_in_one_block_is_refused_with_a_way_out(read):
    with pytest.raises(DataError, match="extract the single spectra"):
        read(small_spectrum().but(series=2).data())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DXU": "MI"}, "'MI', not Raman shift"),
        ({"FXV": 12300.0, "LXV": 10900.0}, "absolute wavenumbers"),
        ({"NPT": 41}, "0 of 1 Raman spectra"),
        ({"NPT": -1}, "'-1' points"),
        ({"NPT": 2_000_000_000}, "0 of 1 Raman spectra"),
        ({"DPF": "\x01"}, r"kind '\\x01'"),
        ({"DPF": 7}, "kind '7'"),
        ({"FXV": float("nan")}, "missing or absurdly large"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(changes, words, read):
    example = small_spectrum()
    with pytest.raises(DataError, match=words):
        read(example.but(status={**example.status, **changes}).data())


def test_a_parameter_of_negative_length_is_refused_where_it_would_never_end(read):
    data = bytearray(small_spectrum().data())
    at = data.index(b"NPT\0") + 6
    struct.pack_into("<h", data, at, -4)
    with pytest.raises(DataError, match="can't be followed"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("offset", "value", "words"),
    [
        (12, 2**30, "directory claims"),
        (20, 2**31 - 1, "directory claims"),
        (20, 0, "claims 0 blocks"),
        (40, 2**28, "block 2 of 4"),
    ],
)
def test_claims_beyond_the_file_are_refused(offset, value, words, read):
    data = bytearray(small_spectrum().data())
    struct.pack_into("<i", data, offset, value)
    with pytest.raises(DataError, match=words):
        read(bytes(data))


def test_blocks_that_lie_over_each_other_are_refused_before_they_are_copied(read):
    data = bytearray(small_spectrum().but(others=((0, bytes(4000)),) * 10).data())
    for entry in range(4, 14):
        struct.pack_into("<ii", data, 24 + 12 * entry + 4, (len(data) - 200) // 4, 200)
    with pytest.raises(DataError, match="one over the other"):
        read(bytes(data))


def test_a_truncated_header_is_refused(read):
    with pytest.raises(DataError, match="truncated OPUS file: 12 bytes"):
        read(small_spectrum().data()[:12])


def test_a_missing_library_is_named_with_its_installation(monkeypatch, write):
    path = write(small_spectrum().data(), "measured.0")
    monkeypatch.setitem(sys.modules, "brukeropus", None)
    with pytest.raises(UsageError, match=r"brukeropus.*pip install brukeropus"):
        read_spectra(path)
