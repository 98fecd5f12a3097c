"""Which of a file's named arrays are the spectra, which is their axis, and what the others say of each spectrum.

A structure with ``data`` and ``axisscale`` is a DataSet as PLS_Toolbox and WITec write it: the scale of the second dimension is the
axis. Else one array of spectra and one vector must fit each other; where several do, the file is refused by their names, because
the first guess would be silent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.containers.arrays import LEAST_POINTS, Cell, Numbers, Texts, Value
from spectra_dl.spectra.readers.containers.dataset_layout import dataset_recording, is_dataset
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text
from spectra_dl.spectra.readers.instruments.units import check_unit, other_unit
from spectra_dl.spectra.readers.stated.units import stated_unit
from spectra_dl.spectra.readers.wording import listed, quoted

AXIS_NAME = re.compile(
    r"wave_?n|raman_?sh|shift|axis|abscissa|^wn|^nu$|^x$|x_?(?:data|axis|scale)$|cm_?1|freq|lambda|wave_?l|energy|pixel|^nm$|^ev$",
    re.IGNORECASE,
)
OTHER_UNIT = re.compile(
    r"lambda|wave_?l|^nm$|_nm$|^ev$|_ev$|energy|pixel|^thz$|theta|channel|minutes?$|^temp|^depth$|^position$|^index$|^[xyz]_um$",
    re.IGNORECASE,
)
STATED_SHIFT = re.compile(r"raman_?sh", re.IGNORECASE)
LONGEST_LIST = 200


@dataclass(frozen=True)
class _Choice:
    """Spectra, the dimension along which their points lie, and their axis."""

    spectra: str
    dimension: int
    axis: str


def recordings_of(values: Mapping[str, Value], where: str, notes: tuple[str, ...]) -> list[Recording]:
    """Return the spectra among a file's variables.

    Parameters
    ----------
    values
        By name.
    where
        The file's name, for messages.
    notes
        What was noted so far.

    Raises
    ------
    DataError
        None, or several that may be the spectra or their axis; or an axis that names another unit.
    """
    sets = {name: value for name, value in values.items() if isinstance(value, Mapping) and is_dataset(value)}
    if is_dataset(values):
        sets = {"": values}
    if len(sets) > 1:
        raise DataError(f"{where}: several tables of spectra ({listed(sets)}); save one of them alone")
    if sets:
        return [dataset_recording(next(iter(sets.values())), where, notes)]
    structures = [value for value in values.values() if isinstance(value, Mapping)]
    arrays = {name: value for name, value in values.items() if isinstance(value, Numbers)}
    tables = [name for name, array in arrays.items() if min(array.shape) > 1]
    if len(tables) == len(arrays) == 1 and (
        table := _with_its_axis(tables[0], arrays[tables[0]], where, notes)
    ):
        return [table]
    if len(structures) == 1 and not arrays:
        return recordings_of(structures[0], where, notes)
    return [_plain(values, arrays, where, notes)]


def _with_its_axis(name: str, array: Numbers, where: str, notes: tuple[str, ...]) -> Recording | None:
    """Return the only array of a file whose first column, or else first row, is the axis; None for others."""
    if len(array.shape) != 2:
        return None
    table = array.load()
    columns, rows = (_may_be_axis(line) and line.size >= LEAST_POINTS for line in (table[:, 0], table[0]))
    if columns == rows:
        return None
    axis, *spectra = table.T if columns else table
    taken = (
        f"the first {'column' if columns else 'row'} of {quoted(name)} was taken as the Raman shift in cm⁻¹"
    )
    check_size(axis.size, where)
    return Recording(where, axis, np.array(spectra), {}, notes=(*notes, taken))


def _plain(
    values: Mapping[str, Value], arrays: Mapping[str, Numbers], where: str, notes: tuple[str, ...]
) -> Recording:
    vectors = {name: array.load().ravel() for name, array in arrays.items() if array.length >= LEAST_POINTS}
    axes = [name for name, vector in vectors.items() if _may_be_axis(vector)]
    choices = [
        _Choice(name, dimension, axis)
        for name, array in arrays.items()
        if name not in axes
        for dimension, size in enumerate(array.shape)
        for axis in axes
        if size == vectors[axis].size and len(array.shape) <= 3
    ]
    choice = _chosen(choices, arrays, where)
    place = f"{where}, variable {quoted(choice.axis)}"
    other = other_unit(choice.axis, place) if stated_unit(choice.axis) else None
    if other is None and OTHER_UNIT.search(choice.axis):
        check_unit(choice.axis, place)
    intensity = _points_last(arrays[choice.spectra].load(), choice.dimension)
    check_size(intensity.shape[1], where)
    count = len(intensity)
    taken = f"variable {quoted(choice.axis)} was taken as the Raman shift in cm⁻¹ of the spectra in {quoted(choice.spectra)}"
    others = {name: value for name, value in values.items() if name not in (choice.axis, choice.spectra)}
    columns = _per_spectrum(others, count) | _places(arrays[choice.spectra].shape, choice.dimension)
    unused = [name for name in others if name not in columns]
    left = (f"variables that belong to no spectrum were not read: {listed(unused)}",) if unused else ()
    return Recording(
        where,
        vectors[choice.axis],
        intensity,
        columns,
        stated=other or bool(STATED_SHIFT.search(choice.axis)),
        notes=(*notes, taken, *left),
    )


def _may_be_axis(vector: FloatArray) -> bool:
    steps = np.diff(vector)
    return bool(np.isfinite(vector).all() and (np.all(steps > 0) or np.all(steps < 0)))


def _chosen(choices: Sequence[_Choice], arrays: Mapping[str, Numbers], where: str) -> _Choice:
    """Return the only choice, or the only one whose axis is named as one."""
    if len(choices) > 1:
        named = [choice for choice in choices if AXIS_NAME.search(choice.axis)]
        matrices = [choice for choice in named if not arrays[choice.spectra].length] or named
        choices = matrices or choices
    if len(choices) == 1:
        return choices[0]
    shapes = listed(f"{name} {'x'.join(map(str, array.shape))}" for name, array in arrays.items())
    if not choices:
        raise DataError(
            f"{where}: no array of spectra with a vector of at least {LEAST_POINTS} rising or falling Raman shifts that fits it (in "
            f"it: {shapes or 'no numeric array'}); save both as plain arrays"
        )
    pairs = dict.fromkeys(f"{choice.spectra} by {choice.axis}" for choice in choices)
    square = " either way" if len(pairs) == 1 else ""
    raise DataError(
        f"{where}: several arrays may be the spectra and their axis ({listed(pairs)}{square}; in it: {shapes}); save only the "
        f"spectra and their Raman shifts"
    )


def _points_last(spectra: FloatArray, dimension: int) -> FloatArray:
    """Return the spectra as rows; of a cube the first of the other dimensions runs fastest, as MATLAB counts."""
    moved = np.moveaxis(spectra, dimension, -1)
    return moved if moved.ndim == 2 else np.reshape(np.swapaxes(moved, 0, 1), (-1, moved.shape[-1]))


def _places(shape: tuple[int, ...], dimension: int) -> dict[str, list[str]]:
    """Return the two numbers of each spectrum in a cube, from 1."""
    if len(shape) < 3:
        return {}
    first, second = (size for k, size in enumerate(shape) if k != dimension)
    return {
        "map_row": [str(k + 1) for _ in range(second) for k in range(first)],
        "map_column": [str(k + 1) for k in range(second) for _ in range(first)],
    }


def _per_spectrum(values: Mapping[str, Value], count: int) -> dict[str, list[str]]:
    """Return what has one value for each spectrum, as text."""
    columns = {}
    for name, value in values.items():
        texts = texts_of(value, count)
        if texts is not None and count > 1:
            columns[name] = texts
    return columns


def texts_of(value: Value, count: int) -> list[str] | None:
    """Return a variable as one text for each spectrum, None where it is none.

    Parameters
    ----------
    value
        Texts, a cell array of texts, or a vector of numbers.
    count
        Number of spectra.
    """
    if isinstance(value, Numbers):
        return [number_text(float(x)) for x in value.load().ravel()] if value.length == count else None
    texts: Texts | None = None
    if isinstance(value, tuple):
        texts = value
    elif isinstance(value, Cell) and all(isinstance(cell, tuple) and len(cell) <= 1 for cell in value.values):
        texts = tuple(cell[0] if isinstance(cell, tuple) and cell else "" for cell in value.values)
    if texts is None or len(texts) != count:
        return None
    return [" ".join(text.split())[:LONGEST_LIST] for text in texts]
