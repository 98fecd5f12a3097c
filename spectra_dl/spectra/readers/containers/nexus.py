"""NeXus files of the application definition NXraman (.nxs): the default plot is the spectra.

Layout (NeXus, FAIRmat NXraman): an ``NXentry`` with a text ``definition`` and ``NXdata``, whose attribute ``signal`` names the
intensities and ``axes`` one dataset for each of their dimensions; ``NAME_indices`` says along which dimension further ones lie.
Attributes ``default`` lead from the root to the data. The unit of an axis is its attribute ``units``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.containers.hdf5_values import (
    attribute_text,
    attribute_texts,
    is_numeric,
    numbers,
    one_text,
    texts,
)
from spectra_dl.spectra.readers.instruments.quantity import foreign_quantity, quantity_note
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text, same_for_all
from spectra_dl.spectra.readers.instruments.units import other_unit
from spectra_dl.spectra.readers.stated.units import StatedUnit, stated_unit
from spectra_dl.spectra.readers.wording import listed, printable, quoted

if TYPE_CHECKING:
    import h5py

DEFINITION = "NXraman"
# In files of this package a column's long_name is its name, and what was noted stands in a collection.
PROGRAM, COLLECTION = "spectra-dl", "spectra_dl"
UNITS_OF_LENGTH = {"um": "um", "µm": "um", "micrometer": "um", "micrometre": "um", "micron": "um", "mm": "mm"}
PLACES = ("x", "y", "z")


def nexus_entries(file: "h5py.File") -> list[str]:
    """Return the names of the entries of a NeXus file, none where it is no such file."""
    return _of_class(file, "NXentry")


def read_entry(file: "h5py.File", name: str, where: str) -> Recording:
    """Read the spectra of an entry.

    Parameters
    ----------
    file
        An open file that was looked through for links.
    name
        Of the entry.
    where
        The file's name, for messages.

    Raises
    ------
    DataError
        Another definition than NXraman, no data or several, or an axis in another unit.
    """
    entry = file[name]
    definition = one_text(entry, "definition", where)
    if definition and definition != DEFINITION:
        raise DataError(
            f"{where}: a NeXus file of the definition {quoted(definition)}, not {DEFINITION}; give a file of Raman spectra"
        )
    data = _data_group(entry, where)
    signal = _dataset(data, attribute_text(data, "signal"), where, "signal")
    axes = _axes(data, signal)
    points = _dimension_of_points(axes, signal, where)
    axis = axes[points]
    stated, notes = _checked_unit(axis, where)
    if not definition:
        notes = ("the NeXus file names no definition; it was read as Raman spectra", *notes)
    quantity = foreign_quantity(attribute_text(signal, "long_name")) or foreign_quantity(
        attribute_text(signal, "units")
    )
    if quantity:
        notes = (*notes, quantity_note(quantity))
    check_size(signal.shape[points], where)
    intensity = np.moveaxis(numbers(signal, where), points, -1)
    shape = intensity.shape[:-1]
    ours = one_text(entry, "program_name", where) == PROGRAM
    columns = _Layout(data, signal, points, shape, ours).columns(axes, where)
    if not ours:
        columns |= same_for_all(_of_all(entry, where), math.prod(shape))
    return Recording(
        where,
        numbers(axis, where),
        intensity.reshape(math.prod(shape), -1),
        columns,
        stated,
        (*_notes(entry, where), *notes),
    )


def _of_class(group: "h5py.Group", nexus_class: str) -> list[str]:
    import h5py

    return [
        name
        for name in group
        if isinstance(group[name], h5py.Group) and attribute_text(group[name], "NX_class") == nexus_class
    ]


def _data_group(entry: "h5py.Group", where: str) -> "h5py.Group":
    names = _of_class(entry, "NXdata")
    default = attribute_text(entry, "default")
    if default in names:
        return entry[default]
    if len(names) == 1:
        return entry[names[0]]
    raise DataError(
        f"{where}: {len(names)} groups of data in the entry {printable(str(entry.name))} ({listed(names) or 'none'}) and no attribute "
        f"default; set it to the one with the spectra"
    )


def _dataset(data: "h5py.Group", name: str, where: str, role: str) -> "h5py.Dataset":
    import h5py

    node = data.get(name) if name else None
    if not isinstance(node, h5py.Dataset) or not is_numeric(node) or not 1 <= node.ndim <= 4:
        raise DataError(
            f"{where}: {printable(str(data.name))} has no dataset of numbers as its {role} ({quoted(name) if name else 'not named'}); "
            f"write the file again"
        )
    return node


def _axes(data: "h5py.Group", signal: "h5py.Dataset") -> dict[int, "h5py.Dataset"]:
    """Return the axis of each dimension that has one which fits it."""
    import h5py

    names = attribute_texts(data, "axes")
    if len(names) == 1 and ":" in names[0]:
        names = names[0].split(":")
    if len(names) == 1 and signal.ndim > 1:
        names = [*["."] * (signal.ndim - 1), *names]
    axes = {}
    for dimension, name in enumerate(names[: signal.ndim]):
        node = data.get(name) if name not in ("", ".") else None
        if isinstance(node, h5py.Dataset) and node.shape == (signal.shape[dimension],):
            axes[dimension] = node
    return axes


def _dimension_of_points(axes: Mapping[int, "h5py.Dataset"], signal: "h5py.Dataset", where: str) -> int:
    numeric = [dimension for dimension, axis in axes.items() if is_numeric(axis)]
    named = [dimension for dimension in numeric if "raman" in _words(axes[dimension]).lower()]
    last = int(signal.ndim) - 1
    if len(named) == 1:
        return named[0]
    if last in numeric:
        return last
    raise DataError(
        f"{where}: {printable(str(signal.name))} of shape {signal.shape} has no axis of numbers along its last dimension; name the "
        f"Raman shifts in the attribute axes"
    )


def _words(axis: "h5py.Dataset") -> str:
    return f"{str(axis.name).rpartition('/')[2]} {attribute_text(axis, 'long_name')}"


def _checked_unit(axis: "h5py.Dataset", where: str) -> tuple[bool | StatedUnit, tuple[str, ...]]:
    """Return whether the axis is stated to be Raman shift, or its other unit, and what was guessed."""
    unit = attribute_text(axis, "units")
    raman = "raman" in _words(axis).lower()
    if unit:
        return other_unit(unit, f"{where}, {printable(str(axis.name))}") or raman, ()
    name = str(axis.name).rpartition("/")[2]
    other = other_unit(name, f"{where}, {printable(str(axis.name))}") if stated_unit(name) else None
    return other or False, (f"{printable(str(axis.name))} has no units; it was taken as Raman shift in cm⁻¹",)


@dataclass(frozen=True)
class _Layout:
    """Where spectra lie in the signal, and what else is said of them."""

    data: "h5py.Group"
    signal: "h5py.Dataset"
    points: int
    shape: tuple[int, ...]
    ours: bool

    def columns(self, axes: Mapping[int, "h5py.Dataset"], where: str) -> dict[str, list[str]]:
        """Return a column for each dataset that has a value for each place along a dimension of spectra."""
        columns: dict[str, list[str]] = {}
        for name, (node, dimension) in self._datasets(axes).items():
            values = self._texts(node, where)
            if values is not None:
                columns[self._name(node, name)] = self._spread(values, dimension)
        return columns

    def _datasets(self, axes: Mapping[int, "h5py.Dataset"]) -> dict[str, tuple["h5py.Dataset", int]]:
        import h5py

        found = {str(axis.name).rpartition("/")[2]: (axis, k) for k, axis in axes.items() if k != self.points}
        for name in self.data:
            place, node = self.data.attrs.get(f"{name}_indices"), self.data[name]
            if not isinstance(node, h5py.Dataset) or node == self.signal:
                continue
            indices = np.atleast_1d(np.asarray(place)).tolist() if place is not None else []
            if len(indices) == 1 and isinstance(indices[0], int) and 0 <= indices[0] < self.signal.ndim:
                fits = node.shape == (self.signal.shape[indices[0]],) and indices[0] != self.points
                if fits:
                    found[name] = (node, indices[0])
        return found

    def _name(self, node: "h5py.Dataset", name: str) -> str:
        """Return the name of a column; a place in µm or mm carries its unit."""
        if self.ours:
            return attribute_text(node, "long_name") or name
        unit = UNITS_OF_LENGTH.get(attribute_text(node, "units").lower())
        place = unit is not None and name[:1].lower() in PLACES and is_numeric(node)
        return f"{name[0].lower()}_{unit}" if place else name

    def _texts(self, node: "h5py.Dataset", where: str) -> list[str] | None:
        if is_numeric(node):
            return [number_text(float(value)) for value in numbers(node, where)]
        return texts(node, where)

    def _spread(self, values: list[str], dimension: int) -> list[str]:
        """Repeat the values along a dimension for all spectra, in the order in which these are read."""
        kept = [k for k in range(self.signal.ndim) if k != self.points]
        grid: FloatArray = np.indices(self.shape)[kept.index(dimension)].ravel()
        return [values[int(k)] for k in grid]


def _of_all(entry: "h5py.Group", where: str) -> dict[str, str]:
    """Return what an entry says of all its spectra."""
    import h5py

    columns = {"title": one_text(entry, "title", where), "measured_at": one_text(entry, "start_time", where)}
    for instrument in _of_class(entry, "NXinstrument"):
        for beam in _of_class(entry[instrument], "NXbeam"):
            node = entry[instrument][beam].get("wavelength") or entry[instrument][beam].get(
                "incident_wavelength"
            )
            nanometres = isinstance(node, h5py.Dataset) and attribute_text(node, "units") in (
                "nm",
                "nanometer",
                "nanometre",
            )
            if nanometres and is_numeric(node) and node.size == 1:
                columns.setdefault("laser_nm", number_text(float(np.ravel(node[()])[0])))
    return columns


def _notes(entry: "h5py.Group", where: str) -> tuple[str, ...]:
    import h5py

    collection = entry.get(COLLECTION)
    node = collection.get("notes") if isinstance(collection, h5py.Group) else None
    notes = texts(node, where) if isinstance(node, h5py.Dataset) else None
    return tuple(printable(note, 500) for note in (notes or [])[:100] if note)
