"""Write spectra to a NeXus file of the definition NXraman, block by block; `readers.containers.nexus` reads it.

What the definition requires and a table of spectra does not know (polarisation, detector) is written as unknown, never guessed.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.spectra.hdf5_files import named_columns
from spectra_dl.spectra.readers.containers.nexus import COLLECTION, DEFINITION, PROGRAM
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.atomic import whole_path

if TYPE_CHECKING:
    import h5py

_CHUNK_BYTES = 1 << 20
_TEXTS_AT_ONCE = 1024
_URL = "https://manual.nexusformat.org/classes/applications/NXraman.html"
_VERSION = "v2024.02"
_SIGNAL, _AXIS, _SAMPLES = "intensity", "raman_shift", "sample_id"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@contextlib.contextmanager
def nexus_file(path: str | os.PathLike[str]) -> Iterator[Callable[[SpectraTable], None]]:
    """Yield a function that appends a block of spectra; the file has its name once all are written.

    All blocks have the axis and the columns of the first. Intensities are stored as float64, and every value comes
    back exactly; a missing one is NaN.

    Raises
    ------
    EnvironmentFault
        The file can't be written.

    References
    ----------
    FAIRmat: NXraman, application definition of NeXus. https://manual.nexusformat.org/classes/applications/NXraman.html
    """
    import h5py

    with whole_path(path) as temporary, h5py.File(temporary, "w") as file:
        datasets: dict[str, h5py.Dataset] = {}

        def append(table: SpectraTable) -> None:
            if not datasets:
                datasets.update(_begin(file, table))
            data = file["entry/data"]
            intensity = data[_SIGNAL]
            start = int(intensity.shape[0])
            intensity.resize(start + len(table), axis=0)
            intensity[start:] = table.intensity
            for name, column in named_columns(table).items():
                datasets[name].resize(start + len(table), axis=0)
                datasets[name][start:] = column
            _write_notes(file["entry"], table.notes)

        yield append


def _begin(file: "h5py.File", table: SpectraTable) -> dict[str, "h5py.Dataset"]:
    """Write all but the rows, and return the columns' datasets by the columns' names."""
    file.attrs["NX_class"], file.attrs["default"] = "NXroot", "entry"
    entry = _group(file, "entry", "NXentry")
    entry.attrs["default"] = "data"
    entry["definition"] = DEFINITION
    entry["definition"].attrs["version"], entry["definition"].attrs["URL"] = _VERSION, _URL
    entry["title"] = "Raman spectra, corrected. Research use only, not for diagnosis."
    entry["experiment_type"] = "Raman spectroscopy"
    entry["raman_experiment_type"] = "unknown"
    entry["raman_experiment_type"].attrs["custom"] = True
    entry["program_name"] = PROGRAM
    entry["program_name"].attrs["version"] = version(PROGRAM)
    _instrument(entry, table)
    _group(entry, "sample", "NXsample")["name"] = "see sample_id in data"
    return _data(entry, table)


def _group(parent: "h5py.Group", name: str, nexus_class: str) -> "h5py.Group":
    group = parent.create_group(name)
    group.attrs["NX_class"] = nexus_class
    return group


def _write_notes(entry: "h5py.Group", notes: Sequence[str]) -> None:
    if COLLECTION not in entry:
        _group(entry, COLLECTION, "NXcollection")
    if "notes" in entry[COLLECTION]:
        del entry[COLLECTION]["notes"]
    entry[COLLECTION]["notes"] = [note[:500] for note in notes[:100]] or [""]


def _instrument(entry: "h5py.Group", table: SpectraTable) -> None:
    instrument = _group(entry, "instrument", "NXinstrument")
    instrument["scattering_configuration"] = "unknown"
    beam = _group(instrument, "beam_incident", "NXbeam")
    beam["wavelength"] = float("nan") if table.laser_nm is None else table.laser_nm
    beam["wavelength"].attrs["units"] = "nm"
    beam["parameter_reliability"] = "nominal"
    _group(instrument, "detector_unknown", "NXdetector")["detector_channel_type"] = "multichannel"


def _data(entry: "h5py.Group", table: SpectraTable) -> dict[str, "h5py.Dataset"]:
    data, points = _group(entry, "data", "NXdata"), table.wavenumber.size
    data.attrs["signal"] = _SIGNAL
    data.attrs["axes"] = [_SAMPLES, _AXIS]
    data[_AXIS] = table.wavenumber
    data[_AXIS].attrs["units"], data[_AXIS].attrs["long_name"] = "1/cm", "Raman shift (1/cm)"
    data.attrs[f"{_AXIS}_indices"] = 1
    rows = max(1, _CHUNK_BYTES // (8 * points))
    signal = data.create_dataset(
        _SIGNAL, (0, points), np.float64, maxshape=(None, points), chunks=(rows, points), fillvalue=np.nan
    )
    signal.attrs["long_name"] = "Raman intensity"
    columns = {}
    for number, name in enumerate(named_columns(table)):
        columns[name] = _column(data, name, number)
    return columns


def _column(data: "h5py.Group", name: str, number: int) -> "h5py.Dataset":
    """Begin a column of texts under its name, or a number where NeXus or another dataset has that name."""
    import h5py

    usable = _NAME.fullmatch(name) and name not in data and not name.endswith("_indices")
    key = name if usable else f"column_{number:04d}"
    texts = data.create_dataset(key, (0,), h5py.string_dtype(), maxshape=(None,), chunks=(_TEXTS_AT_ONCE,))
    texts.attrs["long_name"] = name
    data.attrs[f"{key}_indices"] = 0
    return texts
