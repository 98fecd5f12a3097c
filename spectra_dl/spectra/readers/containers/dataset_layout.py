"""The DataSet of PLS_Toolbox, which WITec's programs write too: a structure of data, scales, labels and classes.

``data`` has a sample a row. ``axisscale``, ``axisscalename``, ``label``, ``class`` and ``title`` are cells: their first row is of the
samples, the second of the points. Of an image, the samples are its pixels, the first dimension running fastest. WITec writes the
unit of the scale into the scale's second column.
"""

import math
import re
from collections.abc import Mapping

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.containers.arrays import Cell, Numbers, Value
from spectra_dl.spectra.readers.instruments.recording import Recording, number_text
from spectra_dl.spectra.readers.instruments.units import check_unit
from spectra_dl.spectra.readers.wording import quoted

UNIT_WORD = re.compile(
    r"\b(?:nm|µm|um|pm|m?ev|[tg]hz|1/cm|cm|cm-1|raman|wave\w*|energy|energie|freq\w*|pixels?|channels?|m/z|time|seconds?|minutes?)\b",
    re.IGNORECASE,
)
MICROMETRE = re.compile(r"µm|\bum\b|micro?n|micromet", re.IGNORECASE)


def is_dataset(values: Mapping[str, Value]) -> bool:
    """Say whether a structure has the data of a DataSet and a cell of scales."""
    return isinstance(values.get("data"), Numbers) and isinstance(values.get("axisscale"), Cell)


def dataset_recording(values: Mapping[str, Value], where: str, notes: tuple[str, ...]) -> Recording:
    """Return the spectra of a DataSet.

    Parameters
    ----------
    values
        Its fields.
    where
        The file's name, for messages.
    notes
        What was noted so far.

    Raises
    ------
    DataError
        Data of other than two dimensions, no scale of their points, or a scale that names another unit.
    """
    data, scale = values["data"], _entry(values, "axisscale", 1)
    assert isinstance(data, Numbers)
    if len(data.shape) != 2:
        raise DataError(f"{where}: DataSet of {len(data.shape)} dimensions; unfold it to one spectrum a row")
    if not isinstance(scale, Numbers) or scale.length != data.shape[1]:
        given = "none" if not isinstance(scale, Numbers) else f"one of {math.prod(scale.shape)}"
        raise DataError(
            f"{where}: the DataSet needs an axisscale of its {data.shape[1]} points and has {given}; set axisscale{{2}} to the "
            f"Raman shifts in cm⁻¹"
        )
    check_size(data.shape[1], where)
    stated, unit_notes = _checked_name(values, where)
    count = data.shape[0]
    return Recording(
        where,
        scale.load().ravel(),
        data.load(),
        {**_columns(values, count), **_pixels(values, count)},
        stated,
        (*notes, *unit_notes, *_excluded(values, count)),
    )


def _entry(values: Mapping[str, Value], field: str, mode: int) -> Value:
    """Return the first set of a field for samples (0) or points (1)."""
    cell = values.get(field)
    return cell.at(mode, 0) if isinstance(cell, Cell) and len(cell.shape) >= 2 else None


def _text(value: Value) -> str:
    return " ".join(value).strip() if isinstance(value, tuple) else ""


def _checked_name(values: Mapping[str, Value], where: str) -> tuple[bool, tuple[str, ...]]:
    """Return whether the scale is named as Raman shift, and what was guessed; refuse the name of another unit."""
    scale = values["axisscale"]
    named = {"axisscale": scale.at(1, 1) if isinstance(scale, Cell) else None}
    named |= {field: _entry(values, field, 1) for field in ("axisscalename", "axistype", "title")}
    for field, value in named.items():
        name = _text(value)
        if UNIT_WORD.search(name):
            check_unit(name, f"{where}, {field} of the points")
            return True, ()
    return False, (
        "the DataSet does not name the unit of its axisscale; it was taken as Raman shift in cm⁻¹",
    )


def _columns(values: Mapping[str, Value], count: int) -> dict[str, list[str]]:
    columns = {}
    labels = _entry(values, "label", 0)
    if isinstance(labels, tuple) and len(labels) == count:
        texts = [" ".join(text.split())[:200] for text in labels]
        usable = len(set(texts)) == count and all(texts)
        columns["sample_id" if usable else "sample_label"] = texts
    classes = _entry(values, "class", 0)
    if isinstance(classes, Cell):  # several sets of classes; the first counts
        classes = classes.at(*([0] * len(classes.shape)))
    if isinstance(classes, Numbers) and classes.length == count:
        columns["class"] = [number_text(float(code)) for code in classes.load().ravel()]
    name = _text(values.get("name")) or _text(values.get("title"))
    if name:
        columns["title"] = [name[:200]] * count
    return columns


def _pixels(values: Mapping[str, Value], count: int) -> dict[str, list[str]]:
    """Return the place of each pixel of an image: in µm where its scales say so, else its numbers from 1."""
    size = values.get("imagesize")
    sizes = (
        [int(x) for x in size.load().ravel() if 0 < x <= count]
        if isinstance(size, Numbers) and size.length == 2
        else []
    )
    if len(sizes) != 2 or math.prod(sizes) != count:
        return {}
    columns, unit = {}, MICROMETRE.search(_text(_entry(values, "imageaxisscalename", 0)))
    for mode, letter in enumerate("xy"):
        scale = _entry(values, "imageaxisscale", mode)
        known = unit is not None and isinstance(scale, Numbers) and scale.length == sizes[mode]
        places: FloatArray = np.arange(1.0, sizes[mode] + 1)
        if known and isinstance(scale, Numbers):
            places = scale.load().ravel()
        repeated = np.tile(places, sizes[1]) if mode == 0 else np.repeat(places, sizes[0])
        columns[f"{letter}_um" if known else f"pixel_{letter}"] = [number_text(float(x)) for x in repeated]
    return columns


def _excluded(values: Mapping[str, Value], count: int) -> tuple[str, ...]:
    """Return a note where the DataSet leaves samples or points out of its own analyses."""
    included = _entry(values, "include", 0)
    if not isinstance(included, Numbers) or included.length in (0, count):
        return ()
    return (
        f"the DataSet includes {included.length} of its {count} samples in its analyses; all were read, check {quoted('include')}",
    )
