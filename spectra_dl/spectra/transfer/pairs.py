"""The same samples on two instruments, as rows on one axis that can be compared."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.preprocessing.cosmic_rays import SHORTEST, without_rays
from spectra_dl.spectra.preprocessing.ray_threshold import THRESHOLD
from spectra_dl.spectra.preprocessing.recurring_places import HitCounts, Place, points_in
from spectra_dl.spectra.preprocessing.resampling import interpolated, points_within, same_axis
from spectra_dl.spectra.quality.verdicts import inspect
from spectra_dl.spectra.readers.columns import ROWS_NUMBERED
from spectra_dl.spectra.table import SpectraTable, spectrum_hashes

FEWEST_SAMPLES = 3
_LEAST_SHARE = 0.5  # of the master's axis that both must cover
_FEWEST_POINTS = 20
_LISTED = 3


@dataclass(frozen=True, eq=False)
class TransferPairs:
    """Transfer samples, each the mean of its spectra divided by their mean level, so that exposure and focus don't count.

    Attributes
    ----------
    slave, master
        ``(n, p)``, row by row the same sample.
    wavenumber
        ``(p,)`` cm⁻¹: the master's axis where both instruments measure.
    samples
        ``(n,)`` their ids.
    places
        Bands that recur and are as narrow as cosmic rays, of either instrument.
    spectrum_hashes
        By which their spectra are known again.
    notes
        What was left out.
    """

    slave: FloatArray
    master: FloatArray
    wavenumber: FloatArray
    samples: tuple[str, ...]
    places: tuple[Place, ...] = ()
    spectrum_hashes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def step(self) -> float:
        """Median distance between neighbouring points, cm⁻¹."""
        return float(np.median(np.diff(self.wavenumber)))

    @classmethod
    def of(cls, master: SpectraTable, slave: SpectraTable) -> "TransferPairs":
        """Match the samples of two tables: by patient where both name patients, else by sample id.

        Parameters
        ----------
        master, slave
            Raw spectra of the same samples on both instruments.

        Raises
        ------
        DataError
            Fewer than three samples in common, axes that share too little, or spectra with missing values or that are no spectra.
        """
        axis = _shared_axis(master.wavenumber, slave.wavenumber)
        ids = _matching_ids(master, slave)
        common = [one for one in dict.fromkeys(ids[0]) if one and one in set(ids[1])]
        if len(common) < FEWEST_SAMPLES:
            raise DataError(
                f"{len(common)} samples stand in both files (the first has {_some(ids[0])}, the second {_some(ids[1])}) and {FEWEST_SAMPLES} are "
                "needed, better 10; name the column by which they match with --patient or --sample-id"
            )
        alone = len(set(ids[0]) ^ set(ids[1]))
        notes = (f"{alone} samples stand in one of the files alone and were left out",) if alone else ()
        used = [
            table.select(np.isin(column, common)) for table, column in zip((master, slave), ids, strict=True)
        ]
        for table in used:
            _require_finite(table)
        places = tuple(
            place._replace(hits=0)
            for table in used
            for place in HitCounts.of(table.intensity, THRESHOLD).places(table.wavenumber)
        )
        of_both = [
            _means(table, column[np.isin(column, common)], common, axis, places)
            for table, column in zip(used, ids, strict=True)
        ]
        hashes = tuple(digits for table in used for digits in spectrum_hashes(table))
        return cls(of_both[1], of_both[0], axis, tuple(map(str, common)), places, hashes, notes)


def brought_to(table: SpectraTable, axis: FloatArray, places: tuple[Place, ...]) -> FloatArray:
    """Return spectra ``(n, q)`` without cosmic rays on an axis ``(q,)`` that theirs covers.

    A map of neighbouring points would smear a ray over all of them, where nothing finds it any more.

    Parameters
    ----------
    table
        ``(n, p)`` finite spectra.
    axis
        ``(q,)`` cm⁻¹.
    places
        Where narrow bands stand, which are no rays.
    """
    clean = table.intensity
    if table.wavenumber.size >= SHORTEST:
        clean, _ = without_rays(clean, kept=points_in(places, table.wavenumber))
    inside = points_within(table.wavenumber, axis)
    if same_axis(table.wavenumber[inside], axis):
        return np.ascontiguousarray(clean[:, inside])
    return interpolated(clean, table.wavenumber, axis)


def _matching_ids(master: SpectraTable, slave: SpectraTable) -> tuple[TextArray, TextArray]:
    if master.patient is not None and slave.patient is not None:
        return master.patient, slave.patient
    for table, which in ((master, "first"), (slave, "second")):
        if ROWS_NUMBERED in table.notes:
            raise DataError(
                f"the {which} file names no samples, and rows in the same order need not be the same samples; name the column of "
                "both files with --patient or --sample-id"
            )
    return master.sample_id, slave.sample_id


def _shared_axis(master: FloatArray, slave: FloatArray) -> FloatArray:
    """Return the part of the master's axis that the slave covers, or refuse."""
    inside = (master >= slave[0]) & (master <= slave[-1])
    if inside.sum() < max(_FEWEST_POINTS, _LEAST_SHARE * master.size):
        raise DataError(
            f"the first file's axis is {master[0]:g} to {master[-1]:g} cm-1 and the second's {slave[0]:g} to {slave[-1]:g}; "
            "they must share at least half of the first and 20 points"
        )
    return np.asarray(master[inside])


def _require_finite(table: SpectraTable) -> None:
    if not np.isfinite(table.intensity).all():
        row = int(np.flatnonzero(~np.isfinite(table.intensity).all(axis=1))[0])
        raise DataError(
            f"spectrum {table.sample_id[row]!s:.60} has missing values; leave it out of the transfer samples"
        )


def _means(
    table: SpectraTable, owner: TextArray, samples: list[str], axis: FloatArray, places: tuple[Place, ...]
) -> FloatArray:
    _, verdicts = inspect(
        table, points_in(places, table.wavenumber), within=(float(axis[0]), float(axis[-1]))
    )
    for name, verdict in zip(table.sample_id, verdicts, strict=True):
        if verdict.status == "refused":
            raise DataError(
                f"spectrum {name!s:.60} can't be learned from ({'; '.join(verdict.reasons)}); leave it out of the transfer samples"
            )
    intensity = brought_to(table, axis, places)
    level = np.abs(intensity).mean(axis=1)
    if not (level > 0).all():
        raise DataError(
            f"spectrum {table.sample_id[int(level.argmin())]!s:.60} is zero throughout; leave it out"
        )
    scaled = intensity / level[:, None]
    return np.stack([scaled[owner == sample].mean(axis=0) for sample in samples])


def _some(ids: TextArray) -> str:
    names = list(dict.fromkeys(map(str, ids)))
    return ", ".join(f"{name:.30}" for name in names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
