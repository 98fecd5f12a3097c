"""What the models of an evaluation share: fitted steps, cleaned spectra and features, each known by its content."""

import json
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.preprocessing.recurring_places import HitCounts, hits
from spectra_dl.spectra.preprocessing.step import StepResult
from spectra_dl.spectra.preprocessing.steps import step_to_json
from spectra_dl.spectra.recently_used import RecentlyUsed, content_digest, row_digests
from spectra_dl.spectra.table import SpectraTable

MOST_BYTES = 256 << 20
_SHARE_OF_FITS = 1 / 16  # their own, so that no flood of spectra drives the small and costly fits out

Features = NDArray[np.float32]


class FoldMemory:
    """Memory shared by models, so that none repeats what another has done with the same rows.

    Everything is known by its content. Fitted steps belong to the bytes of exactly the training rows they were fitted on: nothing
    of any other row can reach them. Where a spectrum has cosmic rays belongs to its own values, a cleaned spectrum to these and to the
    fitted steps, and features to the rows and to whatever transforms them. So results are the same with and without memory, in whatever order models and folds come.

    What was used least recently is dropped first. Clones by scikit-learn share one memory; a pickled one arrives empty.

    Parameters
    ----------
    most_bytes
        What it may hold, 0 or more; 0 remembers nothing.

    Examples
    --------
    >>> memory = FoldMemory()
    >>> table = SpectraTable([[1.0, 2.0, 4.0], [3.0, 1.0, 5.0]], [400.0, 402.0, 404.0], ["S1", "S2"])
    >>> fitted = memory.fit(Preprocessing(()), table)
    >>> memory.fit(Preprocessing(()), table) is fitted
    True
    >>> memory.clean(table, fitted).shape
    (2, 3)
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        of_fits = int(most_bytes * _SHARE_OF_FITS)
        self._fits = RecentlyUsed[FittedPreprocessing](of_fits)
        self._arrays = RecentlyUsed[NDArray[Any]](most_bytes - of_fits)

    @property
    def size(self) -> int:
        """Bytes it holds."""
        return self._fits.size + self._arrays.size

    def __repr__(self) -> str:
        return f"FoldMemory({self.most_bytes})"  # no address: models are known by their text

    def __sklearn_clone__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self  # scikit-learn clones what lies in a mapping by deep copies

    def __reduce__(self) -> tuple[type[Self], tuple[int]]:
        return type(self), (self.most_bytes,)

    def fit(self, preprocessing: Preprocessing, table: SpectraTable) -> FittedPreprocessing:
        """Return the steps fitted on a table, which are fitted once; their arrays are read-only.

        Parameters
        ----------
        preprocessing
            The steps.
        table
            ``(n, p)`` training spectra.

        Raises
        ------
        DataError
            As `Preprocessing.fit`.
        """
        steps = json.dumps([step_to_json(step) for step in preprocessing.steps])
        key = content_digest(steps, table.wavenumber, table.intensity)
        fitted = self._fits.get(key)
        if fitted is None:
            fitted = preprocessing.fit(table, count_hits=self._count_hits, remove_rays=self._remove_rays)
            fitted.axis.setflags(write=False)
            fitted.wavenumber.setflags(write=False)
            # A step's learnt numbers are Python's, each larger than its text.
            size = fitted.axis.nbytes + fitted.wavenumber.nbytes + 2 * len(json.dumps(fitted.to_json()))
            self._fits.put(key, fitted, size)
        return fitted

    def clean(self, table: SpectraTable, fitted: FittedPreprocessing) -> Features:
        """Return what fitted steps make of spectra; each spectrum is cleaned once.

        Parameters
        ----------
        table
            ``(n, p)`` spectra on the axis the steps were fitted on.
        fitted
            The fitted steps.

        Returns
        -------
        ndarray
            ``(n, q)`` float32, the caller's own, rows as in the table.
        """
        if not len(table):
            return fitted.transform(table).matrix
        steps = content_digest(fitted.effect, table.wavenumber).hex()
        return self._by_row(steps, table.intensity, lambda rows: fitted.transform(table.select(rows)).matrix)

    def features(
        self, transformer: str, rows: FloatArray, transform: Callable[[FloatArray], Features]
    ) -> Features:
        """Return the features of rows, which are computed once.

        Parameters
        ----------
        transformer
            Says all that the features depend on besides the rows.
        rows
            ``(n, q)``.
        transform
            Returns the features ``(n, f)`` of the rows, from nothing but the rows and what ``transformer`` says.

        Returns
        -------
        ndarray
            ``(n, f)``, the caller's own, in the order in memory in which they were computed.
        """
        key = content_digest(transformer, rows)
        known = self._arrays.get(key)
        if known is None:
            known = transform(rows)
            if not self._arrays.has_room(known.nbytes):
                return known
            self._arrays.put(key, known, known.nbytes)
        return known.copy(order="K")  # the last digits of sums over features go by their order in memory

    def _by_row(
        self, text: str, rows: FloatArray, compute: Callable[[list[int]], NDArray[Any]]
    ) -> NDArray[Any]:
        """Return what is computed of each row by itself ``(n, ...)``, of rows that it knows without computing it."""
        keys = row_digests(text, rows)
        results = {at: result for at, key in enumerate(keys) if (result := self._arrays.get(key)) is not None}
        missing = [at for at in range(len(keys)) if at not in results]
        if missing:
            computed = compute(missing)
            results |= dict(zip(missing, computed, strict=True))
            # More than fit at all would drive out everything, themselves among it.
            if self._arrays.has_room(computed.nbytes, entries=len(missing)):
                for at, result in zip(missing, computed, strict=True):
                    self._arrays.put(
                        keys[at], result.copy(), result.nbytes
                    )  # a view would keep all in memory
        return np.stack([results[at] for at in range(len(keys))])

    def _count_hits(self, step: Despike, intensity: FloatArray, wavenumber: FloatArray) -> HitCounts:
        """Do what `Despike.counts` does: the rows of different folds are nearly the same."""

        def packed(rows: list[int]) -> NDArray[np.uint8]:
            return np.packbits(np.stack(hits(intensity[rows], step.threshold), axis=1), axis=2)

        step.require_points(wavenumber)
        known = self._by_row(f"hits {step.threshold}", intensity, packed)
        rays, suspected = np.unpackbits(known, axis=2, count=intensity.shape[1]).view(np.bool_).swapaxes(0, 1)
        return HitCounts.counted(rays, suspected)

    def _remove_rays(self, step: Despike, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Do what `Despike.apply` does, but for the remarks, which a fit doesn't need."""
        kept = step.kept_points(wavenumber)
        places = None if kept is None else np.flatnonzero(kept).tolist()
        text = json.dumps(["without rays", step.threshold, step.rule, places])
        cleaned = self._by_row(
            text, intensity, lambda rows: step.apply(intensity[rows], wavenumber).intensity
        )
        return StepResult(cleaned, wavenumber)
