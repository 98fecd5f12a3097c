"""Readers of spectra: text tables, instruments' files, HDF5."""

import gzip
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

import h5py
import numpy as np

from example_opus import small_spectrum
from example_spc import OLD, OWN_AXES, SEVERAL, SIXTEEN_BITS, STORED_AXIS, fractions
from example_text import COUNTS, SHIFTS, bwspec_file, labspec_file, oras_file
from example_wdf import small_map
from formats import matlab, nexus
from formats.xlsx import archive, parts_of, sheet_xml, small_rows, workbook
from fuzzing.contract import Target
from spectra_dl.arrays import text_array
from spectra_dl.errors import SpectraDLError
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.readers import iter_spectra, read_spectra
from spectra_dl.spectra.readers.hdf5_file import COLUMNS
from spectra_dl.spectra.readers.several_files import concatenate
from spectra_dl.spectra.table import SpectraTable

JCAMP = b"""##TITLE=a powder
##JCAMP-DX=4.24
##DATA TYPE=RAMAN SPECTRUM
##XUNITS=1/CM
##FIRSTX=400
##LASTX=590
##XFACTOR=1
##YFACTOR=1
##NPOINTS=20
##XYDATA=(X++(Y..Y))
400AJJ%j
440Bjjjj
480bj
490cJJJJJJ%jjj
##END=
"""
JCAMP_PAIRS = JCAMP.replace(
    b"XYDATA=(X++(Y..Y))\n400AJJ%j\n440Bjjjj\n480bj\n490cJJJJJJ%jjj",
    b"XYPOINTS=(XY..XY)\n" + b"\n".join(b"%d, %d" % (400 + 10 * k, 7 * k * k) for k in range(20)),
)


def check_table(table: SpectraTable) -> None:
    """Check a table against its contract; infinite intensities are kept, and such a row is refused by name later."""
    n, points = table.intensity.shape
    assert table.intensity.dtype == table.wavenumber.dtype == np.float64
    assert n >= 1
    assert table.wavenumber.shape == (points,)
    assert np.isfinite(table.wavenumber).all()
    assert (np.diff(table.wavenumber) > 0).all()
    assert len(table.sample_id) == len(set(table.sample_id)) == n
    columns = [table.patient, table.label, table.batch, table.source, *table.metadata.values()]
    assert all(len(column) == n for column in columns if column is not None)


def _read(name: str, data: bytes, folder: Path) -> None:
    path = folder / name
    path.write_bytes(data)
    try:
        table = read_spectra(path)
    except SpectraDLError:
        _refused_in_blocks(path)
        raise
    check_table(table)
    blocks = concatenate(list(iter_spectra(path, rows=2)))
    assert np.array_equal(blocks.intensity, table.intensity, equal_nan=True)
    assert list(blocks.sample_id) == list(table.sample_id)


def _refused_in_blocks(path: Path) -> None:
    """Read a file in blocks that was refused as a whole: that must end in a refusal as well."""
    try:
        for block in iter_spectra(path, rows=2):
            check_table(block)
    except SpectraDLError:
        return
    raise AssertionError("read in blocks what was refused as a whole")


def _wide(delimiter: str = ",", decimal: str = ".") -> str:
    head = ["sample_id", "patient_id", "label", *(f"{shift:.3f}".replace(".", decimal) for shift in SHIFTS)]
    rows = [
        [f"S{k}", f"P{k}", "ab"[k % 2], *(f"{count + 0.25:.2f}".replace(".", decimal) for count in row)]
        for k, row in enumerate(COUNTS)
    ]
    return "\n".join(delimiter.join(row) for row in [head, *rows]) + "\n"


def _map() -> str:
    lines = ["#X\t#Y\t#Wave\t#Intensity"]
    for k, row in enumerate(COUNTS):
        lines += [f"{k}.0\t1.0\t{x:.3f}\t{y}" for x, y in reversed(list(zip(SHIFTS, row, strict=True)))]
    return "\n".join(lines) + "\n"


@cache
def _tables() -> Sequence[bytes]:
    columns = ["shift,a,b,c", *(f"{x},{a},{b},{c}" for x, a, b, c in zip(SHIFTS, *COUNTS, strict=True))]
    two = [f"{x};{y}".replace(".", ",") for x, y in zip(SHIFTS, COUNTS[0], strict=True)]
    texts = [_wide(), _wide(";", ","), _wide("\t"), "\n".join(columns), "\n".join(two), _map()]
    plain = [text.encode() for text in texts]
    return [*plain, "\ufeff".encode() + plain[0], texts[0].encode("utf-16"), gzip.compress(plain[0], mtime=0)]


@cache
def _workbooks() -> Sequence[bytes]:
    """Packed and unpacked: damage to what is packed seldom comes through the checksums."""
    rows = small_rows()
    parts = parts_of({"Serum": sheet_xml(rows), "About": sheet_xml([["made", "by"]])})
    return [workbook(Serum=rows), archive(parts, zipfile.ZIP_STORED)]


@cache
def _matlab() -> Sequence[bytes]:
    plain = {"X": matlab.SPECTRA, "shift": matlab.SHIFTS, "age": np.arange(6.0)}
    return [
        matlab.old(packed=False, **plain),
        matlab.old(**plain),
        matlab.old(packed=False, serum=matlab.dataset()),
        matlab.new(**plain),
        matlab.new(serum=matlab.dataset()),
    ]


@cache
def _nexus() -> Sequence[bytes]:
    places = {"y": (np.array([10.0, 12.0]), 0, "um"), "x": (np.array([0.0, 0.5, 1.0]), 1, "um")}
    cube = nexus.SPECTRA.reshape(2, 3, -1)
    return [
        nexus.nexus(),
        nexus.nexus(cube, axes=("y", "x", "shift"), more=places),
        nexus.chada({"xlabel": "Raman shift [cm-1]"}, a__raw=nexus.pair(0), b__raw=nexus.pair(1)),
    ]


@cache
def _spc() -> Sequence[bytes]:
    several = fractions()
    single = fractions(1)
    small = several.but(intensity=several.intensity >> 16, flags=SEVERAL | SIXTEEN_BITS)
    stored = several.but(flags=SEVERAL | STORED_AXIS)
    separate = several.but(flags=SEVERAL | STORED_AXIS | OWN_AXES)
    return [example.data() for example in (several, single, single.but(version=OLD), small, stored, separate)]


@cache
def _hdf5() -> Sequence[bytes]:
    table = SpectraTable(
        intensity=COUNTS.astype(np.float64),
        wavenumber=np.array(SHIFTS),
        sample_id=text_array(["a", "b", "c"]),
        patient=text_array(["p", "p", "q"]),
        metadata={"site": text_array(["Zürich"] * 3)},
        notes=("a note",),
    )
    with tempfile.TemporaryDirectory() as folder:
        with hdf5_file(Path(folder) / "large.h5") as append:
            append(table)
        # The chunks of a writer that knows not how much will come are larger than everything else in so small a file.
        with (
            h5py.File(Path(folder) / "large.h5") as large,
            h5py.File(Path(folder) / "small.h5", "w") as small,
        ):
            small.attrs.update(large.attrs)
            for name in ("wavenumber", COLUMNS):
                large.copy(name, small)
            small.create_dataset("intensity", data=large["intensity"][()], chunks=(2, 40), compression="gzip")
        return [(Path(folder) / "small.h5").read_bytes()]


def _read_sheet(data: bytes, folder: Path) -> None:
    """Read a workbook whose sheet is damaged and packed again."""
    parts: dict[str, str | bytes] = dict(parts_of({"Serum": ""}))
    parts["xl/worksheets/sheet1.xml"] = data
    _read("measured.dat", archive(parts), folder)


def _target(
    name: str, seeds: Callable[[], Sequence[bytes]], *real: str, group: str = "instruments"
) -> Target:
    return Target(
        name,
        group,
        seeds,
        partial(_read, "measured.dat"),
        tuple(f"raman/instruments/{pattern}" for pattern in real),
    )


SPECTRA = (
    _target("table", _tables, "two_column/*.txt", group="tables"),
    _target("workbook", _workbooks, group="tables"),
    Target("workbook-sheet", "tables", lambda: [sheet_xml(small_rows()).encode()], _read_sheet),
    _target("matlab", _matlab, group="hdf5"),
    _target("nexus", _nexus, group="hdf5"),
    _target("wdf", lambda: [small_map().data()], "renishaw_wdf/*.wdf"),
    _target("spc", _spc, "galactic_spc/*.[sS][pP][cC]"),
    _target("opus", lambda: [small_spectrum().data()]),
    _target("jcamp", lambda: [JCAMP, JCAMP_PAIRS], "jcamp_dx/*.jdx"),
    _target("labspec", lambda: [labspec_file(k).encode("cp1252") for k in range(3)], "horiba_labspec/*.txt"),
    _target(
        "bwspec",
        lambda: [bwspec_file().encode(), bwspec_file(delimiter=",", comma=False, spectra=2).encode()],
        "bwtek_bwspec/*.txt",
    ),
    _target("oras", lambda: [oras_file()], "oras_json/*.json"),
    _target("spectra-hdf5", _hdf5, group="hdf5"),
)
