"""Columns of numbers that are what is predicted in other words, such as days beside months."""

from collections.abc import Mapping

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.audit.finding import Finding
from spectra_dl.evaluation.wording import figure, first_few

NAME = "target in other words"
STOP, WARN = 0.99, 0.95  # of a correlation of patients
_FEWEST = 10  # patients whose value is known


def check_other_words(
    columns: Mapping[str, Texts], of_row: IndexArray, came: list[FloatArray], what: str
) -> list[Finding]:
    """Look for columns of numbers that go with a number of patients nearly without exception; no finding where there are none.

    Parameters
    ----------
    columns
        ``(n,)`` text by name.
    of_row
        ``(n,)`` number of each row's patient.
    came
        ``(m,)`` numbers of patients, NaN where one is not known; a column is compared with each.
    what
        What is predicted, in words.

    Examples
    --------
    >>> days = [f"{30 * month}" for month in range(12)]
    >>> (found,) = check_other_words({"days": days}, np.arange(12), [np.arange(12.0)], "The time to relapse")
    >>> found.severity, found.sentence[:57]
    ('stop', "The time to relapse is said by column 'days' (|r| 1.000).")
    """
    reached = {}
    for name, cells in columns.items():
        values = _of_patients(cells, of_row)
        if values is not None:
            reached[name] = max(largest_correlation(values, numbers) for numbers in came)
    found = {name: value for name, value in reached.items() if value >= WARN}
    if not found:
        return []
    listed = first_few(f"{name!r:.60} (|r| {figure(value)})" for name, value in found.items())
    columns_say = "column" if len(found) == 1 else "columns"
    sentence = f"{what} is said by {columns_say} {listed}."
    if max(found.values()) >= STOP:
        advice = "It is what is predicted in other words, or follows from it: no harm, as long as nobody trains on it."
        return [Finding(NAME, "stop", f"{sentence} {advice}")]
    return [Finding(NAME, "warn", f"{sentence} Make sure that nobody trains on what follows from it.")]


def largest_correlation(values: FloatArray, numbers: FloatArray) -> float:
    """Return the larger of Pearson's and Spearman's |r| of the patients of whom both are known; 0 of too few, or where one is constant.

    Parameters
    ----------
    values, numbers
        ``(m,)``, NaN where one is not known.
    """
    from scipy.stats import rankdata

    known = ~np.isnan(values) & ~np.isnan(numbers)
    one, other = values[known], numbers[known]
    if len(one) < _FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    pairs = ((one, other), (rankdata(one), rankdata(other)))
    return float(max(abs(np.corrcoef(first, second)[0, 1]) for first, second in pairs))


def _of_patients(cells: Texts, of_row: IndexArray) -> FloatArray | None:
    """Return ``(m,)`` the number that all of a patient's rows state, NaN where none does; None where a cell is no number, or a patient has several."""
    texts = [str(cell).strip() for cell in cells]
    try:
        values = np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        return None
    of_patient, known = np.full(int(of_row.max()) + 1, np.nan), np.isfinite(values)
    of_patient[of_row[known]] = values[known]
    if not known.any() or not np.array_equal(of_patient[of_row[known]], values[known]):
        return None
    return of_patient
