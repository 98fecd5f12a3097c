"""Galactic SPC files: real ones against exported values, synthetic ones against spc-io's writer and what was put in."""

import struct
import tracemalloc

import numpy as np
import pytest
import spc_io
from spc_io.high_level import EvenAxis

from example_spc import (
    FLOAT,
    NEW_BIG_ENDIAN,
    OLD,
    OWN_AXES,
    SEVERAL,
    SIXTEEN_BITS,
    STORED_AXIS,
    MadeSpc,
    fractions,
)
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.instruments.binary.spc import read_spc


def test_the_real_ft_raman_file_has_the_exported_values(instruments):
    table = read_spectra(instruments / "galactic_spc" / "RAMAN.SPC")
    expected = np.loadtxt(instruments / "galactic_spc" / "RAMAN.SPC.txt")[::-1]
    np.testing.assert_allclose(table.wavenumber, expected[:, 0], rtol=0, atol=1e-8)
    np.testing.assert_allclose(table.intensity[0], expected[:, 1], rtol=0, atol=1e-9)
    assert table.metadata["measured_at"][0] == "1994-08-26T16:45"
    assert table.metadata["instrument"][0] == "Nicolet"
    assert float(table.metadata["laser_nm"][0]) == pytest.approx(1064, abs=1)


def test_the_real_chromatogram_is_refused_because_minutes_are_no_raman_shift(instruments):
    with pytest.raises(DataError, match="minutes"):
        read_spectra(instruments / "galactic_spc" / "s_xy.spc")


def test_the_real_file_with_a_stored_axis_has_the_exported_values_when_its_unit_is_left_out(
    instruments, tmp_path
):
    data = bytearray((instruments / "galactic_spc" / "s_xy.spc").read_bytes())
    data[28] = 13
    (tmp_path / "shift.dat").write_bytes(data)
    (recording,) = read_spc(tmp_path / "shift.dat")
    expected = np.loadtxt(instruments / "galactic_spc" / "s_xy.spc.txt")
    np.testing.assert_allclose(recording.axis, expected[:, 0], rtol=0, atol=1e-11)
    np.testing.assert_array_equal(recording.intensity[0], expected[:, 1])


def written(axis, spectra, separate=False):
    """The bytes spc-io writes."""
    example = spc_io.SPC(xarray=None if separate else axis, xtype="XRAMANS")
    for number, (x, y) in enumerate(spectra):
        example.add_subfile(xarray=x if separate else None, yarray=y, w=0.0, z=float(number))
    return example.to_spc_raw().to_bytes()


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("count", [1, 4])
def test_a_file_written_by_spc_io_is_read_as_it_was_put_in(even, count, read):
    points = np.linspace(300, 1900, 50).astype(np.float32)
    axis = EvenAxis(300.0, 1900.0, 50) if even else points
    spectra = np.random.default_rng(1).normal(500, 80, (count, 50)).astype(np.float32)
    table = read(written(axis, [(None, y) for y in spectra]))
    np.testing.assert_array_equal(table.intensity, spectra)
    np.testing.assert_allclose(table.wavenumber, points, rtol=1e-7)
    assert any("does not name the unit" in note for note in table.notes)


def test_axes_of_their_own_are_brought_onto_one_grid_with_a_note(read):
    axis = np.linspace(300, 1900, 50).astype(np.float32)
    spectra = [(axis + k, np.full(50, 10.0 * k, np.float32)) for k in range(3)]
    table = read(written(None, spectra, separate=True))
    np.testing.assert_allclose(table.intensity[:, 0], [0, 10, 20])
    assert table.wavenumber[0] == 302
    assert list(table.metadata["axis_first"]) == ["300.0", "301.0", "302.0"]
    assert any("the 3 spectra have different axes" in note for note in table.notes)


@pytest.mark.parametrize("version", [NEW_BIG_ENDIAN, OLD, 0x4B])
@pytest.mark.parametrize(("bits", "flag"), [(32, 0), (16, SIXTEEN_BITS)])
@pytest.mark.parametrize("count", [1, 3])
def test_scaled_integers_of_every_version_become_their_fractions(version, bits, flag, count, read):
    example = fractions(count)
    whole = example.intensity >> (32 - bits)
    table = read(example.but(version=version, flags=example.flags | flag, intensity=whole).data())
    np.testing.assert_array_equal(table.intensity, whole * 2.0 ** (2 - bits))
    np.testing.assert_allclose(table.wavenumber, example.axis)
    assert table.metadata["title"][0] == "a powder"


def test_header_and_order_of_several_spectra_become_columns(read):
    table = read(fractions().data(), "powder.spc")
    assert list(table.metadata["z"]) == ["0", "2.5", "5"]
    assert list(table.sample_id) == ["powder/1", "powder/2", "powder/3"]
    assert table.metadata["instrument"][0] == "Raman-7"
    assert table.metadata["measured_at"][0] == "2024-02-29T13:45"


@pytest.mark.parametrize(
    ("unit", "words"),
    [(3, "nm, not Raman shift"), (4, "'seconds'"), (17, "'channel'"), (77, "'unit 77'")],
)
def test_an_axis_in_another_unit_is_refused_by_its_name(unit, words, read):
    with pytest.raises(DataError, match=words):
        read(fractions().but(unit=unit).data())


def test_a_wavenumber_that_is_absolute_is_refused(read):
    with pytest.raises(DataError, match="absolute wavenumbers"):
        read(fractions().but(unit=1, axis=np.linspace(9000, 11000, 40)).data())


def test_claims_larger_than_the_file_are_refused_before_memory_is_taken(write):
    header = fractions(1).but(points=2_000_000_000, spectra=2_000_000_000, flags=SEVERAL).header()
    path = write(header + bytes(64), "huge.spc")
    tracemalloc.start()
    with pytest.raises(DataError, match="more than the file's 576"):
        read_spectra(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


@pytest.mark.parametrize(
    ("example", "keep", "words"),
    [
        (fractions(), 530, "truncated SPC: 530 bytes"),
        (fractions(), -1, "more than are left"),
        (fractions().but(version=OLD), -1, "truncated SPC: 191 bytes after 2 whole spectra"),
        (fractions().but(flags=SEVERAL | OWN_AXES), None, "none stored"),
        (fractions().but(version=OLD, flags=STORED_AXIS), None, "no stored axis"),
        (fractions().but(version=OLD, points=np.nan), None, "damaged old SPC"),
        (fractions().but(version=OLD, exponent=3000, flags=SIXTEEN_BITS), None, "damaged old SPC"),
        (fractions().but(axis=np.full(40, np.inf)), None, "axis runs from inf"),
        (fractions(1).but(points=2), None, "2 points"),
    ],
)
def test_a_damaged_file_is_refused_with_what_is_wrong(example, keep, words, read):
    if example.version == OLD and example.exponent == 3000:
        data = bytearray(example.but(exponent=3).data())
        struct.pack_into("<h", data, 2, 3000)
    else:
        data = example.data()
    with pytest.raises(DataError, match=words):
        read(bytes(data[:keep]))


def test_missing_values_stay_missing(read):
    axis = np.linspace(400, 1800, 40)
    values = np.ones((1, 40))
    values[0, 7] = np.nan
    table = read(MadeSpc(axis, values, exponent=FLOAT).data())
    assert np.flatnonzero(np.isnan(table.intensity[0])).tolist() == [7]
