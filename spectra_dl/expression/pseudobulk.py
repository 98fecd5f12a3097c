"""Pseudo-bulk of a section: the sum of predicted rates over its tissue, against what was counted in all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.evaluation.profiles.results import TargetChooser
from spectra_dl.evaluation.profiles.units import interval_over_units, known_mean, unit_means
from spectra_dl.evaluation.report.classes_json import Json, interval_json, rounded
from spectra_dl.evaluation.wording import figure, short_figure, short_interval
from spectra_dl.expression.cohort import ExpressionCohort
from spectra_dl.expression.genes import PER

_DECIMALS = 9
_FEWEST_TO_ORDER = 3  # genes, patients or sections, for a correlation over them: that of two is 1 or -1


@dataclass(frozen=True, eq=False)
class FoldBulk:
    """What one fold's model says of its held-out sections, as counts per 10,000.

    Attributes
    ----------
    sections
        ``s`` names.
    genes
        ``t`` names.
    predicted, measured
        ``(s, t)``.
    training
        ``(t,)`` mean of the training sections' measured bulk.
    """

    sections: tuple[str, ...]
    genes: tuple[str, ...]
    predicted: FloatArray
    measured: FloatArray
    training: FloatArray


@dataclass(frozen=True, eq=False)
class PseudobulkObserver:
    """Return the pseudo-bulk of each fold's held-out sections, as one model predicts it.

    A spot's predicted log(1 + counts per 10,000) is turned into a rate, and a section's rates are averaged over its spots; measured is the
    section's total of a gene over its total of all. The exponential of a mean of logarithms lies below the mean of rates, so rates are multiplied by
    what brings those of the training sections to their measured bulk, gene by gene (smearing).

    Attributes
    ----------
    cohort
        The spots that are evaluated.
    targets
        Which genes are predicted.
    model
        The name of the model that is looked at.

    References
    ----------
    Duan 1983, doi 10.1080/01621459.1983.10478017.
    """

    cohort: ExpressionCohort
    targets: TargetChooser
    model: str
    record_types = (FoldBulk,)

    def __call__(self, name: str, fold: Fold, fitted: Any) -> FoldBulk | None:
        """Return the bulk of a fold's held-out sections; None for another model.

        Parameters
        ----------
        name
            The model's name.
        fold
            Its training and test rows.
        fitted
            The model.
        """
        if name != self.model:
            return None
        genes = [str(gene) for gene in self.targets.fit(fold.train).names]
        columns = self._columns(genes)
        tested, trained = (self._sections(rows) for rows in (fold.test, fold.train))
        predicted, on_training = (
            np.stack([_rates(fitted.predict(self.cohort.spots[rows])) for rows in sections.values()])
            for sections in (tested, trained)
        )
        measured, training = (
            np.stack([self._measured[section][columns] for section in sections])
            for sections in (tested, trained)
        )
        level, reached = training.mean(axis=0), on_training.mean(axis=0)
        smearing = np.divide(level, reached, out=np.ones_like(level), where=reached > 0)
        return FoldBulk(tuple(tested), tuple(genes), predicted * smearing, measured, level)

    def _sections(self, rows: IndexArray) -> dict[str, IndexArray]:
        """Return the rows of each section among these, by its name."""
        section = self.cohort.spots.section[rows]
        return {str(name): rows[section == name] for name in sorted(set(section))}

    def _columns(self, genes: Sequence[str]) -> IndexArray:
        place = {str(name): at for at, name in enumerate(self.cohort.gene)}
        return np.array([place[str(gene)] for gene in genes], dtype=np.intp)

    @cached_property
    def _measured(self) -> dict[str, FloatArray]:
        """Return each section's counts per 10,000 of every gene, ``(g,)``."""
        spots = self.cohort.spots
        return {
            str(section): PER
            * np.asarray(self.cohort.counts[rows].sum(axis=0), dtype=np.float64).ravel()
            / spots.library[rows].sum()
            for section in sorted(set(spots.section))
            for rows in [np.flatnonzero(spots.section == section)]
        }


@dataclass(frozen=True, eq=False)
class Pseudobulk:
    """How well whole sections are predicted.

    Attributes
    ----------
    units
        The patients or sections left out.
    over_genes
        ``(u,)`` of each unit: the correlation over genes of its log ratios to the training sections, predicted and measured. A model that
        always says the training mean has nothing to correlate: NaN, as with fewer than three genes.
    mean_over_genes
        Their mean with interval.
    error, error_of_mean
        Root mean squared error over genes of the predicted log ratios, and of the training sections' mean, which is what needs no image.
    gain
        The second less the first, with interval over units.
    across_units
        The mean over genes of the correlation across units, of the same log ratios; NaN with fewer than three.
    """

    units: tuple[str, ...]
    over_genes: FloatArray
    mean_over_genes: Interval
    error: float
    error_of_mean: float
    gain: Interval
    across_units: float


def pseudobulk(
    observations: Sequence[Observation], unit_of: dict[str, str], *, resamples: int, seed: int
) -> Pseudobulk | None:
    """Return how well the sections' bulk is predicted; None where nothing was observed.

    Parameters
    ----------
    observations
        What a `PseudobulkObserver` saw in each fold.
    unit_of
        Each section's patient, or itself where sections are left out.
    resamples, seed
        Of the interval.
    """
    seen = [each.seen for each in observations if isinstance(each.seen, FoldBulk)]
    if not seen:
        return None
    rows = [
        (unit_of[section], *_log_ratios(fold, at))
        for fold in seen
        for at, section in enumerate(fold.sections)
    ]
    owner = [unit for unit, _, _ in rows]
    over_genes = np.array([_correlation(predicted, measured) for _, predicted, measured in rows])
    errors = np.array(
        [(_size(predicted - measured), _size(measured)) for _, predicted, measured in rows]
    )  # (s, 2)
    of_units, error_of_units = unit_means(over_genes, owner), unit_means(errors, owner)
    gain = error_of_units[:, 1] - error_of_units[:, 0]
    return Pseudobulk(
        units=tuple(sorted(set(owner))),
        over_genes=of_units,
        mean_over_genes=interval_over_units(of_units, resamples=resamples, seed=seed, within=(-1.0, 1.0)),
        error=float(error_of_units[:, 0].mean()),
        error_of_mean=float(error_of_units[:, 1].mean()),
        gain=interval_over_units(gain, resamples=resamples, seed=seed),
        across_units=_across_units(seen, unit_of),
    )


def pseudobulk_json(bulk: Pseudobulk) -> Json:
    """Return the figures ready for JSON; undefined ones are null."""
    return {
        "over_genes": {unit: rounded(value) for unit, value in zip(bulk.units, bulk.over_genes, strict=True)},
        "mean_over_genes": interval_json(bulk.mean_over_genes),
        "error": rounded(bulk.error),
        "error_of_training_mean": rounded(bulk.error_of_mean),
        "gain": interval_json(bulk.gain),
        "across_units": rounded(bulk.across_units),
    }


def pseudobulk_sentence(bulk: Pseudobulk, unit: str) -> str:
    """Return the figures as a sentence.

    Parameters
    ----------
    bulk
        The figures.
    unit
        What was left out, ``"patient"`` or ``"section"``.
    """
    n = len(bulk.units)
    if n < _FEWEST_TO_ORDER:
        across = f"no figure across {n} {unit}{'' if n == 1 else 's'}"
    else:
        across = f"across {n} {unit}s, a mean over genes of {short_figure(bulk.across_units)}"
    correlated = (
        f"over genes, log ratios to the training sections correlate by {short_interval(bulk.mean_over_genes)}, mean over {unit}s"
        if np.isfinite(bulk.mean_over_genes.value)
        else "over genes, log ratios to the training sections have no correlation (fewer than three genes, or nothing but the training mean)"
    )
    return (
        "Pseudo-bulk (predicted rates summed over a section's tissue, against all that was counted in it): "
        f"{correlated}; their error is {figure(bulk.error)}, {_compared(bulk)} the "
        f"training sections' mean, {figure(bulk.error_of_mean)} (gain {short_interval(bulk.gain)}); {across}."
    )


def _compared(bulk: Pseudobulk) -> str:
    if bulk.gain.low > 0:
        return "smaller than that of"
    return "larger than that of" if bulk.gain.high < 0 else "not distinguishable from that of"


def _log_ratios(fold: FoldBulk, at: int) -> tuple[FloatArray, FloatArray]:
    predicted, measured = (
        np.log1p(part[at]) - np.log1p(fold.training) for part in (fold.predicted, fold.measured)
    )
    return np.round(predicted, _DECIMALS), measured  # what rounding leaves of equal figures would correlate


def _rates(predicted: FloatArray) -> FloatArray:
    """Return ``(t,)`` the mean over spots of predicted counts per 10,000."""
    rates: FloatArray = np.expm1(np.asarray(predicted, dtype=np.float64)).clip(min=0.0).mean(axis=0)
    return rates


def _size(differences: FloatArray) -> float:
    """Return the root mean square over genes."""
    return float(np.sqrt(np.mean(differences**2)))


def _correlation(predicted: FloatArray, measured: FloatArray) -> float:
    if len(predicted) < _FEWEST_TO_ORDER:
        return float("nan")
    return float(pearson_per_column(predicted[:, None], measured[:, None])[0])


def _across_units(seen: Sequence[FoldBulk], unit_of: dict[str, str]) -> float:
    """Return the mean over the genes of every fold of the correlation across units.

    Levels themselves would not do: the mean of all but one unit falls as that unit rises, so that to say the training mean would correlate by -1.
    """
    shared = [gene for gene in seen[0].genes if all(gene in fold.genes for fold in seen)]
    owner = [unit_of[section] for fold in seen for section in fold.sections]
    if len(set(owner)) < _FEWEST_TO_ORDER or not shared:
        return float("nan")
    places = [[fold.genes.index(gene) for gene in shared] for fold in seen]
    ratios = np.stack(
        [
            [part[columns] for part in _log_ratios(fold, at)]
            for fold, columns in zip(seen, places, strict=True)
            for at in range(len(fold.sections))
        ]
    )  # (s, 2, t)
    of_units = unit_means(ratios, owner)
    return float(known_mean(pearson_per_column(of_units[:, 0], of_units[:, 1])))
