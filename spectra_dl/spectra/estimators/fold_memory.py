"""What the models of an evaluation share: fitted steps, cleaned spectra and features, each known by its content."""

import json
from collections.abc import Callable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.preprocessing.steps import step_to_json
from spectra_dl.spectra.recently_used import RecentlyUsed, content_digest, row_digests
from spectra_dl.spectra.table import SpectraTable

MOST_BYTES = 256 << 20
_SHARE_OF_FITS = 1 / 16  # their own, so that no flood of spectra drives the small and costly fits out

Features = NDArray[np.float32]


class FoldMemory:
    """Memory shared by models, so that none repeats what another has done with the same rows.

    Everything is known by its content. Fitted steps belong to the bytes of exactly the training rows they were fitted on: nothing
    of any other row can reach them. A cleaned spectrum belongs to its own values and to the fitted steps, features belong
    to the rows and to whatever transforms them. So results are the same with and without memory, in whatever order models and folds come.

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
        self._arrays = RecentlyUsed[Features](most_bytes - of_fits)

    @property
    def size(self) -> int:
        """Bytes it holds."""
        return self._fits.size + self._arrays.size

    def __sklearn_clone__(self) -> Self:
        return self

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
            fitted = preprocessing.fit(table)
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
        steps = json.dumps([fitted.effect, table.wavenumber.tolist()])
        keys = row_digests(steps, table.intensity)
        rows = {at: row for at, key in enumerate(keys) if (row := self._arrays.get(key)) is not None}
        missing = [at for at in range(len(keys)) if at not in rows]
        if missing:
            cleaned = fitted.transform(table.select(missing)).matrix
            rows |= dict(zip(missing, cleaned, strict=True))
            # More than fit at all would drive out everything, themselves among it.
            if self._arrays.has_room(cleaned.nbytes, entries=len(missing)):
                for at, row in zip(missing, cleaned, strict=True):
                    self._arrays.put(keys[at], row.copy(), row.nbytes)  # a view would keep all rows in memory
        return np.stack([rows[at] for at in range(len(keys))])

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
