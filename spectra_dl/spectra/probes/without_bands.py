"""Probes of where and how high spectra lie: axis, level, fitted baseline, silent region, order of rows."""

from dataclasses import replace

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Probe, Shown
from spectra_dl.spectra.probes.table_probe import TableProbe
from spectra_dl.spectra.readers.several_files import ORIGINAL_AXIS_COLUMNS
from spectra_dl.spectra.table import SpectraTable

SILENT_REGION = (
    1750.0,
    2600.0,
)  # cm⁻¹: between C=O and S-H stretching no biomolecule has a band worth naming
_SILENT_BINS = 20
_FEWEST_SILENT_POINTS = 10
_MOST_AXES = 50
_BASELINE_PARTS = 5
_FEWEST_BASELINE_POINTS = 32
_BASELINE_POINTS = 200  # of a curve that bends a few times at most
_FEWEST_IN_BLOCK = 3  # patients
_LAM = 1e8 / 5**4  # as 1e8 at 1,000 points: the penalty of a curve goes with the fourth power of its points


class WavenumberAxis(TableProbe):
    """The first and last wavenumber and the number of points each spectrum came with: a recalibration between sessions."""

    name = "wavenumber axis"
    sentence = "the wavenumber axis alone, without any intensity"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return the axes as numbers and as 0/1 columns; None where all spectra came on one."""
        columns = [table.metadata[name] for name in ORIGINAL_AXIS_COLUMNS if name in table.metadata]
        informative = [column for column in columns if len(set(column)) > 1]
        if not informative:
            return None
        together = np.array(["|".join(cells) for cells in zip(*informative, strict=True)])
        numbers = np.stack([column.astype(np.float64) for column in informative], axis=1)
        axes, counts = np.unique(together, return_counts=True)
        common = axes[np.argsort(-counts, kind="stable")][:_MOST_AXES]
        return np.concatenate([numbers, together[:, None] == common], axis=1)

    def shown(self, table: SpectraTable, features: FloatArray) -> Shown | None:
        """Return the first of the columns in which the axes differ.

        Parameters
        ----------
        table, features
            As of `features`.
        """
        titles = (
            "first wavenumber as measured, cm⁻¹",
            "last wavenumber as measured, cm⁻¹",
            "points as measured",
        )
        differing = [
            title
            for name, title in zip(ORIGINAL_AXIS_COLUMNS, titles, strict=True)
            if len(set(table.metadata.get(name, ()))) > 1
        ]
        return Shown(features[:, :1], differing[0], np.empty(0))


class IntensityLevel(TableProbe):
    """The mean intensity of each spectrum; strong bands raise it too, so it is a warning at most."""

    name = "intensity level"
    sentence = "the mean intensity alone"
    at_worst = "warn"

    def features(self, table: SpectraTable) -> FloatArray:
        """Return the mean, ``(n, 1)``."""
        return np.asarray(table.intensity.mean(axis=1, keepdims=True))


class FittedBaseline(TableProbe):
    """The smooth curve under each spectrum: fluorescence, glass, stray light.

    Fluorescence can be biology, and a strong band changes the scale of the curve, so it is a warning at most.
    """

    name = "fitted baseline"
    sentence = "the coarse fitted baseline alone"
    at_worst = "warn"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return five parts of an asymmetric least squares baseline, without level and scale of the spectrum."""
        from spectra_dl.spectra.baseline import asls

        if table.wavenumber.size < _FEWEST_BASELINE_POINTS:
            return None
        points = np.array_split(table.intensity, min(_BASELINE_POINTS, table.wavenumber.size), axis=1)
        binned = np.stack([part.mean(axis=1) for part in points], axis=1)
        curve = asls(binned, lam=_LAM * (len(points) / _BASELINE_POINTS) ** 4).baseline
        parts = np.array_split(curve, _BASELINE_PARTS, axis=1)
        height = np.stack([part.mean(axis=1) for part in parts], axis=1)
        spread = binned.std(axis=1, keepdims=True)
        centred = height - height.mean(axis=1, keepdims=True)  # level is another probe's concern
        return np.asarray(centred / np.where(spread > 0, spread, np.inf))


class SilentRegion(TableProbe):
    """The shape of the spectrum where biomolecules have no bands: tube, optics, detector or processing."""

    name = "silent region"
    sentence = "the silent region alone (between 1750 and 2600 cm⁻¹), where biomolecules have no bands"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return means of up to 20 parts, without level and scale; None where the axis has too little of the region."""
        inside = (table.wavenumber >= SILENT_REGION[0]) & (table.wavenumber <= SILENT_REGION[1])
        if int(inside.sum()) < _FEWEST_SILENT_POINTS:
            return None
        region = table.intensity[:, inside]
        centred = region - region.mean(axis=1, keepdims=True)
        spread = centred.std(axis=1, keepdims=True)
        shape = centred / np.where(spread > 0, spread, 1.0)  # level and scale are other probes' concern
        bins = np.array_split(shape, min(_SILENT_BINS, shape.shape[1]), axis=1)
        return np.stack([part.mean(axis=1) for part in bins], axis=1)

    def shown(self, table: SpectraTable, features: FloatArray) -> Shown | None:
        """Return the means over the region.

        Parameters
        ----------
        table, features
            As of `features`.
        """
        inside = (table.wavenumber >= SILENT_REGION[0]) & (table.wavenumber <= SILENT_REGION[1])
        parts = np.array_split(table.wavenumber[inside], features.shape[1])
        middle = np.array([part.mean() for part in parts])
        return Shown(features, "intensity (SD of the region)", middle, "Raman shift, cm⁻¹")


class RowOrder(TableProbe):
    """The row's number, which drifts with the day of measurement; never graver than a warning, for a table is often sorted.

    Where the classes stand in blocks, as in files that were put one after another, the order says how the table was put together, and
    raises nothing.
    """

    name = "row order"
    sentence = "the order of rows alone"
    at_worst = "warn"

    def features(self, table: SpectraTable) -> FloatArray | None:
        """Return the number, ``(n, 1)``; None without classes."""
        return None if table.label is None else np.arange(len(table), dtype=np.float64)[:, None]

    def probe(self, table: SpectraTable) -> Probe | None:
        """Return the probe ready to be evaluated, or None."""
        probe = super().probe(table)
        blocks = _blocks_of_classes(table)
        if probe is None or blocks is None:
            return probe
        remark = (
            f"Each class stands in blocks of several patients ({blocks} in all), as in files put one after another; that is no confound by itself. If rows "
            "are in the order of measurement, class and time go together: name the sessions with --batch."
        )
        return replace(probe, at_worst="fine", remark=remark)


def _blocks_of_classes(table: SpectraTable) -> int | None:
    """Return how many blocks of one class the rows stand in; None where a block has fewer than three patients, as when classes take turns."""
    if table.label is None or not len(table):
        return None
    starts = np.flatnonzero(table.label[1:] != table.label[:-1]) + 1
    owner = table.sample_id if table.patient is None else table.patient
    blocks = np.split(owner, starts)
    return len(blocks) if min(len(set(block)) for block in blocks) >= _FEWEST_IN_BLOCK else None
