"""Pseudo-bulk: the expression of a whole section, the sum over its tissue, predicted and measured, compared by patient.

A spot predicted well in its order within a section says nothing of the section's level, which is what a bulk assay measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.genes import PER

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets

_FEWEST_PATIENTS = 3


@dataclass(frozen=True, eq=False)
class SectionBulk:
    """A section's expression as a whole, log(1 + counts per 10,000) of a fold's panel.

    Attributes
    ----------
    section, patient
        Whose it is.
    gene
        ``t`` names.
    predicted
        ``(t,)`` of the mean predicted rate over the spots.
    measured
        ``(t,)`` of the section's counts added up.
    expected
        ``(t,)`` the same of the training sections, the mean over them: what is predicted without an image.
    """

    section: str
    patient: str
    gene: tuple[str, ...]
    predicted: FloatArray
    measured: FloatArray
    expected: FloatArray


@dataclass(frozen=True, eq=False)
class FoldBulk:
    """The sections that one fold tested."""

    sections: tuple[SectionBulk, ...]


@dataclass(frozen=True)
class BulkAgreement:
    """How well the pseudo-bulk of left-out sections agrees with what was measured; means over patients.

    Attributes
    ----------
    patients, sections
        How many.
    error
        Root mean squared error over genes, in log(1 + counts per 10,000).
    error_without_image
        That of the mean of the training sections.
    pearson
        Mean over genes of the correlation over patients; None with fewer than three, or where no gene has one.
    genes
        How many genes stood in the panel for every patient.
    """

    patients: int
    sections: int
    error: float
    error_without_image: float
    pearson: float | None
    genes: int


def predicted_bulk(values: FloatArray) -> FloatArray:
    """Return ``(t,)`` log(1 + counts per 10,000) of the mean rate over spots of predicted ``(n, t)`` log(1 + counts per 10,000).

    Each spot counts alike, since how much RNA it holds is in no image.

    Examples
    --------
    >>> predicted_bulk(np.log1p([[0.0], [4.0]])).round(3)
    array([1.099])
    """
    rates: FloatArray = np.maximum(np.expm1(values), 0.0)
    bulk: FloatArray = np.log1p(rates.mean(axis=0))
    return bulk


def measured_bulk(counts: "csr_matrix", library: FloatArray) -> FloatArray:
    """Return ``(t,)`` log(1 + counts per 10,000) of the counts of all spots added up.

    Parameters
    ----------
    counts
        ``(n, t)`` raw counts of some genes.
    library
        ``(n,)`` counts of each spot over all its genes.
    """
    summed = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    bulk: FloatArray = np.log1p(PER * summed / library.sum())
    return bulk


@dataclass(frozen=True, eq=False)
class BulkObserver:
    """Adds up what one model predicts of the sections that a fold tests.

    Attributes
    ----------
    cohort
        The sections.
    targets
        Choose the fold's panel.
    model
        The name of the model that is looked at.
    """

    cohort: "ExpressionCohort"
    targets: "PanelTargets"
    model: str
    record_types = (FoldBulk, SectionBulk)

    def __call__(self, name: str, fold: Fold, fitted: Any) -> FoldBulk | None:
        """Return the sections' pseudo-bulk; None for other models.

        Parameters
        ----------
        name
            The model's.
        fold
            In which it was fitted.
        fitted
            The model.
        """
        if name != self.model:
            return None
        panel, spots = self.targets.fit(fold.train), self.cohort.spots
        trained = [
            self._measured(fold.train[spots.section[fold.train] == each], panel.columns)
            for each in dict.fromkeys(spots.section[fold.train])
        ]
        found = []
        for section in dict.fromkeys(spots.section[fold.test]):
            rows = fold.test[spots.section[fold.test] == section]
            bulk = SectionBulk(
                section=str(section),
                patient=str(spots.patient[rows[0]]),
                gene=tuple(panel.names),
                predicted=predicted_bulk(fitted.predict(spots[rows])),
                measured=self._measured(rows, panel.columns),
                expected=np.mean(trained, axis=0),
            )
            found.append(bulk)
        return FoldBulk(tuple(found))

    def _measured(self, rows: "np.ndarray", columns: "np.ndarray") -> FloatArray:
        return measured_bulk(self.cohort.counts[rows][:, columns], self.cohort.spots.library[rows])


def bulk_agreement(observations: Sequence[Observation]) -> BulkAgreement | None:
    """Return how predicted and measured pseudo-bulk agree, patient by patient; None where no section was looked at.

    Parameters
    ----------
    observations
        Of an evaluation, those of a `BulkObserver` among them.
    """
    sections = [
        section for each in observations if isinstance(each.seen, FoldBulk) for section in each.seen.sections
    ]
    if not sections:
        return None
    of_patient: dict[str, list[SectionBulk]] = {}
    for section in sections:
        of_patient.setdefault(section.patient, []).append(section)
    genes = set.intersection(*(set(section.gene) for section in sections))
    return BulkAgreement(
        patients=len(of_patient),
        sections=len({section.section for section in sections}),
        error=_mean_error([[each.predicted - each.measured for each in one] for one in of_patient.values()]),
        error_without_image=_mean_error(
            [[each.expected - each.measured for each in one] for one in of_patient.values()]
        ),
        pearson=_over_patients(list(of_patient.values()), sorted(genes)),
        genes=len(genes),
    )


def bulk_sentence(bulk: BulkAgreement) -> str:
    """Return what is said of the pseudo-bulk in a report."""
    gains = "closer than" if bulk.error < bulk.error_without_image else "no closer than"
    across = (
        f"; over the {bulk.patients} patients the mean correlation of a gene is {bulk.pearson:.2f}"
        if bulk.pearson is not None
        else f"; with {bulk.patients} patients a correlation over patients is not given"
    )
    return (
        f"Pseudo-bulk, a section's rates added up: the error is {bulk.error:.3f} in log(1 + counts per 10,000), {gains} the mean "
        f"of the training sections, {bulk.error_without_image:.3f}{across}."
    )


def _mean_error(differences: Sequence[Sequence[FloatArray]]) -> float:
    by_patient = [np.mean([np.sqrt(np.mean(each**2)) for each in one]) for one in differences]
    return float(np.mean(by_patient))


def _over_patients(patients: Sequence[Sequence[SectionBulk]], genes: Sequence[str]) -> float | None:
    """Return the mean over genes of the correlation over patients."""
    if len(patients) < _FEWEST_PATIENTS or not genes:
        return None

    def mean_of(one: Sequence[SectionBulk], values: str) -> FloatArray:
        rows = []
        for section in one:
            column = {name: at for at, name in enumerate(section.gene)}
            rows.append(getattr(section, values)[[column[gene] for gene in genes]])
        return np.asarray(np.mean(rows, axis=0))

    predicted, measured = (
        np.stack([mean_of(one, values) for one in patients]) for values in ("predicted", "measured")
    )
    correlations = pearson_per_column(predicted, measured)
    known = correlations[np.isfinite(correlations)]
    return float(known.mean()) if known.size else None
