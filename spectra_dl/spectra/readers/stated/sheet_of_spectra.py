"""A sample sheet beside a table of many spectra: each row says whose one spectrum is, by its id or the name of its column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.columns import ROWS_NUMBERED, USUAL_COLUMNS, Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.text.small_table import SmallTable, read_small_table
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import listed, quoted
from spectra_dl.spectra.table import SpectraTable

_FILE_COLUMN = "file"


@dataclass(frozen=True)
class SheetOfSpectra:
    """Whose each spectrum of a table is, as a sheet says it.

    Attributes
    ----------
    sheet
        As read.
    key
        The column that names the spectra.
    columns
        What the others are.
    cells
        The other cells of each row, by the name of the spectrum.
    """

    sheet: SmallTable
    key: str
    columns: Columns
    cells: dict[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def read(cls, options: ReadOptions, ids: Sequence[str]) -> "SheetOfSpectra | None":
        """Return the sheet of the options, None where no column of it can name spectra.

        Parameters
        ----------
        options
            The sheet, and which of its columns give sample id, patient, label and batch.
        ids
            Of some spectra: of the columns that may name them the first that has one of these is taken.

        Raises
        ------
        DataError
            The sheet can't be read, or names a spectrum twice.
        UsageError
            An option names a column that the sheet lacks.
        """
        if options.samples is None:
            return None
        sheet = read_small_table(options.samples)
        known = {name for one in ids for name in (one, _stem(one))}
        usual = (options.sample_id, *USUAL_COLUMNS["sample_id"], _FILE_COLUMN)
        candidates = [sheet.names.index(name) for name in usual if name in sheet.names]
        if not candidates:
            return None
        at = next(
            (
                at
                for at in candidates
                if known & {name for row in sheet.rows for name in (row[at], _stem(row[at]))}
            ),
            candidates[0],
        )
        others = tuple(name for name in sheet.names if name != sheet.names[at])
        kept = options if options.sample_id in others else replace(options, sample_id=None)
        cells: dict[str, tuple[str, ...]] = {}
        for line, row in zip(sheet.lines, sheet.rows, strict=True):
            if row[at] in cells:
                raise DataError(
                    f"{sheet.where} line {line}: {quoted(row[at])} stands in two rows; give each spectrum one"
                )
            cells[row[at]] = (*row[:at], *row[at + 1 :])
        return cls(sheet, sheet.names[at], assign_columns(others, kept, sheet.where), cells)

    def names_files(self, paths: Sequence[Path]) -> bool:
        """Return whether the sheet's rows are of files, one of which was given, and not of spectra in them."""
        return any(PureWindowsPath(name).name == path.name for name in self.cells for path in paths)

    def joined(self, blocks: Iterator[SpectraTable], name: str) -> Iterator[SpectraTable]:
        """Yield blocks of spectra with what the sheet says of each; rows of the sheet without a spectrum are noted with the last.

        Parameters
        ----------
        blocks
            Spectra as their table gives them.
        name
            Of the table, for messages.

        Raises
        ------
        DataError
            A spectrum has no row, the table has no ids, or both say different things of a spectrum.
        """
        unused, ids, last = dict.fromkeys(self.cells), UniqueIds(self.sheet.where), None
        for block in blocks:
            if last is not None:
                yield last
            rows = self._rows(block, name)
            for row in rows:
                unused.pop(row, None)
            last = ids.check(self._with_rows(block, rows, name))
        if last is not None:
            note = f"{self.sheet.where}: rows without a spectrum in {name}, not used: {listed(list(unused))}"
            yield last.with_notes(note) if unused else last

    def _rows(self, block: SpectraTable, name: str) -> list[str]:
        """Return the key of each spectrum's row."""
        if ROWS_NUMBERED in block.notes:
            raise DataError(
                f"{name}: its rows have no ids by which {self.sheet.where} could be joined; call their column sample_id, or name it with --sample-id"
            )
        stems: dict[str, list[str]] = {}
        for key in self.cells:
            stems.setdefault(_stem(key), []).append(key)
        rows, missing = [], []
        for sample in map(str, block.sample_id):
            meant = [sample] if sample in self.cells else stems.get(_stem(sample), [])
            rows += meant if len(meant) == 1 else [""]
            missing += [] if len(meant) == 1 else [sample]
        if missing:
            raise DataError(
                f"{self.sheet.where}: no row whose {self.key} is {listed(missing)}, as spectra in {name} are called; add their rows, or take the spectra out"
            )
        return rows

    def _with_rows(self, block: SpectraTable, rows: Sequence[str], name: str) -> SpectraTable:
        said = self.columns.table(
            block.intensity,
            block.wavenumber,
            [self.cells[row] for row in rows],
            default_ids=list(block.sample_id),
            source=list(block.sample_id) if block.source is None else list(block.source),
            notes=(
                *block.notes,
                *self.sheet.notes,
                *self.columns.notes,
                f"{self.sheet.where} says whose the spectra of {name} are, by its column {self.key}",
            ),
            overlaps=block.overlaps,
        )
        return replace(
            said,
            patient=self._agreed("patient", (said.patient, block.patient), block, name),
            label=self._agreed("label", (said.label, block.label), block, name),
            batch=self._agreed("batch", (said.batch, block.batch), block, name),
            metadata={**block.metadata, **said.metadata},
        )

    def _agreed(
        self, role: str, said: tuple[TextArray | None, TextArray | None], block: SpectraTable, name: str
    ) -> TextArray | None:
        """Return what sheet and table say of patient, label or batch; where one is silent the other counts."""
        of_sheet, of_table = said
        if of_sheet is None or of_table is None:
            return of_table if of_sheet is None else of_sheet
        differ = (of_sheet != of_table) & (of_sheet != "") & (of_table != "")
        if differ.any():
            at = int(np.argmax(differ))
            raise DataError(
                f"{self.sheet.where} says {role} {quoted(str(of_sheet[at]))} of {quoted(str(block.sample_id[at]))}, and {name} says {quoted(str(of_table[at]))}; "
                "correct one, or rename the column of the one that doesn't count"
            )
        return np.where(of_sheet == "", of_table, of_sheet)


def _stem(name: str) -> str:
    """Return a name without its folder and what stands behind its last dot, where that is a file's ending."""
    path = PureWindowsPath(name)
    return path.stem if path.suffix[1:].isalnum() and not path.suffix[1:].isdecimal() else path.name
