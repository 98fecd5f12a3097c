"""ramanchada2's files (.cha): HDF5 whose datasets of shape (2, n) are an axis above its intensities.

Each dataset is a spectrum or a later state of one, under any path; the measured one is called ``raw``.
"""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.containers.arrays import LEAST_POINTS
from spectra_dl.spectra.readers.containers.dataset_layout import UNIT_WORD
from spectra_dl.spectra.readers.containers.hdf5_values import attribute_text, is_numeric, numbers
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.units import check_unit
from spectra_dl.spectra.readers.wording import listed, printable
from spectra_dl.storage.hdf5_attributes import header_address

if TYPE_CHECKING:
    import h5py

MEASURED = "raw"
UNIT_ATTRIBUTES = ("xlabel", "x_label", "xunits", "x_units", "units")
LASERS = ("laser_wl", "laser_wavelength", "laser wavelength", "wavelength", "Laser Wavelength", "excitation")
MOST_SPECTRA = 10_000


def chada_datasets(file: "h5py.File") -> list["h5py.Dataset"]:
    """Return the datasets of a file that may be a spectrum each, in the order of their paths."""
    import h5py

    found: list[h5py.Dataset] = []
    waiting: list[h5py.Group] = [file]
    seen = {header_address(file)}
    while waiting:
        group = waiting.pop()
        for name in group:
            node = group[name]
            if header_address(node) in seen:  # hard links may lead in a circle
                continue
            seen.add(header_address(node))
            if isinstance(node, h5py.Group):
                waiting.append(node)
            elif isinstance(node, h5py.Dataset) and _may_be_spectrum(node):
                found.append(node)
    return sorted(found, key=lambda node: str(node.name))


def _may_be_spectrum(node: "h5py.Dataset") -> bool:
    return node.ndim == 2 and node.shape[0] == 2 and node.shape[1] >= LEAST_POINTS and is_numeric(node)


def read_chada(datasets: list["h5py.Dataset"], where: str) -> list[Recording]:
    """Read the measured spectra among the datasets of a file.

    Parameters
    ----------
    datasets
        From `chada_datasets`, at least one.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        Several, none of them called ``raw``; or an axis in another unit.
    """
    measured = [node for node in datasets if str(node.name).rpartition("/")[2] == MEASURED]
    if not measured and len(datasets) > 1:
        raise DataError(
            f"{where}: several spectra or states of one ({listed(str(node.name) for node in datasets)}) and none called {MEASURED}; "
            f"save the measured one as {MEASURED}"
        )
    chosen = measured or datasets
    if len(chosen) > MOST_SPECTRA:
        raise DataError(
            f"{where}: {len(chosen):,} spectra; at most {MOST_SPECTRA:,} can be read, split the file"
        )
    others = [str(node.name) for node in datasets if node not in chosen]
    notes = (
        (f"states of the spectra other than {MEASURED} were not read: {listed(others)}",) if others else ()
    )
    return [_recording(node, where, notes) for node in chosen]


def _recording(node: "h5py.Dataset", where: str, notes: tuple[str, ...]) -> Recording:
    place = f"{where}, {printable(str(node.name))}"
    check_size(node.shape[1], place)
    stated = False
    for name in UNIT_ATTRIBUTES:
        text = attribute_text(node, name)
        if UNIT_WORD.search(text):
            check_unit(text, place)
            stated = "raman" in text.lower()
            break
    else:
        notes = (
            *notes,
            f"{printable(str(node.name))} does not name the unit of its axis; it was taken as Raman shift in cm⁻¹",
        )
    axis, intensity = numbers(node, where)
    steps = np.diff(axis)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        raise DataError(
            f"{place}: its first row neither rises nor falls throughout, so it is no axis; save axis and intensities as its two rows"
        )
    path = str(node.name).strip("/").removesuffix(MEASURED).strip("/")
    columns = {"title": path, "laser_nm": _laser(node)}
    return Recording(where, axis, intensity[np.newaxis], same_for_all(columns, 1), stated, notes)


def _laser(node: "h5py.Dataset") -> str:
    for name in LASERS:
        text = attribute_text(node, name) or str(node.attrs.get(name, ""))
        try:
            value = float(text.lower().removesuffix("nm"))
        except ValueError:
            continue
        if 100 < value < 10_000:
            return number_text(value)
    return ""
