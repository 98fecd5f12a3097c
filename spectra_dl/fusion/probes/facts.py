"""What files say of each patient besides their data: columns of every block, a text per patient."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.rows import FusionBlock, FusionRows
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.tissue.images import TissueImages

Facts = Mapping[str, TextArray]


def facts_of(rows: FusionRows) -> dict[str, Facts]:
    """Return of each block what it says of patients, ``(m,)`` text by column; empty where it says nothing.

    Parameters
    ----------
    rows
        Patients with blocks as they were read: spectra, images, clinical columns.
    """
    return {
        block.name: {
            name: _of_patients(cells, block.owner, len(rows)) for name, cells in _columns(block.rows).items()
        }
        for block in rows.blocks
    }


def clinical_columns(rows: FusionRows) -> list[ClinicalColumn]:
    """Return the clinical columns of all blocks, ``(m,)`` values each, NaN of patients who lack the block."""
    return [column for block in rows.blocks for column in _clinical(block, len(rows))]


def _clinical(block: FusionBlock, patients: int) -> Iterator[ClinicalColumn]:
    if not isinstance(block.rows, ClinicalTable):
        return
    for column in block.rows.columns:
        values: FloatArray = np.full(patients, np.nan)
        values[block.owner] = column.values
        yield ClinicalColumn(
            column.name, column.kind, values, column.levels, column.unit, column.known_before
        )


def _columns(rows: Any) -> dict[str, TextArray]:
    if isinstance(rows, ClinicalTable):
        return {column.name: _cells(column) for column in rows.columns}
    named: dict[str, TextArray] = {}
    if isinstance(rows, SpectraTable) and rows.batch is not None:
        named["batch"] = rows.batch
    if isinstance(rows, (SpectraTable, TissueImages)):
        named |= rows.metadata
    return named


def _cells(column: ClinicalColumn) -> TextArray:
    return text_array(
        [
            "" if np.isnan(value) else column.levels[int(value)] if column.levels else f"{value:.12g}"
            for value in column.values.tolist()
        ]
    )


def _of_patients(cells: Sequence[str] | TextArray, owner: IndexArray, patients: int) -> TextArray:
    """Return each patient's first cell that says something."""
    said = [""] * patients
    for cell, number in zip(cells, owner.tolist(), strict=True):
        said[number] = said[number] or str(cell).strip()
    return text_array(said)
