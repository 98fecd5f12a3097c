"""Images of different patients that are nearly the same: one tissue under two ids, or copies that were saved again."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import counted, first_few

_NAME = "near copies"
_MOST_BITS = 4  # of 64 by which copies that were scaled, brightened or saved again differ
_LEAST_SET, _MOST_SET = 10, 54  # of 64: a nearly even image has no pattern to compare
_AT_ONCE = 512


def near_copies(
    hashes: NDArray[np.bool_],
    name: TextArray,
    patients: Patients,
    folds: Sequence[Fold],
    *,
    seed: int,
) -> Finding:
    """Look for images of two patients whose difference hashes are four bits apart or less.

    Parameters
    ----------
    hashes
        ``(n, 64)`` bits.
    name
        ``(n,)`` of the images.
    patients
        Whose each is.
    folds, seed
        Not looked at.
    """
    owner = patients.subject_of_patient[patients.of_row]
    usable = np.flatnonzero((hashes.sum(axis=1) >= _LEAST_SET) & (hashes.sum(axis=1) <= _MOST_SET))
    pairs = [
        pair
        for part in np.array_split(usable, max(1, -(-len(usable) // _AT_ONCE)))
        for pair in _pairs(hashes, owner, part, usable)
    ]
    if not pairs:
        even = len(hashes) - len(usable)
        left = (
            f" Not compared: {counted(even, 'image')} without a pattern, being nearly even." if even else ""
        )
        return Finding(_NAME, "fine", f"No two patients have images that are nearly the same.{left}")
    listed = first_few((f"{name[first]} and {name[second]}" for first, second in pairs), at_most=3)
    return Finding(
        _NAME,
        "stop",
        f"{len(pairs)} pairs of images of different patients are nearly the same: {listed}. A model may recognise them; one person may stand under two ids.",
    )


def near_copies_check(hashes: NDArray[np.bool_], name: TextArray) -> partial[Finding]:
    """Return the check of these images.

    Parameters
    ----------
    hashes
        ``(n, 64)`` bits.
    name
        ``(n,)`` of the images.
    """
    return partial(near_copies, hashes, name)


def _pairs(
    hashes: NDArray[np.bool_], owner: NDArray[np.intp], part: NDArray[np.intp], usable: NDArray[np.intp]
) -> list[tuple[int, int]]:
    signs = hashes.astype(np.float32) * 2 - 1
    apart = (hashes.shape[1] - signs[part] @ signs[usable].T) / 2
    near = (apart <= _MOST_BITS) & (owner[part][:, None] < owner[usable])
    return [(int(part[first]), int(usable[second])) for first, second in np.argwhere(near)]
