"""How long each patient was followed, and whether the event came, checked once for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, Texts, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.evaluation.outcomes.survival.curves import martingale_residuals
from spectra_dl.evaluation.outcomes.values import RowsOfPatients, numbers_of_patients
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import counted, first_few

FEWEST_EVENTS = 10
FIRST_DATE, LAST_DATE = (
    25_569,
    55_153,
)  # 1970 and 2050 in days since 1900; as days of follow-up more than a life
_WRITTEN = {"0", "1", "0.0", "1.0"}
_FIRST_YEAR, _LAST_YEAR = 1950, 2100


@dataclass(frozen=True, eq=False)
class Survival(RowsOfPatients):
    """Rows that belong to patients, each followed for some time.

    Attributes
    ----------
    time
        ``(m,)`` until the event, or until the patient was last seen without it.
    event
        ``(m,)`` whether the event came; where not, the patient is censored.
    """

    time: FloatArray
    event: NDArray[np.bool_]

    @property
    def target(self) -> FloatArray:
        """``(n, 2)`` time and event of each row's patient, as models are given them."""
        return np.stack([self.time, self.event], axis=1)[self.of_row]

    @property
    def numbers(self) -> list[FloatArray]:
        """What a column may say in other words: the time, and that of events alone, which such a column may have left empty elsewhere."""
        return [self.time, np.where(self.event, self.time, np.nan)]

    @cached_property
    def halves(self) -> Patients:
        """The same patients with two classes, event sooner than expected or not, for checks that compare classes."""
        excess = martingale_residuals(self.time, self.event)
        sooner = (excess > np.median(excess)).astype(np.intp)
        return Patients(self.names, ("later", "sooner"), self.of_row, sooner)


def read_survival(
    patient: Texts | None, time: Texts, event: Texts, *, columns: Sequence[str] = ("time", "event")
) -> Survival:
    """Check ids, times and events of rows.

    Parameters
    ----------
    patient
        ``(n,)`` patient id of each row; ids that differ in spelling only are one person's.
    time
        ``(n,)`` how long the row's patient was followed, as text; above 0.
    event
        ``(n,)`` ``1`` where the event came at that time, ``0`` where the patient was last seen then without it.
    columns
        What times and events are called, for messages.

    Raises
    ------
    UsageError
        There are no patient ids.
    DataError
        A row lacks an id, a time or an event, a time is 0 or negative, an event is neither 0 nor 1, a patient has several, or there are fewer than ten
        events.

    Examples
    --------
    >>> patient = [f"p{number:02d}" for number in range(12)]
    >>> followed = read_survival(patient, [str(number) for number in range(1, 13)], ["1"] * 11 + ["0"])
    >>> int(followed.event.sum()), followed.target[-1].tolist()
    (11, [12.0, 0.0])
    """
    _refuse_words(event, columns[1])
    names, of_row, (times, events) = numbers_of_patients(patient, {columns[0]: time, columns[1]: event})
    if early := [f"{name:.60} {at:g}" for name, at in zip(names, times, strict=True) if at <= 0]:
        raise DataError(
            f"{columns[0]!r:.60} is 0 or negative for {counted(len(early), 'patient')} ({first_few(early, at_most=3)}); a time counts from when the patient's follow-up began, and "
            "whose ended as it began, or who had the event before, can't be predicted: correct it, or leave these patients out"
        )
    _refuse_dates(times, columns[0])
    count = int(events.sum())
    if count == 0:
        raise DataError(
            f"{columns[1]!r:.60} is 0 for all {len(names)} patients: without an event nothing says who is at risk; is 1 the event, and 0 a patient last seen "
            "without it?"
        )
    if count < FEWEST_EVENTS:
        raise DataError(
            f"{count} of {len(names)} patients have an event, and at least {FEWEST_EVENTS} are needed: with so few a C-index of .50 and one of .70 look alike, "
            "and neither a curve by risk nor a calibration shows anything; follow the patients longer, or bring more"
        )
    if times[events > 0].min() >= times.max():
        raise DataError(
            f"{columns[0]!r:.60}: no event comes before another patient's time ({times.max():g}), so nobody's event comes sooner than anybody's; is it "
            "the right column?"
        )
    return Survival(names, of_row, times, events.astype(bool))


def _refuse_dates(times: FloatArray, column: str) -> None:
    """Refuse whole numbers that are days of a spreadsheet's calendar, all of some years of it, years, or dates such as 20240331."""
    low, high = times.min(), times.max()
    if not np.all(times == np.round(times)):
        return
    if low >= FIRST_DATE and high <= LAST_DATE:
        what = "dates do in a spreadsheet (44197 is the first day of 2021)"
    elif low >= _FIRST_YEAR and high <= _LAST_YEAR:
        what = "calendar years do"
    elif low >= _FIRST_YEAR * 10_000 and high <= _LAST_YEAR * 10_000 and np.all(times // 100 % 100 <= 12):
        what = "dates do that are written as one number (20240331)"
    else:
        return
    raise DataError(
        f"{column!r:.60} runs from {low:.10g} to {high:.10g}, as {what}; give the time from the beginning of each patient's follow-up"
    )


def _refuse_words(event: Texts, column: str) -> None:
    cells = [text.strip() for text in text_array(event)]
    wrong = [
        row
        for row, cell in enumerate(cells, start=1)
        if cell not in _WRITTEN and cell.lower() not in MISSING_LABELS
    ]
    if wrong:
        raise DataError(
            f"{column!r:.60} holds {cells[wrong[0] - 1]!r:.40} in row {wrong[0]} ({len(wrong)} such rows); write 1 where the event came and 0 where the patient was "
            "last seen without it"
        )
