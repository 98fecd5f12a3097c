"""Files that are no text tables are refused quickly, and nothing in them is executed."""

import gzip
import io
import os
import pickle
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.wording import quoted


class Payload:
    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.mkdir, (self.marker,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_data_is_unsafe_and_never_run(protocol, write, tmp_path):
    marker = tmp_path / "marker"
    path = write(pickle.dumps(Payload(marker), protocol=protocol))
    with pytest.raises(UnsafeError, match="pickle"):
        read_spectra(path)
    assert not marker.exists()


def zipped(name="xl/workbook.xml"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "x")
    return stream.getvalue()


def saved_array():
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


FOREIGN = {
    "Excel": (zipped(), "damaged Excel workbook"),
    "old Excel": (b"\xd0\xcf\x11\xe0" + bytes(500), "Excel"),
    "JSON": (b'{"spectra": [[1, 2]]}', "JSON"),
    "JSON list": (b"[[1, 2], [3, 4]]", "JSON"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "HDF5"),
    "NumPy": (saved_array(), "NumPy"),
    "WDF in gzip": (gzip.compress(b"WDF1" + bytes(76)), "compressed with gzip; decompress"),
    "web page": (b"<!DOCTYPE html><html></html>", "web page"),
    "random bytes": (np.random.default_rng(0).bytes(200_000), "not a text table"),
    "SPC without a spectrum": (b"\x00\x4b" + bytes(510), "truncated SPC"),
    "NUL byte": (
        b"sample_id,400,402,404\nS1,1,2,3\nS2,1,\x002,3\n" + b"S3,1,2,3\n" * 20,
        "NUL byte at offset 36",
    ),
    "half UTF-8 half Latin-1": ("µ,400,402,404\n".encode() + b"\xb5,1,2,3\n", "not UTF-8"),
    "damaged gzip": (gzip.compress(b"a,400,402,404\n" * 1000)[:-20], "gzip"),
    "gzip twice": (gzip.compress(gzip.compress(b"a")), "twice"),
}


def spe(version, marked=True):
    header = bytearray(4100)
    struct.pack_into("<f", header, 1992, version)
    if marked:
        struct.pack_into("<I", header, 2996, 0x01234567)
        header[4098:] = b"UU"
    return bytes(header) + bytes(2000)


def zipped_envi():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("map/tissue.hdr", "ENVI\n")
        archive.writestr("map/tissue.dat", bytes(100))
    return stream.getvalue()


LABSPEC = b"\x00\x01\x02\x03" * 500
UNREAD = {
    "a.spa": (b"Spectral Data File\r\n" + bytes(500), r"OMNIC.*JCAMP-DX"),
    "a.srs": (b"Spectral Exte File\r\n" + bytes(500), "OMNIC"),
    "a.sp": (b"PEPE2D constant interval DataSet file\r\n" + bytes(500), "PerkinElmer.*ASCII"),
    "a.wip": (b"WIT_PR06" + bytes(500), "WITec.*Table"),
    "old.wip": (b"WIT_PRCT" + bytes(500), "WITec"),
    "a.wid": (b"WIT_DA06" + bytes(500), "WITec data"),
    "a.l6s": (LABSPEC, "LabSpec.*as text"),
    "a.L5S": (LABSPEC, "LabSpec"),
    "a.sif": (b"Andor Technology Multi-Channel File\n65538 1\n" + bytes(500), "Andor.*ASCII"),
    "two.spe": (spe(2.5), "Princeton Instruments.*CSV"),
    "three.spe": (spe(3.0, marked=False), "Princeton Instruments"),
    "a.rds": (gzip.compress(b"X\n\x00\x00\x00\x03\x00\x04\x01\x02" + bytes(500)), r"R object.*write\.csv"),
    "a.RData": (gzip.compress(b"RDX3\nX\n\x00\x00\x00\x03" + bytes(500)), "R workspace"),
    "map.hdr": (b"ENVI\ndescription = {tissue}\nsamples = 3\n", "ENVI"),
    "map.zip": (zipped_envi(), "zip archive of an ENVI image"),
    "a.jws": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "JASCO"),
    "a.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), r"\.xls\)"),
    "a.parquet": (b"PAR1" + bytes(500), "Parquet"),
    "a.feather": (b"ARROW1\0\0" + bytes(500), "Feather"),
    "a.tdms": (b"TDSm" + bytes(500), "LabVIEW"),
    "a.opju": (b"CPYUA 4.3380\n" + bytes(500), "Origin"),
    "a.npy": (saved_array(), "NumPy"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_a_format_that_is_not_read_is_refused_by_its_name_with_the_export_to_use(name, write):
    data, words = UNREAD[name]
    with pytest.raises(DataError, match=words) as refusal:
        read_spectra(write(data, name))
    assert str(refusal.value).startswith(f"{name}: ")
    assert len(str(refusal.value)) <= 500


def test_a_text_whose_name_ends_as_a_binary_format_is_read(write):
    text = "\n".join(f"{400 + k}\t{k * k}" for k in range(30))
    for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be"):
        assert len(read_spectra(write(text.encode(encoding), "a.spe"))) == 1


@pytest.mark.parametrize("content", FOREIGN)
def test_a_foreign_content_is_named_and_refused(content, write):
    data, words = FOREIGN[content]
    with pytest.raises(DataError, match=words) as refusal:
        read_spectra(write(data))
    assert len(str(refusal.value)) < 500
    assert str(refusal.value).isprintable()


def test_a_pipe_a_device_a_folder_and_a_dangling_link_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.csv").mkdir()
    begin = time.monotonic()
    for name in ("pipe", "dangling", "zero", "folder"):
        with pytest.raises(DataError, match="not a regular file"):
            read_spectra(tmp_path / f"{name}.csv")
    assert time.monotonic() - begin < 2


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_spectra(tmp_path / "spectra.csv")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(write):
    path = write("a")
    path.chmod(0)
    with pytest.raises(DataError, match="permission"):
        read_spectra(path)


@pytest.mark.parametrize("content", [b"1,", b"1,2,3\n"])
def test_a_gzip_bomb_is_refused_in_little_memory(content, tmp_path):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=6) as stream:
        stream.write(b"sample_id,400,402\n")
        for _ in range(100):
            stream.write(content * ((1 << 20) // len(content)))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"decompresses to more|longer than|number of fields|wavenumber"):
        read_spectra(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_text_from_a_file_is_cut_and_escaped_in_messages():
    assert quoted("\x1b[2J\u202e" + "x" * 99) == "'\\x1b[2J\\u202e" + "x" * 34 + "…'"
