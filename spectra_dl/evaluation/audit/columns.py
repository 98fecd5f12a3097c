"""Columns of the table other than the data, read for what they may name: batches, sessions, instruments, dates and whatever else the table holds."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.classes.metrics import mid_ranks
from spectra_dl.evaluation.patients import Patients

_MOST_CATEGORIES = 50
_PARTS = 8
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# A column whose name has such a word says how a sample was handled; another one may say whose it is.
_HANDLING = re.compile(
    "acquired|acquisition|batch|camera|cent(er|re)|chip|cohort|date|datetime|day|detector|device|exposure|file|folder|freezer|"
    "grating|hospital|instrument|kit|lab|laboratory|laser|lot|machine|measured|measurement|microscope|month|objective|operator|"
    "plate|position|room|run|scan|session|site|slide|source|spectrometer|storage|substrate|technician|time|timestamp|tube|vial|"
    "week|well|year"
)
_PERSON = re.compile(
    "age|biopsy|birth|bone|born|bmi|death|diagnos(is|ed)|disease|followup|gender|gleason|grade|height|lesion|metasta(sis|ses)|onset|"
    "outcome|progression|psa|recurrence|relapse|sex|since|smok(er|ing)|stage|surgery|survival|symptoms?|therapy|treatment|tumou?r|weight"
)
_DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%Y %H:%M")
_EPOCH = datetime(1900, 1, 1)


@dataclass(frozen=True, eq=False)
class Column:
    """A column that may name batches.

    Attributes
    ----------
    name
        As in the table.
    handling
        Whether the name or the values (dates) say how samples were handled; if not, it may be biology.
    group
        ``(n,)`` number of each row's value.
    group_of_patient
        ``(m,)`` each patient's commonest value.
    recurs
        Whether values recur in so many patients that each can be called a batch.
    rank
        ``(n,)`` of dates and numbers; None for other text.
    """

    name: str
    handling: bool
    group: IndexArray
    group_of_patient: IndexArray
    recurs: bool
    rank: FloatArray | None

    def features(self) -> FloatArray:
        """Return what a probe may know of the column, ``(n, k)``: which value, how early, which eighth of the order."""
        parts = [_categories(self.group)] if self.recurs else []
        if self.rank is not None:
            bounds = np.quantile(self.rank, np.arange(1, _PARTS) / _PARTS)
            parts += [self.rank[:, None], _categories(np.searchsorted(bounds, self.rank))]
        return np.concatenate(parts, axis=1)


def says_whose(name: str) -> bool:
    """Return whether a column of this name says something of the person, as age or sex do."""
    return any(_PERSON.fullmatch(word.lower()) for word in _WORD.findall(name))


def read_columns(columns: Mapping[str, Texts], patients: Patients) -> list[Column]:
    """Return the columns that can name batches: 2 to m / 2 different values among m patients, dates, or numbers that say how samples were handled.

    Parameters
    ----------
    columns
        ``(n,)`` text by name.
    patients
        Whose each row is.
    """
    read = (_read(name, [str(cell).strip() for cell in cells], patients) for name, cells in columns.items())
    return [column for column in read if column is not None]


def _read(name: str, cells: list[str], patients: Patients) -> Column | None:
    values, group = np.unique(np.array(cells, dtype=np.str_), return_inverse=True)
    of_patient = _commonest(group, patients)
    distinct = np.unique(of_patient).size
    recurs = distinct <= len(patients.names) / 2
    if distinct < 2:
        return None
    days = _in_order(values, [datetime.fromisoformat, *map(_date_reader, _DATE_FORMATS)])
    order = _in_order(values, [float]) if days is None else days
    words = [word.lower() for word in _WORD.findall(name)]
    handling = days is not None or any(map(_HANDLING.fullmatch, words))
    handling = handling and not any(map(_PERSON.fullmatch, words))
    if not (recurs or days is not None or (handling and order is not None)):
        return None
    return Column(
        name, handling, group, of_patient, recurs, None if order is None else mid_ranks(order[group])
    )


def _commonest(group: IndexArray, patients: Patients) -> IndexArray:
    """Return each patient's commonest value, the first of equals."""
    n_groups = int(group.max()) + 1
    pair, count = np.unique(patients.of_row * n_groups + group, return_counts=True)
    owner, value = np.divmod(pair, n_groups)
    best = np.lexsort((value, -count, owner))
    _, first = np.unique(owner[best], return_index=True)
    chosen: IndexArray = value[best][first]
    return chosen


def _in_order(
    values: NDArray[np.str_], readers: list[Callable[[str], datetime] | type[float]]
) -> FloatArray | None:
    """Return values as numbers by the first reader that takes all of them, empty ones as the median; None if none does."""
    filled = [value for value in values.tolist() if value]
    for reader in readers:
        try:
            read = [reader(value) for value in filled]
        except ValueError:
            continue
        numbers = np.array([_as_number(value) for value in read])
        if numbers.size and np.isfinite(numbers).all():
            order = np.full(values.size, np.median(numbers))
            order[values != ""] = numbers
            return order
    return None


def _as_number(value: datetime | float) -> float:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=None) - _EPOCH).total_seconds()
    return value


def _date_reader(form: str) -> Callable[[str], datetime]:
    return lambda value: datetime.strptime(value, form)


def _categories(values: NDArray[np.intp]) -> FloatArray:
    """Return a 0/1 column for each of the 50 commonest values, ``(n, k)``."""
    names, counts = np.unique(values, return_counts=True)
    common = names[np.argsort(-counts, kind="stable")][:_MOST_CATEGORIES]
    indicators: FloatArray = (values[:, None] == common).astype(np.float64)
    return indicators
