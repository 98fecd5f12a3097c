"""Section C: HDF5 files that point elsewhere, swell or are damaged."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from refusals.inputs import demo_table, pickled, section_command
from refusals.row import Command, Maker, Row
from spectra_dl.arrays import text_array
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.table import SpectraTable

_COPY = "Copy the data themselves into the file."
_FRESH = "Copy the file again, or write it again."
_SECRET = b"a secret of this computer\n" * 8000


def spectra_with(change: Callable[[h5py.File], None]) -> Maker:
    """The clean spectra in an HDF5 file, changed, and given to predict."""

    def make(folder: Path) -> list[Command]:
        write_spectra(folder / "spectra.h5")
        (folder / "secret").write_bytes(_SECRET)
        with h5py.File(folder / "spectra.h5", "r+") as file:
            change(file)
        return [("predict", "spectra.h5", "--out", "out")]

    return make


def write_spectra(path: Path) -> None:
    """Write the clean spectra as the program itself writes them."""
    clean = demo_table()
    columns = [text_array([row[at] for row in clean.rows]) for at in range(3)]
    with hdf5_file(path) as append:
        append(SpectraTable(clean.intensity, clean.wavenumber, columns[0], columns[1], columns[2]))


def _link(file: h5py.File) -> None:
    del file["intensity"]
    file["intensity"] = h5py.ExternalLink("secret", "/intensity")


def _soft_link(file: h5py.File) -> None:
    file.move("intensity", "elsewhere")
    file["intensity"] = h5py.SoftLink("/elsewhere")


def _link_on_the_way(file: h5py.File) -> None:
    del file["columns"]
    file["columns"] = h5py.ExternalLink("secret", "/columns")


def _outside(file: h5py.File) -> None:
    del file["intensity"]
    file.create_dataset("intensity", (36, 701), "f8", external=[("secret", 0, 36 * 701 * 8)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((36, 701), "f8")
    layout[:] = h5py.VirtualSource("secret", "intensity", (36, 701))
    del file["intensity"]
    file.create_virtual_dataset("intensity", layout)


def _empty_dataset(file: h5py.File) -> None:
    del file["intensity"]
    file.create_dataset("intensity", (18_000_000, 701), "f8", chunks=(1000, 701))


def _bomb(file: h5py.File) -> None:
    """8 GiB of zeros, stored as one compressed chunk a thousand times over."""
    import zlib

    del file["intensity"]
    rows = 1 << 11
    shape = (rows * 750, 701)
    bomb = file.create_dataset("intensity", shape, "f8", chunks=(rows // 2, 701), compression="gzip")
    chunk = zlib.compress(bytes(rows // 2 * 701 * 8), 9)
    for at in range(0, shape[0], rows // 2):
        bomb.id.write_direct_chunk((at, 0), chunk)


def _pickles(file: h5py.File) -> None:
    file["notes"] = np.void(pickled())
    file.attrs["notes"] = np.void(pickled())
    file["intensity"].attrs["object"] = np.void(pickled())


def _half(folder: Path) -> list[Command]:
    write_spectra(folder / "spectra.h5")
    content = (folder / "spectra.h5").read_bytes()
    (folder / "spectra.h5").write_bytes(content[: len(content) // 2])
    return [("predict", "spectra.h5", "--out", "out")]


def _overwritten(folder: Path) -> list[Command]:
    write_spectra(folder / "spectra.h5")
    with h5py.File(folder / "spectra.h5") as file:
        place = file["intensity"].id.get_chunk_info(0).byte_offset + 8 * 701 * 10
    with (folder / "spectra.h5").open("r+b") as stream:
        stream.seek(place)
        stream.write(b"\xff" * 4096)
    return [("predict", "spectra.h5", "--out", "out")]


def _foreign(folder: Path) -> list[Command]:
    with h5py.File(folder / "other.h5", "w") as file:
        file["X"] = np.ones((3, 4))
    return [("predict", "other.h5", "--out", "out"), section_command(folder, "other.h5")]


ROWS = [
    Row("C", "a link to a dataset of another file", "unsafe", _COPY, spectra_with(_link), "link"),
    Row("C", "a link within the file", "unsafe", _COPY, spectra_with(_soft_link), "link"),
    Row("C", "a link on the way to a dataset", "unsafe", _COPY, spectra_with(_link_on_the_way), "link"),
    Row("C", "numbers that are kept in another file", "unsafe", _COPY, spectra_with(_outside), "another file"),
    Row("C", "a virtual dataset", "unsafe", _COPY, spectra_with(_virtual), "another file"),
    Row("C", "100 GB claimed, nothing stored", "refuse", _FRESH, spectra_with(_empty_dataset), "claims", bounded=True),
    Row("C", "8 GiB stored in 8 MB", "refuse", "Write it again without the padding.", spectra_with(_bomb), "claims", bounded=True),
    Row("C", "pickle data in a dataset and in attributes", "same", "Nothing; they are never unpickled.", spectra_with(_pickles)),
    Row("C", "half of a file", "refuse", _FRESH, _half, "truncated"),
    Row("C", "4 KB overwritten among the values", "partial", "Copy the file again; the other rows stand.", _overwritten, "512 missing values"),
    Row("C", "HDF5 of another program", "refuse", "Export the spectra as CSV.", _foreign),
]  # fmt: skip
