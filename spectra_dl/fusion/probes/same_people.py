"""Are blocks of the same people? Where two say the same thing of a patient, as sex or age, they must agree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.audit.batches import association_p
from spectra_dl.evaluation.audit.columns import says_whose
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.probes.facts import Facts

_NAME = "blocks of the same people"
_FEWEST = 10  # patients of whom both blocks say it
_TOLERANCE = 0.05  # of a number: an age may be a year old
_MOST_DIFFER, _CHANCE = 0.2, 0.01
_SAME_ORDER = 0.95  # rank correlation of numbers in other units


@dataclass(frozen=True)
class _Compared:
    """What two blocks say of a column."""

    column: str
    blocks: tuple[str, str]
    differ: tuple[str, ...]
    share: float
    related: bool

    @property
    def words(self) -> str:
        return f"{self.column!r:.60} differs between {self.blocks[0]} and {self.blocks[1]} in {self.share:.0%} of patients"


@dataclass(frozen=True, eq=False)
class SamePeople:
    """What blocks say of patients.

    Attributes
    ----------
    facts
        From `facts.facts_of`.
    """

    facts: Mapping[str, Facts]

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Compare what two blocks say of the same patients.

        Parameters
        ----------
        patients
            One a row.
        folds
            Not looked at.
        seed
            Of the permutations.
        """
        names = np.array(patients.shown_names, dtype=object)[patients.of_row]
        compared = list(self._compared(names, seed))
        if not compared:
            return Finding(
                _NAME,
                "fine",
                "No two blocks say the same thing of a patient, such as sex or age, so only the ids show that they are of the same people.",
            )
        others = [
            each for each in compared if each.differ and (each.share > _MOST_DIFFER or not each.related)
        ]
        if others:
            return Finding(
                _NAME,
                "stop",
                f"Blocks are of different people: {first_few((each.words for each in others), longest=160)}. Rows joined by their order, or by class, make "
                "no patient. Join the files by the patients' ids.",
            )
        mixed = [each for each in compared if each.differ]
        if mixed:
            listed = first_few(f"{each.words} ({first_few(each.differ, at_most=3)})" for each in mixed)
            return Finding(
                _NAME, "warn", f"Patients may be mixed up: {listed}. Look these up and correct the files."
            )
        agree = first_few(sorted({repr(each.column) for each in compared}))
        return Finding(_NAME, "fine", f"Blocks agree in what they say of patients: {agree}.")

    def _compared(self, names: TextArray, seed: int) -> Iterator[_Compared]:
        for (first, of_first), (second, of_second) in combinations(self.facts.items(), 2):
            spelled = {name.casefold(): name for name in of_second if says_whose(name)}
            for column in of_first:
                if column.casefold() in spelled:
                    pair = of_first[column], of_second[spelled[column.casefold()]]
                    found = _compare(column, (first, second), pair, names, seed)
                    if found is not None:
                        yield found


def _compare(
    column: str, blocks: tuple[str, str], cells: tuple[TextArray, TextArray], names: TextArray, seed: int
) -> _Compared | None:
    """Return how far two blocks agree on a column; None where too few patients have it, or everybody has the same."""
    both = np.flatnonzero((cells[0] != "") & (cells[1] != ""))
    one, other = (each[both] for each in cells)
    if len(both) < _FEWEST or min(len(set(one)), len(set(other))) < 2:
        return None
    numbers = _numbers(one), _numbers(other)
    if numbers[0] is not None and numbers[1] is not None:
        differ, related = _compare_numbers(numbers[0], numbers[1])
    else:
        if len(set(one)) > len(both) / 3:
            return None  # hardly any value twice: any two columns would fit each other
        differ, related = _compare_texts(one, other, seed)
    return _Compared(column, blocks, tuple(names[both[differ]]), float(len(differ) / len(both)), related)


def _numbers(cells: TextArray) -> FloatArray | None:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _compare_numbers(one: FloatArray, other: FloatArray) -> tuple[IndexArray, bool]:
    """Return the patients whose numbers differ, none where units do, and whether the numbers go together."""
    from scipy.stats import spearmanr

    order = spearmanr(one, other)
    if float(order.statistic) >= _SAME_ORDER:
        return np.empty(0, dtype=np.intp), True
    apart = abs(one - other) > _TOLERANCE * np.maximum(abs(one), abs(other))
    return np.flatnonzero(apart), bool(order.pvalue <= _CHANCE and order.statistic > 0)


def _compare_texts(one: TextArray, other: TextArray, seed: int) -> tuple[IndexArray, bool]:
    """Return the patients whose text is not the one that mostly goes with the other block's, and whether texts go together."""
    groups = [np.unique(each.astype(np.str_), return_inverse=True)[1] for each in (one, other)]
    table = np.zeros([int(each.max()) + 1 for each in groups])
    np.add.at(table, tuple(groups), 1.0)
    usual = table.argmax(axis=1)[groups[0]]
    return np.flatnonzero(usual != groups[1]), association_p(groups[0], groups[1], seed=seed) <= _CHANCE
