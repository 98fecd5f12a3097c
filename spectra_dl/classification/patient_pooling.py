"""From rows to patients: the mean logit, over any number of rows, in whatever order they come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.classification.predictions import PatientPredictions, RowPredictions, softmax
from spectra_dl.evaluation.context import Words
from spectra_dl.evaluation.person_ids import spelling_key, spelling_note
from spectra_dl.storage.scratch import Scratch, given_text, stored_text

_AT_ONCE = 1024
_TABLES = (
    "CREATE TABLE patients (number INTEGER PRIMARY KEY, key BLOB UNIQUE, name BLOB)",
    "CREATE TABLE spellings (key BLOB, name BLOB, PRIMARY KEY (key, name)) WITHOUT ROWID",
    # A patient's rows in a block are one row here.
    "CREATE TABLE rows (patient INTEGER, status TEXT, ood_score BLOB, logits BLOB)",
)
_NEW_PATIENT = "INSERT OR IGNORE INTO patients (key, name) VALUES (?, ?)"
_NEW_SPELLING = "INSERT OR IGNORE INTO spellings VALUES (?, ?)"
_NEW_ROW = "INSERT INTO rows SELECT number, ?, ?, ? FROM patients WHERE key = ?"
_SEVERAL = (
    "SELECT spellings.key, spellings.name FROM spellings JOIN "
    "(SELECT key FROM spellings GROUP BY key HAVING COUNT(*) > 1) AS several ON several.key = spellings.key ORDER BY 1, 2"
)
_IN_ORDER = (
    "SELECT name, status, ood_score, logits FROM rows JOIN patients ON number = patient "
    "ORDER BY patient, rows.rowid"
)
_Rows = tuple[bytes, str, bytes, bytes]


class TalliedRows(Protocol):
    """What is known of rows that are put together by patient, see `RowPredictions`."""

    @property
    def sample_id(self) -> TextArray:
        """``(n,)`` text."""

    @property
    def patient(self) -> TextArray | None:
        """``(n,)`` text; None where the input named none."""

    @property
    def status(self) -> TextArray:
        """``(n,)`` text: ok, warned or refused."""

    @property
    def ood_score(self) -> FloatArray:
        """``(n,)`` as a multiple of the limit."""


@dataclass(frozen=True, eq=False)
class PooledRows:
    """Rows of patients put together, in order of first appearance.

    Attributes
    ----------
    patient
        ``(m,)`` text.
    n_rows, n_used
        ``(m,)`` int: rows in the input, and those that were not refused.
    status, reason
        ``(m,)`` text; refused when no row could be used.
    ood_score
        ``(m,)`` float64: the median over the used rows; NaN for refused patients.
    mean
        ``(m, c)`` of what was said of the used rows; NaN for refused patients.
    """

    patient: TextArray
    n_rows: NDArray[np.int64]
    n_used: NDArray[np.int64]
    status: TextArray
    reason: TextArray
    ood_score: FloatArray
    mean: FloatArray


class RowTally:
    """What was said of the rows so far, summed by patient; it is not kept in memory.

    Parameters
    ----------
    width
        Numbers that are said of a row.
    words
        What rows are called.
    one_spelling
        Spellings of one id are one patient; False where the owners of rows are no persons, such as slides, whose names differ where any letter does.
    """

    def __init__(self, width: int, words: Words | None = None, *, one_spelling: bool = True) -> None:
        self.width = width
        self.words = words or Words()
        self.one_spelling = one_spelling
        self._scratch = Scratch(*_TABLES)

    def add_rows(self, rows: TalliedRows, said: FloatArray) -> None:
        """Count some rows in; without patients each row stands for itself.

        Parameters
        ----------
        rows
            ``n`` of them.
        said
            ``(n, c)`` of each, NaN where it was refused.
        """
        owner = rows.sample_id if rows.patient is None else rows.patient
        names = [stored_text(name) for name in owner]
        spelled = self.one_spelling and rows.patient is not None
        keys = [stored_text(spelling_key(name)) for name in owner] if spelled else names
        spellings = dict.fromkeys(zip(keys, names, strict=True))
        self._scratch.write(_NEW_PATIENT, spellings)
        if spelled:
            self._scratch.write(_NEW_SPELLING, spellings)
        of_key: dict[bytes, list[int]] = {}
        for row, key in enumerate(keys):
            of_key.setdefault(key, []).append(row)
        together = (
            (
                " ".join([rows.status[row] for row in own]),
                rows.ood_score[own].tobytes(),
                said[own].tobytes(),
                key,
            )
            for key, own in of_key.items()
        )
        self._scratch.write(_NEW_ROW, together)

    def notes(self) -> tuple[str, ...]:
        """Say which spellings of ids were taken for one patient; empty where each has one."""
        found = cast("Iterator[tuple[bytes, bytes]]", self._scratch.read(_SEVERAL))
        several = [
            sorted(given_text(name) for _, name in of_key) for _, of_key in groupby(found, key=itemgetter(0))
        ]
        return (spelling_note(sorted(several)),) if several else ()

    def pooled(self) -> Iterator[PooledRows]:
        """Yield patients in order of first appearance, some at a time."""
        rows = cast("Iterator[_Rows]", self._scratch.read(_IN_ORDER))
        each = (
            _patient(name, of_patient, self.width, self.words.rows)
            for name, of_patient in groupby(rows, key=itemgetter(0))
        )
        while some := list(islice(each, _AT_ONCE)):
            yield PooledRows(
                text_array([patient.name for patient in some]),
                np.array([patient.n_rows for patient in some]),
                np.array([patient.n_used for patient in some]),
                text_array([patient.status for patient in some]),
                text_array([patient.reason for patient in some]),
                np.array([patient.ood_score for patient in some]),
                np.array([patient.mean for patient in some]),
            )


class PatientTally(RowTally):
    """The logits of the rows so far, summed by patient; they are not kept in memory.

    Parameters
    ----------
    classes
        The class names, in the order of the columns.
    words, one_spelling
        As of `RowTally`.
    """

    def __init__(
        self, classes: tuple[str, ...], words: Words | None = None, *, one_spelling: bool = True
    ) -> None:
        super().__init__(len(classes), words, one_spelling=one_spelling)
        self.classes = classes

    def add(self, rows: RowPredictions) -> None:
        """Count some rows in; without patients each row stands for itself."""
        self.add_rows(rows, rows.logits)

    def patients(self, temperature: float) -> Iterator[PatientPredictions]:
        """Yield one prediction per patient, in order of first appearance, some patients at a time."""
        for some in self.pooled():
            yield PatientPredictions(
                some.patient,
                some.n_rows,
                some.n_used,
                some.status,
                some.reason,
                self.classes,
                softmax(some.mean / temperature),
                some.ood_score,
            )


@dataclass(frozen=True, eq=False)
class _Patient:
    """A patient's counts, mean of what was said of rows and median ood_score; both NaN where no row could be used."""

    name: str
    n_rows: int
    n_used: int
    n_warned: int
    mean: FloatArray
    ood_score: float
    words: str

    @property
    def status(self) -> str:
        return "refused" if not self.n_used else "warned" if self.reason else "ok"

    @property
    def reason(self) -> str:
        refused = self.n_rows - self.n_used
        parts = [f"{refused} of {self.n_rows} {self.words} refused"] if refused else []
        parts += [f"{self.n_warned} of {self.n_rows} {self.words} warned"] if self.n_warned else []
        return "; ".join(parts)


def _patient(name: bytes, blocks: "Iterable[_Rows]", width: int, words: str) -> _Patient:
    total = np.zeros(width)
    n_rows = n_warned = 0
    ood_score: list[float] = []
    # A sum in the order of the rows: no result depends on how they were cut into blocks.
    for _, statuses, scores, logits in blocks:
        each = statuses.split(" ")
        n_rows += len(each)
        n_warned += each.count("warned")
        rows = np.frombuffer(logits).reshape(len(each), width)
        for status, score, row in zip(each, np.frombuffer(scores).tolist(), rows, strict=True):
            if status != "refused":
                total += row
                ood_score.append(score)
    n_used = len(ood_score)
    mean = total / n_used if n_used else np.full(width, np.nan)
    return _Patient(given_text(name), n_rows, n_used, n_warned, mean, _median(ood_score), words)


def _median(values: list[float]) -> float:
    """Return the median of numbers, NaN of none; a patient has few, for which NumPy takes many times as long."""
    if not values:
        return float("nan")
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
