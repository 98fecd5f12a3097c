"""Renishaw WDF files: real ones against their reference reader, synthetic ones against what was put in."""

import struct
import sys
import tracemalloc

import numpy as np
import pytest
import renishawWiRE

from example_wdf import CHECKSUM, HEADER, NANOMETRE, WAVENUMBER, block, settings, small_map
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra


@pytest.mark.parametrize(("name", "count"), [("sp", 1), ("depth", 40)])
def test_a_real_file_has_the_values_of_the_reference_reader(name, count, instruments):
    path = instruments / "renishaw_wdf" / f"{name}.wdf"
    table = read_spectra(path)
    reference = renishawWiRE.WDFReader(str(path))
    reference.close()
    np.testing.assert_array_equal(table.wavenumber, reference.xdata[::-1].astype(float))
    np.testing.assert_array_equal(table.intensity, reference.spectra.reshape(count, 1015)[:, ::-1])
    assert set(table.metadata["laser_nm"]) == {"532.2500935"}


def test_a_real_depth_series_keeps_depth_time_and_exposure(instruments):
    table = read_spectra(instruments / "renishaw_wdf" / "depth.wdf")
    assert list(table.metadata["z_um"][:3]) == ["-10", "-9.5", "-9"]
    assert float(table.metadata["time_s"][-1]) == pytest.approx(40.5, abs=0.1)
    assert set(table.metadata["exposure_s"]) == {"0.1"}
    assert table.sample_id[39] == "depth/40"


def test_a_map_keeps_places_exposure_and_order(read):
    example = small_map()
    table = read(example.data())
    np.testing.assert_array_equal(table.intensity, example.intensity[:, ::-1])
    np.testing.assert_array_equal(table.wavenumber, example.axis[::-1])
    assert list(table.metadata["x_um"]) == ["0", "1.5", "3", "0", "1.5", "3"]
    assert list(table.metadata["y_um"]) == ["-2", "-2", "-2", "4", "4", "4"]
    assert set(table.metadata["exposure_s"]) == {"10"}
    assert float(table.metadata["laser_nm"][0]) == pytest.approx(785, abs=1e-3)
    assert any("downwards" in note for note in table.notes)


def test_blocks_of_a_map_are_the_same_spectra(write):
    path = write(small_map().data(), "map.dat")
    parts = list(iter_spectra(path, rows=4))
    assert [len(part) for part in parts] == [4, 2]
    assert parts[1].sample_id[0] == "map/5"


def test_a_column_of_the_file_can_be_the_patient(write):
    path = write(small_map().data(), "map.dat")
    table = read_spectra(path, ReadOptions(patient="y_um"))
    assert list(table.patient) == ["-2", "-2", "-2", "4", "4", "4"]


def test_a_map_broken_off_gives_what_was_measured_and_says_so(read):
    example = small_map()
    table = read(example.but(capacity=9).data())
    np.testing.assert_array_equal(table.intensity, example.intensity[:, ::-1])
    assert any("broken off: 6 of 9" in note for note in table.notes)


def test_wdf_without_settings_or_places_is_read(read):
    example = small_map().but(settings=b"", places=())
    table = read(example.data())
    assert set(table.metadata) == {"laser_nm", "instrument", "title"}


@pytest.mark.parametrize(
    "content", [b"PSET", b"PSET\xff\xff\xff\xff" + b"p" * 40, settings(-1), b"noise" * 9]
)
def test_settings_that_can_not_be_followed_are_left_out(content, read):
    assert "exposure_s" not in read(small_map().but(settings=content).data()).metadata


def test_a_signalling_nan_is_a_missing_value(read):
    example = small_map()
    data = example.data()
    first = example.intensity[0, 0].tobytes()
    table = read(data.replace(first, struct.pack("<I", 0x7F800001), 1))
    assert np.isnan(table.intensity[0, -1])
    assert np.isfinite(table.intensity[1:]).all()


def test_a_signalling_nan_on_the_axis_is_refused(read):
    example = small_map()
    data = example.data().replace(
        example.axis[:3].tobytes(), struct.pack("<I", 0x7F800001) + example.axis[1:3].tobytes()
    )
    with pytest.raises(DataError, match="point 1 is missing"):
        read(data)


def test_an_axis_in_nm_is_refused_with_the_way_to_convert_it(read):
    with pytest.raises(DataError, match="wavelengths in nm, not Raman shift"):
        read(small_map().but(unit=NANOMETRE).data())


def test_an_axis_of_another_kind_is_refused_by_its_name(read):
    with pytest.raises(DataError, match="'eV'"):
        read(small_map().but(unit=4).data())


def test_an_absolute_wavenumber_is_refused(read):
    example = small_map()
    with pytest.raises(DataError, match="absolute wavenumbers"):
        read(example.but(unit=WAVENUMBER, axis=example.axis + 12000).data())


def test_a_truncated_header_is_refused(read):
    with pytest.raises(DataError, match="truncated WDF: 80 bytes"):
        read(b"WDF1" + bytes(76))


def test_claims_larger_than_the_file_are_refused_before_memory_is_taken(write):
    data = bytearray(small_map().data())
    struct.pack_into("<IQQ", data, 60, 2**32 - 1, 2**40, 2**40)
    struct.pack_into("<Q", data, HEADER + 8, 2**60)
    path = write(bytes(data), "huge.wdf")
    tracemalloc.start()
    with pytest.raises(DataError, match="more than the file's"):
        read_spectra(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


def test_a_block_longer_than_the_file_is_refused_with_its_place(read):
    data = bytearray(small_map().data())
    struct.pack_into("<Q", data, HEADER + 8, 2**60)
    with pytest.raises(DataError, match="DATA at byte 512 claims"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("offset", "layout", "value", "words"),
    [
        (HEADER + 8, "<Q", 0, "claims 0 bytes"),
        (HEADER, "<I", 0, "no block begins at byte 512"),
        (72, "<Q", 0, "no spectrum was measured"),
        (88, "<I", 39, "contradicts itself"),
        (92, "<I", 2**31, "contradicts itself"),
        (8, "<Q", 511, "damaged WDF"),
        (60, "<I", 0, "no spectrum"),
    ],
)
def test_a_header_that_contradicts_the_blocks_is_refused(offset, layout, value, words, read):
    data = bytearray(small_map().data())
    struct.pack_into(layout, data, offset, value)
    with pytest.raises(DataError, match=words):
        read(bytes(data))


def test_a_block_that_stands_twice_is_refused(read):
    with pytest.raises(DataError, match="two blocks DATA"):
        read(small_map().data() + block(b"DATA", bytes(960)))


def test_a_kind_of_list_the_reader_does_not_know_is_refused_with_a_way_out(read):
    example = small_map()
    with pytest.raises(DataError, match="export it as text"):
        read(example.but(places=(*example.places[:2], (CHECKSUM + 900, np.zeros(6)))).data())


def test_a_missing_library_is_named_with_its_installation(monkeypatch, write):
    path = write(small_map().data(), "map.wdf")
    monkeypatch.setitem(sys.modules, "renishawWiRE", None)
    with pytest.raises(UsageError, match=r"pip install renishawWiRE") as refusal:
        read_spectra(path)
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)


def test_several_files_of_one_spectrum_keep_what_each_says(write):
    example = small_map()
    single = example.but(intensity=example.intensity[:1], capacity=1, places=())
    first, second = (
        write(single.data(), "a.wdf"),
        write("".join(f"{400 + 70 * k}\t{k % 7}\n" for k in range(21)), "b.txt"),
    )
    table = read_spectra([first, second])
    assert list(table.sample_id) == ["a", "b"]
    assert list(table.metadata["exposure_s"]) == ["10", ""]


def test_a_map_among_several_files_is_refused(write):
    path = write(small_map().data(), "map.wdf")
    with pytest.raises(DataError, match="6 spectra; among several files"):
        read_spectra([path, path])
