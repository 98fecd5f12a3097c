"""Which table of a SpatialData folder is read, and which of its regions."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.source import SectionSource
from spectra_dl.storage.wording import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spatialdata import SpatialData

_BINS = re.compile(r"square_(\d{3})um")  # tables and shapes of Visium HD
_USUAL_BIN = 8.0


@dataclass(frozen=True, eq=False)
class ChosenTable:
    """A table, and the region of it that is one section.

    Attributes
    ----------
    name, region
        The table, and the shapes that it annotates.
    of_region
        ``(n,)`` which of its rows do.
    instance
        ``(n,)`` ids of the rows' shapes, as text.
    bin_um
        µm of a side of the bins of Visium HD; None for others.
    notes
        What was chosen.
    """

    name: str
    region: str
    of_region: "NDArray[np.bool_]"
    instance: TextArray
    bin_um: float | None
    notes: tuple[str, ...]


def choose_table(data: "SpatialData", source: SectionSource, where: str) -> ChosenTable:
    """Return the table and the region of a section.

    Parameters
    ----------
    data
        An open SpatialData.
    source
        The section; its name chooses among regions, its bin among tables of Visium HD.
    where
        The folder's name, for messages.

    Raises
    ------
    DataError
        There is no table that annotates shapes, or several and none is asked for.
    """
    tables = {name: table for name, table in data.tables.items() if "spatialdata_attrs" in table.uns}
    if not tables:
        parts = {"tables": data.tables, "shapes": data.shapes, "images": data.images}
        there = "; ".join(
            f"{part}: {', '.join(printable(name) for name in list(elements)[:3])}"
            for part, elements in parts.items()
            if len(elements)
        )
        raise DataError(
            f"{where}: no table that annotates shapes; a table with a region is needed (there are {there or 'no tables, shapes or images'})"
        )
    name, notes = _table(list(tables), source, where)
    attributes = tables[name].uns["spatialdata_attrs"]
    region, instance = (_column(tables[name], attributes, key, where) for key in ("region", "instance"))
    regions = sorted(set(region))
    asked = [each for each in regions if each == source.stem]
    if len(regions) > 1 and not asked:
        listed = ", ".join(printable(each) for each in regions[:6])
        raise DataError(
            f"{where}: the table {printable(name)} annotates {len(regions)} regions, {listed}; give the section one of these names in the sheet"
        )
    chosen = (asked or regions)[0]
    size = _bin_of(name) or _bin_of(chosen)
    return ChosenTable(name, chosen, np.asarray(region == chosen, dtype=bool), instance, size, notes)


def _table(names: list[str], source: SectionSource, where: str) -> tuple[str, tuple[str, ...]]:
    of_bin = {size: name for name in names if (size := _bin_of(name)) is not None}
    if source.bin_um is not None:
        if source.bin_um not in of_bin:
            known = ", ".join(f"{size:g}" for size in sorted(of_bin)) or "no bins"
            raise DataError(f"{where}: no table of bins of {source.bin_um:g} µm; there are {known}")
        return of_bin[source.bin_um], ()
    if len(names) == 1:
        return names[0], ()
    if _USUAL_BIN in of_bin:
        name = of_bin[_USUAL_BIN]
        return name, (f"the table {name} is read; --bin-um chooses another",)
    listed = ", ".join(printable(name) for name in names[:6])
    raise DataError(f"{where}: {len(names)} tables annotate shapes, {listed}; keep the one of the section")


def _bin_of(name: str) -> float | None:
    match = _BINS.search(name)
    return float(match[1]) if match else None


def _column(table: Any, attributes: Any, key: str, where: str) -> TextArray:
    name = attributes.get(f"{key}_key")
    if name not in table.obs:
        raise DataError(f"{where}: its table names no column of {key}s; write it again with spatialdata")
    return text_array(str(value) for value in table.obs[name])
