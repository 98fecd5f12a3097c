"""NeXus and ramanchada2 files, written so that each part can be wrong."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np

SHIFTS = 400.5 + 2.0 * np.arange(40)
SPECTRA = np.random.default_rng(4).normal(1000, 40, (6, 40))


def hdf5(write: Callable[[h5py.File], object]) -> bytes:
    """The bytes of an HDF5 file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.h5"
        with h5py.File(path, "w") as file:
            write(file)
        return path.read_bytes()


def nexus(
    signal: np.ndarray = SPECTRA,
    *,
    axes: tuple[str, ...] = (".", "shift"),
    definition: str | None = "NXraman",
    units: str | None = "1/cm",
    more: Mapping[str, tuple[np.ndarray, int, str]] | None = None,
    change: Callable[[h5py.File], object] | None = None,
) -> bytes:
    """A file of one entry; ``more`` gives datasets with their dimension and units."""

    def write(file: h5py.File) -> None:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        if definition is not None:
            entry["definition"] = definition
        data = entry.create_group("data")
        data.attrs["NX_class"], data.attrs["signal"], data.attrs["axes"] = "NXdata", "counts", list(axes)
        data["counts"], data["shift"] = signal, SHIFTS
        if units is not None:
            data["shift"].attrs["units"] = units
        for name, (values, dimension, unit) in (more or {}).items():
            data[name] = values
            data[name].attrs["units"], data.attrs[f"{name}_indices"] = unit, dimension
        beam = entry.create_group("instrument/beam_incident")
        entry["instrument"].attrs["NX_class"], beam.attrs["NX_class"] = "NXinstrument", "NXbeam"
        beam["wavelength"] = 532.1
        beam["wavelength"].attrs["units"] = "nm"
        if change is not None:
            change(file)

    return hdf5(write)


def chada(attributes: Mapping[str, object] | None = None, **datasets: np.ndarray) -> bytes:
    """A ramanchada2 file; two underscores in a name stand for a slash."""

    def write(file: h5py.File) -> None:
        for name, array in datasets.items():
            file[name.replace("__", "/")] = array
            file[name.replace("__", "/")].attrs.update(attributes or {})

    return hdf5(write)


def pair(spectrum: int = 0) -> np.ndarray:
    """An axis above its intensities."""
    return np.stack([SHIFTS, SPECTRA[spectrum]])
