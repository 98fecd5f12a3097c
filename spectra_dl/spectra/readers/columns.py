"""Columns of metadata and their parts: who is the sample, the patient, the label, the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.wording import listed, quoted
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.text.csv_rows import restored

ROWS_NUMBERED = "no column sample_id; the rows were numbered"
USUAL_COLUMNS = {
    "sample_id": ("sample_id",),
    "patient": ("patient_id", "patient"),
    "label": ("label",),
    "batch": ("batch",),
}
USUAL_NAMES = {name for names in USUAL_COLUMNS.values() for name in names}
# Narrower than the spellings of missing numbers: "none" or "-" may be a label.
MISSING_TEXT = frozenset({"NA", "N/A", "#N/A", "nan", "NaN", "NAN", "null", "NULL"})


@dataclass(frozen=True)
class Columns:
    """The metadata columns of an input and which of them play a part.

    Attributes
    ----------
    names
        Names of all metadata columns.
    parts
        Position among ``names`` for each part that has a column.
    notes
        The parts that were given to a column by its name alone.
    """

    names: tuple[str, ...]
    parts: dict[str, int]
    notes: tuple[str, ...]

    def table(
        self,
        intensity: FloatArray,
        wavenumber: FloatArray,
        cells: Sequence[Sequence[str]],
        *,
        default_ids: Sequence[str],
        source: Sequence[str],
        notes: Sequence[str],
        overlaps: Sequence[tuple[float, float]] = (),
    ) -> SpectraTable:
        """Assemble a block of spectra.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64.
        wavenumber
            ``(p,)`` ascending, cm⁻¹.
        cells
            For each of n spectra the stripped text of all metadata columns.
        default_ids
            The n sample ids where no column gives them.
        source
            For each of n spectra the file and the place in it.
        notes
            Of the whole input so far.
        overlaps
            Where windows of the axis were cut.
        """
        columns = [text_array([restored(row[k]) for row in cells]) for k in range(len(self.names))]

        def part(role: str) -> TextArray | None:
            return known_text(columns[self.parts[role]]) if role in self.parts else None

        assigned = set(self.parts.values())
        return SpectraTable(
            intensity=intensity,
            wavenumber=wavenumber,
            sample_id=columns[self.parts["sample_id"]]
            if "sample_id" in self.parts
            else text_array(default_ids),
            patient=part("patient"),
            label=part("label"),
            batch=part("batch"),
            source=text_array(source),
            metadata={name: columns[k] for k, name in enumerate(self.names) if k not in assigned},
            notes=tuple(notes),
            overlaps=tuple(overlaps),
        )


def known_text(column: TextArray) -> TextArray:
    """Return ``column`` with the spellings of a missing entry (NA, nan, ...) replaced by empty text."""
    return np.where(np.isin(column, list(MISSING_TEXT)), "", column)


def assign_columns(
    names: Sequence[str],
    options: ReadOptions,
    where: str,
    *,
    usual: Mapping[str, tuple[str, ...]] = USUAL_COLUMNS,
) -> Columns:
    """Assign a column to each part by the options, else by its usual name.

    Parameters
    ----------
    names
        Names of the metadata columns.
    options
        The columns that the user named.
    where
        The file, for messages.
    usual
        The names by which a part is recognised without an option.

    Returns
    -------
    Columns
        With a note for each part that was recognised by its name.

    Raises
    ------
    UsageError
        An option names a column that is not there.
    DataError
        A name stands twice, or ``patient`` and ``patient_id`` both do.
    """
    duplicates = sorted({name for name in names if list(names).count(name) > 1})
    if duplicates:
        raise DataError(f"{where}: two columns are called {quoted(duplicates[0])}; rename one of them")
    named = options.named()
    parts: dict[str, int] = {}
    notes: list[str] = []
    for role, column in named.items():
        parts[role] = _position(column, role, names, where)
    for role, candidates in usual.items():
        present = [name for name in candidates if name in names and name not in named.values()]
        if role in named or not present:
            continue
        if len(present) > 1:
            raise DataError(
                f"{where}: columns {' and '.join(present)} could both be the {role}; name one as an option"
            )
        parts[role] = names.index(present[0])
        notes.append(f"column {present[0]} was taken as the {role}")
    if options.replicates is not None and "patient" in parts:
        raise DataError(
            f"{where}: column {quoted(names[parts['patient']])} names the patients, and replicates={options.replicates} too; "
            f"rename the column, or leave replicates out"
        )
    return Columns(tuple(names), parts, tuple(notes))


def _position(column: str, role: str, names: Sequence[str], where: str) -> int:
    if column not in names:
        raise UsageError(
            f"{where}: no column {quoted(column)} for {role}; the columns are {listed(names) or 'wavenumbers only'}"
        )
    return names.index(column)
