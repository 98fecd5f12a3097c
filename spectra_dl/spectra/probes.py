"""What the audit may try instead of biology on spectra: axis, level, background, silent region, batch, row order."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spectra_dl.evaluation.audit import Probe
from spectra_dl.spectra.readers.several_files import OWN_AXIS
from spectra_dl.spectra.table import FloatArray, SpectraTable, TextArray

SILENT_REGION = (
    1750.0,
    2600.0,
)  # cm⁻¹: between C=O and S-H stretching no biomolecule has a band worth naming
_BACKGROUND_KNOTS = 5
_SILENT_BINS = 20
_FEWEST_SILENT_POINTS = 10
_MOST_CATEGORIES = 50


def spectra_probes(table: SpectraTable) -> list[Probe]:
    """Return every probe that this table allows, on raw intensities.

    Parameters
    ----------
    table
        Spectra before any cleaning, without missing values.
    """
    probes = (probe(table) for probe in _PROBES)
    return [probe for probe in probes if probe is not None]


def axis_probe(table: SpectraTable) -> Probe | None:
    """Take the first and last wavenumber and the number of points that each spectrum came with.

    A recalibration between sessions shows here. None where all spectra came on one axis.
    """
    columns = [table.metadata[name] for name in OWN_AXIS if name in table.metadata]
    informative = [column for column in columns if len(set(column)) > 1]
    if not informative:
        return None
    together = np.array(["|".join(cells) for cells in zip(*informative, strict=True)], dtype=object)
    numbers = np.stack([column.astype(np.float64) for column in informative], axis=1)
    features = np.concatenate([numbers, _categories(together)], axis=1)
    return Probe("wavenumber axis", "the wavenumber axis alone, without any intensity", features)


def level_probe(table: SpectraTable) -> Probe:
    """Take the mean intensity of each spectrum."""
    level = table.intensity.mean(axis=1, keepdims=True)
    return Probe("intensity level", "the mean intensity alone, without any band", level)


def background_probe(table: SpectraTable) -> Probe | None:
    """Take the lowest intensity in each of five parts of the axis: the background under the bands."""
    parts = np.array_split(table.intensity, _BACKGROUND_KNOTS, axis=1)
    if parts[-1].shape[1] == 0:
        return None
    features = np.stack([part.min(axis=1) for part in parts], axis=1)  # (n, 5)
    return Probe("background", "the coarse background under the bands alone", features)


def silent_region_probe(table: SpectraTable) -> Probe | None:
    """Take the shape of the spectrum between 1750 and 2600 cm⁻¹, where biomolecules have no bands.

    What differs there is the tube, the optics, the detector or the processing. None where the axis has too little of it.
    """
    inside = (table.wavenumber >= SILENT_REGION[0]) & (table.wavenumber <= SILENT_REGION[1])
    if int(inside.sum()) < _FEWEST_SILENT_POINTS:
        return None
    region = table.intensity[:, inside]
    centred = region - region.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    shape = centred / np.where(spread > 0, spread, 1.0)  # level and scale are other probes' business
    bins = np.array_split(shape, min(_SILENT_BINS, shape.shape[1]), axis=1)
    features = np.stack([part.mean(axis=1) for part in bins], axis=1)
    low, high = table.wavenumber[inside][[0, -1]]
    return Probe(
        "silent region", f"{low:.0f} to {high:.0f} cm⁻¹ alone, where biomolecules have no bands", features
    )


def batch_probe(table: SpectraTable) -> Probe | None:
    """Take the batch column; None without one, or with one batch only."""
    if table.batch is None or len(set(table.batch)) < 2:
        return None
    return Probe("batch", "the batch column alone", _categories(table.batch))


def row_order_probe(table: SpectraTable) -> Probe | None:
    """Take the row's number, which drifts with the day of measurement.

    It is never graver than a warning, and none where the file is sorted by class: a table is often sorted afterwards.
    """
    if table.label is None:
        return None
    number = np.arange(len(table), dtype=np.float64)[:, None]
    changes = int(np.count_nonzero(table.label[1:] != table.label[:-1]))
    if changes == len(set(table.label)) - 1:
        sentence = "the order of rows alone, since they are sorted by class; that in itself says nothing"
        return Probe("row order", sentence, number, at_worst="fine")
    return Probe("row order", "the order of rows alone", number, at_worst="warn")


_PROBES: tuple[Callable[[SpectraTable], Probe | None], ...] = (
    axis_probe,
    level_probe,
    background_probe,
    silent_region_probe,
    batch_probe,
    row_order_probe,
)


def _categories(values: TextArray) -> FloatArray:
    """Return a 0/1 column for each of the 50 commonest values."""
    names, counts = np.unique(values.astype(np.str_), return_counts=True)
    common: NDArray[np.str_] = names[np.argsort(-counts, kind="stable")][:_MOST_CATEGORIES]
    columns: FloatArray = (values.astype(np.str_)[:, None] == common).astype(np.float64)
    return columns
