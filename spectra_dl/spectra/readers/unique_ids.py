"""Refuse a sample id that stands twice, in a file of any length."""

import sqlite3
from typing import cast

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.wording import quoted
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.scratch import Scratch, given_text, stored_text

_NEW = "INSERT INTO seen VALUES (?, ?)"


class UniqueIds:
    """Refuse a sample id that stands twice or is empty; what was seen is not kept in memory."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._seen = Scratch("CREATE TABLE seen (id BLOB PRIMARY KEY, place BLOB) WITHOUT ROWID")

    def check(self, table: SpectraTable) -> SpectraTable:
        """Return ``table`` if all its ids are new.

        Raises
        ------
        DataError
            An id is empty, or stands twice; says in which rows.
        """
        places = table.source if table.source is not None else table.sample_id
        rows = [
            (stored_text(sample), stored_text(place))
            for sample, place in zip(table.sample_id, places, strict=True)
        ]
        for sample, place in rows:
            if not sample:
                raise DataError(f"{given_text(place)}: the sample id is empty; give every spectrum one")
        unwritten = iter(rows)
        try:
            self._seen.write(_NEW, unwritten)
        except sqlite3.IntegrityError:
            consumed = len(rows) - sum(1 for _ in unwritten)
            raise self._twice(*rows[consumed - 1]) from None
        return table

    def _twice(self, sample: bytes, second: bytes) -> DataError:
        ((place,),) = self._seen.read("SELECT place FROM seen WHERE id = ?", (sample,))
        first = given_text(cast("bytes", place))
        return DataError(
            f"{self._where}: sample id {quoted(given_text(sample))} stands twice, in {first} and "
            f"{given_text(second)}; make ids unique, or name another column as sample_id (a column can be the patient instead)"
        )
