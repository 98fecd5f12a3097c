"""Predictions as CSV: a table of spots, and the two files that Loupe Browser imports."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.output.prediction import REFUSED, SectionPrediction
from spectra_dl.storage.text.csv_rows import csv_rows

TABLE, LOUPE_VALUES, LOUPE_CATEGORIES = "predictions.csv", "loupe_values.csv", "loupe_categories.csv"
_COLUMNS = ("barcode", "x", "y", "in_tissue", "status", "reason")
_LEVELS = ("1 lowest fifth", "2", "3", "4", "5 highest fifth")
_SMALLEST_SPAN = 1e-12  # below, all values of a gene are alike


def write_csv(folder: Path, prediction: SectionPrediction) -> list[str]:
    """Write ``predictions.csv``: a line for each spot with its place in full-resolution pixels, status and genes.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    section = prediction.section
    spots = zip(
        section.barcode,
        section.full_pixel,
        prediction.in_tissue,
        prediction.status,
        prediction.reason,
        prediction.values,
        strict=True,
    )
    taken = set(_COLUMNS)
    genes = [f"gene_{name}" if name in taken else name for name in prediction.names]
    with csv_rows(folder / TABLE) as write_row:
        write_row([*_COLUMNS, *genes])
        for barcode, place, under, status, reason, values in spots:
            write_row([str(barcode), *_cells(place, 2), int(under), status, reason, *_cells(values, 5)])
    return [TABLE]


def write_loupe(folder: Path, prediction: SectionPrediction) -> list[str]:
    """Write the predictions of spots under tissue for Loupe Browser: values, and categories that it imports.

    Loupe takes a CSV with ``Barcode`` and a column for each set of categories, and barcodes of the .cloupe file alone: those under
    tissue. It takes no numbers; so each gene is cut into fifths of its spots, and the numbers stand in a file beside it.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.

    Raises
    ------
    EnvironmentFault
        A file can't be written.
    """
    rows = np.flatnonzero((np.array(prediction.status) != REFUSED) & (prediction.in_tissue == 1))
    levels = np.column_stack([_fifths(column) for column in prediction.values[rows].T])
    barcodes = [str(prediction.section.barcode[row]) for row in rows]
    statuses = [prediction.status[row] for row in rows]
    with csv_rows(folder / LOUPE_VALUES) as write_row:
        write_row(["Barcode", *prediction.names])
        for barcode, values in zip(barcodes, prediction.values[rows], strict=True):
            write_row([barcode, *_cells(values, 5)])
    with csv_rows(folder / LOUPE_CATEGORIES) as write_row:
        write_row(["Barcode", "prediction status", *(f"{name} predicted" for name in prediction.names)])
        for barcode, status, level in zip(barcodes, statuses, levels, strict=True):
            write_row([barcode, status, *(_LEVELS[at] for at in level)])
    return [LOUPE_CATEGORIES, LOUPE_VALUES]


def _fifths(values: FloatArray) -> np.ndarray:
    """Return for each value the fifth of the values it lies in, 0 to 4; a gene that is the same everywhere lies in the middle."""
    if np.ptp(values) <= _SMALLEST_SPAN:
        return np.full(len(values), len(_LEVELS) // 2)
    return np.searchsorted(np.quantile(values, [0.2, 0.4, 0.6, 0.8]), values, side="left")


def _cells(values: FloatArray, decimals: int) -> Iterator[str]:
    return ("" if np.isnan(value) else f"{value:.{decimals}f}" for value in values)
