"""Patients as rows, each with blocks of data: spectra, features of images, clinical columns. A patient may lack a block."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, group_means
from spectra_dl.errors import DataError
from spectra_dl.evaluation.rows import Rows
from spectra_dl.evaluation.wording import first_few


@dataclass(frozen=True, eq=False)
class FusionBlock:
    """One kind of data, with whose each row is.

    Attributes
    ----------
    name
        Of the block, as reports write it.
    rows
        ``n`` rows of a modality: a `SpectraTable`, features of images, a `ClinicalTable`.
    owner
        ``(n,)`` number of each row's patient.

    Raises
    ------
    DataError
        There is not one owner for each row.
    """

    name: str
    rows: Rows
    owner: IndexArray

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.owner):
            raise DataError(f"block {self.name!r:.60}: {len(self.owner)} owners for {len(self.rows)} rows")

    @cached_property
    def _order(self) -> IndexArray:
        return np.argsort(self.owner, kind="stable")

    def of_patients(self, patients: IndexArray) -> "FusionBlock":
        """Return the rows of some patients, who are numbered in the order given."""
        ordered = self.owner[self._order]
        starts, ends = (np.searchsorted(ordered, patients, side=side) for side in ("left", "right"))
        index = [self._order[start:end] for start, end in zip(starts, ends, strict=True)]
        kept = np.concatenate([np.empty(0, dtype=np.intp), *index])
        owner = np.repeat(np.arange(len(patients)), ends - starts)
        return FusionBlock(self.name, self.rows[kept], owner)


@dataclass(frozen=True, eq=False)
class FusionRows:
    """Patients in a fixed order, each with rows of one or more blocks; ``rows[index]`` takes some patients.

    Attributes
    ----------
    patients
        Their ids.
    blocks
        Each of another name.

    Raises
    ------
    DataError
        No blocks, two of one name, or a row that is nobody's.

    Examples
    --------
    >>> spectra = FusionBlock("spectra", np.eye(3), np.array([0, 0, 1]))
    >>> age = FusionBlock("age", np.array([[61.0], [70.0]]), np.array([0, 2]))
    >>> rows = FusionRows(("P1", "P2", "P3"), (spectra, age))
    >>> rows.has("age"), len(rows[np.array([0, 2])].block("spectra").rows)
    (array([ True, False,  True]), 2)
    """

    patients: tuple[str, ...]
    blocks: tuple[FusionBlock, ...]

    def __post_init__(self) -> None:
        names = [block.name for block in self.blocks]
        if not names or len(set(names)) < len(names):
            raise DataError(f"blocks {first_few(names) or 'none'}: give one or more, each of another name")
        for block in self.blocks:
            if len(block.owner) and not (block.owner.min() >= 0 and block.owner.max() < len(self.patients)):
                raise DataError(
                    f"block {block.name!r:.60}: a row is of none of the {len(self.patients)} patients"
                )

    def __len__(self) -> int:
        return len(self.patients)

    def __getitem__(self, index: IndexArray, /) -> "FusionRows":
        index = np.asarray(index, dtype=np.intp)
        return FusionRows(
            tuple(self.patients[at] for at in index),
            tuple(block.of_patients(index) for block in self.blocks),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The blocks' names."""
        return tuple(block.name for block in self.blocks)

    def block(self, name: str) -> FusionBlock:
        """Return the block of a name.

        Raises
        ------
        DataError
            There is none.
        """
        for block in self.blocks:
            if block.name == name:
                return block
        raise DataError(f"no block is called {name!r:.60}; there are {first_few(self.names)}")

    def has(self, name: str) -> NDArray[np.bool_]:
        """Return ``(m,)`` whether each patient has rows of the block."""
        present: NDArray[np.bool_] = np.bincount(self.block(name).owner, minlength=len(self)) > 0
        return present

    def only(self, names: Sequence[str]) -> "FusionRows":
        """Return the same patients with the blocks of these names alone."""
        return FusionRows(self.patients, tuple(self.block(name) for name in names))


def patient_means(values: FloatArray, owner: IndexArray, patients: int) -> FloatArray:
    """Return ``(m, c)`` the mean over each patient's rows; NaN of patients without rows.

    Parameters
    ----------
    values
        ``(n, c)`` of rows.
    owner
        ``(n,)`` number of each row's patient.
    patients
        ``m``.

    Examples
    --------
    >>> patient_means(np.array([[1.0], [3.0]]), np.array([2, 2]), 3)[:, 0].tolist()
    [nan, nan, 2.0]
    """
    present, of_row = np.unique(owner, return_inverse=True)
    means = np.full((patients, values.shape[1]), np.nan)
    means[present] = group_means(values, of_row.astype(np.intp))
    return means


def patient_medians(values: FloatArray, owner: IndexArray, patients: int) -> FloatArray:
    """Return ``(m,)`` the median of each patient's values; NaN of patients without any.

    Parameters
    ----------
    values
        ``(n,)`` of rows.
    owner, patients
        As of `patient_means`.
    """
    medians = np.full(patients, np.nan)
    for patient in np.unique(owner):
        medians[patient] = np.median(values[owner == patient])
    return medians
