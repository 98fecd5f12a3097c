"""The table of clinical columns, one row a patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError

Kind = Literal["numeric", "ordinal", "category"]


@dataclass(frozen=True, eq=False)
class ClinicalColumn:
    """A clinical column.

    Attributes
    ----------
    name
        Without the unit.
    kind
        ``"numeric"``; ``"ordinal"``: levels in an order; ``"category"``: levels in none.
    values
        ``(n,)`` float64, NaN where missing; of an ordinal column or a category the number of the level.
    levels
        Of an ordinal column, in their order, or of a category.
    unit
        As the file or the study writes it; empty where nobody said.
    known_before
        Whether the value is known before the outcome; None where nobody said.

    Raises
    ------
    DataError
        A value is infinite, or the number of no level.
    """

    name: str
    kind: Kind
    values: FloatArray
    levels: tuple[str, ...] = ()
    unit: str = ""
    known_before: bool | None = None

    def __post_init__(self) -> None:
        known = self.values[~np.isnan(self.values)]
        if self.kind == "numeric":
            if not np.isfinite(known).all():
                raise DataError(
                    f"column {self.name!r:.80}: a value is infinite; correct it or leave it empty"
                )
        elif not np.isin(known, np.arange(len(self.levels))).all():
            raise DataError(f"column {self.name!r:.80}: a value is the number of no level")


@dataclass(frozen=True, eq=False)
class ClinicalTable:
    """Clinical columns of patients, one row each; ``table[rows]`` takes some of them.

    Attributes
    ----------
    patients
        The patients' ids, one a row.
    columns
        One or more, each with a value per patient.
    label
        ``(n,)`` text: the class of each patient; None where the file doesn't say.
    notes
        One sentence for each guess, and for each column that was left out.
    outcomes
        ``(n,)`` text by column, empty where missing: what is predicted in place of classes, where the file says it.

    Raises
    ------
    DataError
        A column has another length, or two have one name.

    Examples
    --------
    >>> table = ClinicalTable(("P1", "P2"), (ClinicalColumn("age", "numeric", np.array([61.0, np.nan])),))
    >>> len(table), table[np.array([1])].patients
    (2, ('P2',))
    """

    patients: tuple[str, ...]
    columns: tuple[ClinicalColumn, ...]
    label: TextArray | None = None
    notes: tuple[str, ...] = ()
    outcomes: Mapping[str, TextArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise DataError("two clinical columns have one name; rename one of them")
        lengths = {len(column.values) for column in self.columns}
        lengths |= set() if self.label is None else {len(self.label)}
        lengths |= {len(cells) for cells in self.outcomes.values()}
        if lengths - {len(self.patients)}:
            raise DataError(f"clinical columns of another length than {len(self.patients)} patients")

    def __len__(self) -> int:
        return len(self.patients)

    def __getitem__(self, rows: IndexArray, /) -> "ClinicalTable":
        return replace(
            self,
            patients=tuple(self.patients[row] for row in rows),
            columns=tuple(replace(column, values=column.values[rows]) for column in self.columns),
            label=None if self.label is None else self.label[rows],
            outcomes={name: cells[rows] for name, cells in self.outcomes.items()},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> ClinicalColumn:
        """Return the column of a name.

        Raises
        ------
        DataError
            There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(f"no clinical column is called {name!r:.80}")

    def only(self, names: Sequence[str]) -> "ClinicalTable":
        """Return the table with the columns of these names alone, in this order."""
        return replace(self, columns=tuple(self.column(name) for name in names))
