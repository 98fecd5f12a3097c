"""What goes wrong seldom in instruments' files, each with its own sentence."""

import json
import struct

import numpy as np
import pytest

from example_opus import parameters, small_spectrum
from example_spc import OLD, SEVERAL, STORED_AXIS, fractions
from example_text import COUNTS, bwspec_file, labspec_file, oras_file, oras_measurement
from example_wdf import block, small_map
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions
from spectra_dl.spectra.readers.instruments import bwspec, jcamp, labspec, oras
from spectra_dl.spectra.readers.instruments.binary import opus, spc, wdf_properties
from spectra_dl.spectra.readers.instruments.binary import wdf as wdf_reader
from spectra_dl.spectra.readers.instruments.binary.opus_structure import OpusBlock, check_parameters
from spectra_dl.spectra.readers.instruments.binary.spc_log import from_log
from spectra_dl.spectra.readers.instruments.binary.wdf_properties import exposure_seconds
from spectra_dl.spectra.readers.instruments.jcamp_numbers import decoded_lines, plain_numbers
from spectra_dl.spectra.readers.instruments.recording import Recording, iter_recordings

JCAMP = """##TITLE=a powder
##DATA TYPE=RAMAN SPECTRUM
##XUNITS=1/CM
##FIRSTX={first}
##LASTX=490
##XFACTOR=1
##YFACTOR=1
##NPOINTS=10
##XYDATA=(X++(Y..Y))
{table}
##END=
"""
NUMBERS = "\n".join(f"{400 + 10 * k} {k}" for k in range(10))


def test_a_recording_without_spectra_is_refused():
    empty = Recording("x.dat", np.arange(400.0, 500.0, 10.0), np.empty((0, 10)), {})
    with pytest.raises(DataError, match="no spectrum in it"):
        list(iter_recordings([empty], ReadOptions(), rows=10))


# JCAMP-DX


def test_a_jcamp_label_that_is_no_number_is_refused(read):
    with pytest.raises(DataError, match=r"##FIRSTX='four hundred' is not a number"):
        read(JCAMP.format(first="four hundred", table=NUMBERS))


def test_a_jcamp_table_of_too_many_lines_is_refused(read, monkeypatch):
    monkeypatch.setattr(jcamp, "MOST_LINES", 5)
    with pytest.raises(DataError, match="a table of more than 5 lines"):
        read(JCAMP.format(first=400, table=NUMBERS))


def test_more_jcamp_pairs_than_points_can_be_are_refused(read, monkeypatch):
    monkeypatch.setattr(jcamp, "MAX_POINTS", 5)
    text = JCAMP.format(first=400, table=NUMBERS).replace("XYDATA=(X++(Y..Y))", "XYPOINTS=(XY..XY)")
    with pytest.raises(DataError, match="more than 5 points"):
        read(text)


@pytest.mark.parametrize("text", ["400 1 x", "1" * 50, "4 --3"])
def test_text_among_plain_jcamp_numbers_is_refused(text):
    with pytest.raises(DataError, match="line 3"):
        plain_numbers(text, "x line 3")


@pytest.mark.parametrize(
    "text",
    [
        "400T",  # a repetition of nothing
        "400S%",
        "400A+",
        ",,  ,",
    ],
)
def test_a_packed_jcamp_line_that_says_nothing_is_refused(text):
    with pytest.raises(DataError, match="x line 7"):
        decoded_lines([(6, "400A"), (7, text)], "x")


def test_a_missing_value_in_a_packed_jcamp_line_is_one():
    line = decoded_lines([(1, "400A ? B")], "x")[0]
    assert line.ordinates[0] == 1
    assert np.isnan(line.ordinates[1])
    assert line.ordinates[2] == 2


# Text


def test_a_bwspec_header_without_end_is_refused(read, monkeypatch):
    monkeypatch.setattr(bwspec, "MOST_HEADER_LINES", 3)
    with pytest.raises(DataError, match="without its table"):
        read(bwspec_file())


def test_a_labspec_header_without_end_is_refused(read, monkeypatch):
    monkeypatch.setattr(labspec, "MOST_HEADER_LINES", 3)
    with pytest.raises(DataError, match="without a spectrum below its header"):
        read(labspec_file(0))


def test_blank_lines_in_labspec_text_are_passed_over(read):
    text = labspec_file(0)
    last_of_header = text.rindex("#")
    spread = text[:last_of_header] + "\n" + text[last_of_header:].replace("\n", "\n\n")
    assert np.array_equal(read(spread).intensity, read(text).intensity)


def test_oras_json_that_is_too_long_is_refused(read, monkeypatch):
    monkeypatch.setattr(oras, "LARGEST_TEXT", 100)
    with pytest.raises(DataError, match="split it by measurement"):
        read(oras_file())


def test_oras_without_exposure_or_laser_says_nothing_of_them(read):
    measurement = {**oras_measurement(), "ExpTime": "long", "Wavelength": -785}
    table = read(json.dumps(measurement))
    assert np.array_equal(table.intensity, COUNTS - 10.0)
    assert not {"exposure_s", "laser_nm"} & set(table.metadata)
    assert not any("exposure" in note for note in table.notes)


# OPUS


def test_an_opus_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(opus, "LARGEST_FILE", 100)
    with pytest.raises(DataError, match="an OPUS file over"):
        read(small_spectrum().data())


def test_an_opus_file_without_laser_names_none(read):
    example = small_spectrum()
    instrument = {name: value for name, value in example.instrument.items() if name != "RLW"}
    table = read(example.but(instrument=instrument).data())
    assert "laser_nm" not in table.metadata
    assert "laser_nm" in read(example.data()).metadata


def test_what_the_opus_library_can_not_parse_is_refused(read, monkeypatch):
    import brukeropus.file.block as library

    def fail(self: object) -> None:
        self.parse_error = "no such thing"

    monkeypatch.setattr(library.FileBlock, "parse", fail)
    with pytest.raises(DataError, match=r"can't read this OPUS file \(no such thing\)"):
        read(small_spectrum().data())


@pytest.mark.parametrize("end", [b"EN", b"XYZ\0\0\0"])
def test_opus_parameters_without_an_end_are_refused(read, end):
    example = small_spectrum()
    spoilt = parameters(example.instrument, end)
    content = example.data().replace(
        parameters(example.instrument), spoilt.ljust(len(parameters(example.instrument)), b"\1")
    )
    with pytest.raises(DataError, match="can't be followed beyond byte"):
        read(content)


# SPC


def test_an_spc_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(spc, "MOST_BYTES", 100)
    with pytest.raises(DataError, match="an SPC file over"):
        read(fractions().data())


def test_an_spc_axis_that_is_cut_off_is_refused(read):
    content = fractions(1).but(flags=STORED_AXIS).data()
    with pytest.raises(DataError, match=r"truncated SPC|claims"):
        read(content[: 512 + 4 * 40 + 10])


@pytest.mark.parametrize(("label", "stated"), [(b"Raman shift (cm-1)", True), (b"cm-1", False)])
def test_an_spc_file_may_name_its_axis_itself(read, label, stated):
    content = bytearray(fractions(1).data())
    content[0] |= 0x20
    content[218 : 218 + len(label) + 1] = label + b"\0"
    assert read(bytes(content)).intensity.shape == (1, 40)


def test_an_spc_file_that_names_another_axis_is_refused(read):
    content = bytearray(fractions(1).data())
    content[0] |= 0x20
    content[218:226] = b"minutes\0"
    with pytest.raises(DataError, match="the axis is in 'minutes'"):
        read(bytes(content))


def test_a_date_that_can_be_none_is_left_out(read):
    content = bytearray(fractions(1).but(version=OLD).data())
    content[20] = 13  # the month
    assert "measured_at" not in read(bytes(content)).metadata


@pytest.mark.parametrize("text", ["0", "many"])
def test_a_log_without_a_possible_laser_names_none(text):
    assert from_log({"RAMANFREQ": text, "MODEL": "FT"}) == {"instrument": "FT", "laser_nm": ""}


def test_spc_spectra_may_share_a_stored_axis(read):
    example = fractions()
    shared = read(example.but(flags=SEVERAL | STORED_AXIS).data())
    assert np.array_equal(shared.wavenumber, example.axis.astype(np.float32).astype(np.float64))


# WDF


def test_image_and_raster_of_a_wdf_file_are_left_alone(read):
    plain = small_map().data()
    content = plain + block(b"WHTL", b"no image") + block(b"WMAP", b"no raster")
    assert np.array_equal(read(content).intensity, read(plain).intensity)


def test_a_wdf_file_that_is_gone_when_the_library_opens_it_is_refused(tmp_path):
    with pytest.raises(DataError, match="renishawWiRE can't read this WDF file"):
        wdf_reader._parsed(tmp_path / "gone.wdf", "gone.wdf")


def test_bytes_behind_the_last_wdf_block_are_refused(read):
    with pytest.raises(DataError, match="is not whole"):
        read(small_map().data() + b"WMAP")


def test_wdf_settings_without_end_give_no_exposure(monkeypatch):
    monkeypatch.setattr(wdf_properties, "MOST_ENTRIES", 3)
    entries = b"".join(struct.pack("<ccHi", b"i", b"\0", key, 7) for key in range(5))
    assert exposure_seconds(b"PSET" + struct.pack("<I", len(entries)) + entries) is None


def test_bwspec_text_with_blank_lines_and_without_exposure(read):
    text = bwspec_file()
    spread = "".join(line + "\n" for line in text.splitlines() if "intigration" not in line)
    table = read(spread.replace("\n12;", "\n\n12;"))
    assert np.array_equal(table.intensity, read(text).intensity)
    assert "exposure_s" not in table.metadata


def test_an_spc_file_cut_behind_a_spectrum_is_refused(read):
    content = fractions().data()
    with pytest.raises(DataError, match="truncated SPC: 2 of 3 spectra are whole"):
        read(content[: 512 + 2 * (32 + 160) + 10])


@pytest.mark.parametrize("rest", [b"", b"XY", b"XYZ\0"])
def test_opus_parameters_that_only_stop_have_no_end(rest):
    content = parameters({"NPT": 40}, b"")[:12] + rest
    with pytest.raises(DataError, match="can't be followed beyond byte 12"):
        check_parameters(content, OpusBlock(0, 0, len(content)), "x.0")
