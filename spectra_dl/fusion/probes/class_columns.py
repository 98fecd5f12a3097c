"""Clinical columns that know the class otherwise than a model may: the label in other words, what is known afterwards, what goes with a site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.audit.batches import association_p, cramers_v
from spectra_dl.evaluation.audit.columns import read_columns
from spectra_dl.evaluation.audit.probing import probe_auc
from spectra_dl.evaluation.classes.inference.surrogate import permuted_within
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.wording import figure, first_few
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.probes.asked import OF_CLASSES, Asked

STOP_AUC, WARN_AUC = 0.96, 0.92
_BINS = 10  # of a column of many values
_FEWEST = 8  # patients of each class whose value is known: fewer are told apart by chance
_FOLDS, _RESAMPLES, _PERMUTATIONS = 5, 200, 2000
_MOST_VALUES = 10  # of a number that is looked at as a category too
_BATCH_P, _LEAST_V = 0.01, 0.3  # of a batch that the class goes with
_FALSE_ALARMS = 0.05  # in all columns and such batches together


@dataclass(frozen=True, eq=False)
class LabelInOtherWords:
    """Look for a column that alone knows the class of patients it was not fitted on.

    Attributes
    ----------
    columns
        ``(m,)`` values each.
    """

    columns: Sequence[ClinicalColumn]

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Evaluate each column alone on the patients whose value is known.

        Parameters
        ----------
        patients
            One a row.
        folds
            Not looked at: a column is known of other patients.
        seed
            Of the folds and resamples.
        """
        truth = patients.class_of_row
        reached = {column.name: auc_alone(column, truth, seed) for column in self.columns}
        found = {name: auc for name, auc in reached.items() if auc >= WARN_AUC}
        name = "label in other words"
        if not found:
            few = [column for column, auc in reached.items() if auc == 0]
            unseen = (
                f" Not looked at, since too few patients have a value: {first_few(map(repr, few))}."
                if few
                else ""
            )
            return Finding(name, "fine", f"No clinical column alone knows the class.{unseen}")
        listed = first_few(f"{column!r:.60} (AUC {figure(auc)})" for column, auc in found.items())
        sentence = f"A clinical column alone knows the class of patients it was not fitted on: {listed}."
        if max(found.values()) >= STOP_AUC:
            advice = "It is the label in other words, or follows from it, as a treatment does. Take it out of the study file's columns."
            return Finding(name, "stop", f"{sentence} {advice}")
        advice = "Make sure that it is measured before anybody knows the class and does not follow from it, as a treatment does; else take it out."
        return Finding(name, "warn", f"{sentence} {advice}")


def check_known_before(columns: Sequence[ClinicalColumn]) -> Finding:
    """Say which columns are known only after the outcome, and of which nobody said.

    Parameters
    ----------
    columns
        Those that models are given.
    """
    name, after = "known before the outcome", [each.name for each in columns if each.known_before is False]
    if after:
        return Finding(
            name,
            "stop",
            f"The study says that {first_few(map(repr, after))} is known only after the outcome (known_before = false), and it is among the columns that "
            "models are given: whoever needs the verdict does not have it yet. Take it out of the study file's columns.",
        )
    unsaid = [each.name for each in columns if each.known_before is None]
    if unsaid:
        return Finding(
            name,
            "fine",
            f"Nobody said whether these are known before the outcome: {first_few(map(repr, unsaid))}. Say known_before = true or false of each column in "
            "the study file.",
        )
    return Finding(name, "fine", "All clinical columns are said to be known before the outcome.")


@dataclass(frozen=True, eq=False)
class DiffersByBatch:
    """Look for columns that differ between batches which the class goes with.

    Attributes
    ----------
    columns
        ``(m,)`` values each.
    batches
        ``(m,)`` text by name, empty where nobody said.
    asked
        What goes with batches, in words.
    """

    columns: Sequence[ClinicalColumn]
    batches: Mapping[str, TextArray]
    asked: Asked = OF_CLASSES

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Compare batches within each class, where the class goes with them.

        Parameters
        ----------
        patients
            One a row.
        folds
            Not looked at.
        seed
            Of the permutations.
        """
        name, truth = "columns that differ by batch", patients.class_of_row
        with_class = {
            batch: group
            for batch, group in self._handling(patients).items()
            if _goes_with_class(truth, group, seed)
        }
        most = max(_FALSE_ALARMS / max(1, len(self.columns) * len(with_class)), 1 / (_PERMUTATIONS + 1))
        found = [
            f"{column.name!r:.60} by {batch!r:.60}"
            for batch, group in with_class.items()
            for column in self.columns
            if _differs_p(column, group, truth, seed) <= most
        ]
        if found:
            return Finding(
                name,
                "warn",
                f"Clinical columns differ between batches within {self.asked.each}, and {self.asked.it} goes with the batch: {first_few(found)}. A model may know the "
                "laboratory instead of the disease. Have them measured alike, take them out, or leave whole batches out (--split-by).",
            )
        return Finding(
            name, "fine", f"No clinical column differs between batches that {self.asked.it} goes with."
        )

    def _handling(self, patients: Patients) -> dict[str, IndexArray]:
        """Return ``(m,)`` the batch of each patient, -1 where nobody said, by column."""
        groups = {}
        for column in read_columns(self.batches, patients):
            cells = self.batches[column.name].astype(np.str_)
            names, group = np.unique(cells, return_inverse=True)
            if column.handling and column.recurs:
                groups[column.name] = np.where(names[group] == "", -1, group)
        return groups


def auc_alone(column: ClinicalColumn, truth: IndexArray, seed: int) -> float:
    """Return the cross-validated AUC of a column among patients whose value is known; 0 where too few are.

    Parameters
    ----------
    column
        ``(m,)`` values.
    truth
        ``(m,)`` numbers of classes.
    seed
        Of the folds and resamples.
    """
    known = np.flatnonzero(~np.isnan(column.values))
    counts = np.bincount(truth[known], minlength=int(truth.max()) + 1)
    if counts.min() < _FEWEST:
        return 0.0
    names, label = text_array(map(str, known)), text_array(map(str, truth[known]))
    patients = read_patients(names, label)
    folds = patient_folds(names, label, folds=_FOLDS, seed=seed)
    multiplicity = draw_patients(len(known), resamples=_RESAMPLES, seed=seed)
    return probe_auc(_features(column, known), patients, folds, multiplicity).value


def _features(column: ClinicalColumn, known: IndexArray) -> FloatArray:
    """Return a column as a probe sees it, ``(k, q)``: its value, and which of a few values it is or between which it lies."""
    values = column.values[known]
    distinct = np.unique(values)
    if column.kind == "category" or len(distinct) <= _MOST_VALUES:
        member = values[:, None] == distinct
    else:  # what is known of a value by where it lies, also where the class is not the higher the value
        edges = np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1])
        member = np.searchsorted(edges, values, side="right")[:, None] == np.arange(_BINS)
    shown = np.asarray(member, dtype=np.float64)
    return shown if column.kind == "category" else np.concatenate([values[:, None], shown], axis=1)


def _goes_with_class(truth: IndexArray, group: IndexArray, seed: int) -> bool:
    known = group >= 0
    if np.unique(group[known]).size < 2 or np.unique(truth[known]).size < 2:
        return False
    classes, groups = (np.unique(each[known], return_inverse=True)[1] for each in (truth, group))
    return cramers_v(classes, groups) >= _LEAST_V and association_p(classes, groups, seed=seed) <= _BATCH_P


def _differs_p(column: ClinicalColumn, group: IndexArray, truth: IndexArray, seed: int) -> float:
    """Return how often batches given to other patients of the same class differ as much in the column."""
    from scipy.stats import rankdata

    kept = np.flatnonzero((group >= 0) & ~np.isnan(column.values))
    if len(kept) < 2 * _FEWEST:
        return 1.0
    values, block = column.values[kept], truth[kept]
    distinct = np.unique(values)
    features = (
        (values[:, None] == distinct).astype(np.float64)
        if column.kind == "category"
        else rankdata(values)[:, None]
    )
    for code in np.unique(block):
        features[block == code] -= features[block == code].mean(axis=0)
    names, batch, size = np.unique(group[kept], return_inverse=True, return_counts=True)
    member = np.eye(len(names))[batch] / np.sqrt(size)  # (k, batches)
    orders = permuted_within(block, len(kept), _PERMUTATIONS, np.random.default_rng(seed))
    reached = ((features.T @ member) ** 2).sum()
    drawn = np.array([((features[order].T @ member) ** 2).sum() for order in orders])
    return float((1 + np.count_nonzero(drawn >= reached * (1 - 1e-9))) / (1 + _PERMUTATIONS))
