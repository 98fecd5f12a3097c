"""The first model's held-out predictions, as checks of its score look at them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.comparison import Difference, verdict_of
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.controls import NEIGHBOURS, PATIENT_MEAN, SHUFFLED
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS
from spectra_dl.evaluation.profiles.metrics import no_order_is_none, pearson_per_column
from spectra_dl.evaluation.profiles.results import ProfileResult, ProfileSettings
from spectra_dl.evaluation.profiles.scoring import macro_interval, values_of_units
from spectra_dl.evaluation.profiles.task import ProfileTask
from spectra_dl.evaluation.profiles.units import interval_over_units

FEWEST_ROWS = 10  # of a section, for a correlation
_CONSTANT = 1e-9


@dataclass(frozen=True, eq=False)
class ScoredProfiles:
    """What the first model predicted of held-out sections, and what it and the controls reached.

    Attributes
    ----------
    result
        Of the first model.
    predicted
        ``(k, t)`` of each held-out section.
    controls
        Results by name.
    task
        What was predicted.
    """

    result: ProfileResult
    predicted: tuple[FloatArray, ...]
    controls: Mapping[str, ProfileResult]
    task: ProfileTask

    def without(self, left_out: NDArray[np.bool_]) -> Interval:
        """Return the mean correlation over the rows that are not ``left_out`` ``(n,)``, by the same models."""
        figures = []
        for tested, predicted in zip(self.task.held_out, self.predicted, strict=True):
            kept = ~left_out[tested.rows]
            known = kept.sum() >= FEWEST_ROWS
            figures.append(
                correlations(predicted[kept], tested.measured[kept])
                if known
                else np.full(predicted.shape[1], np.nan)
            )
        return self._mean(figures)

    def given(self, covariate: FloatArray) -> Interval:
        """Return the mean partial correlation, within sections, given a number per row ``(n,)`` and its square."""
        figures = [
            _partial(predicted, tested.measured, covariate[tested.rows])
            for tested, predicted in zip(self.task.held_out, self.predicted, strict=True)
        ]
        return self._mean(figures)

    def difference(self, control: str) -> Interval:
        """Return the first model's mean correlation minus that of a control by name, with its paired interval."""
        return correlation_difference(self.result, self.controls[control], self.task.settings).interval

    def _mean(self, correlated: list[FloatArray]) -> Interval:
        return macro_interval(correlated, self.task.held_out, self.task.settings, within=(-1.0, 1.0))


ScoreCheck = Callable[[ScoredProfiles], Finding]


def against_controls(scored: ScoredProfiles) -> tuple[Difference, ...]:
    """Return the first model minus each control, in mean correlation.

    Means measured in the test section itself, or in others of its patient, are left out: no model is asked to score more than these. So are shuffled
    rows unless they score as much as the model: a few shuffles are a draw around 0, and the training mean, which scores 0, compares with that.
    """
    names = [name for name in scored.controls if name not in (NEIGHBOURS, PATIENT_MEAN)]
    if SHUFFLED in names and scored.difference(SHUFFLED).value > 0:
        names.remove(SHUFFLED)
    settings = scored.task.settings
    return tuple(correlation_difference(scored.result, scored.controls[name], settings) for name in names)


def correlation_difference(
    model: ProfileResult, reference: ProfileResult, settings: ProfileSettings
) -> Difference:
    """Return a model's mean correlation minus that of another, with its paired interval over units and what it means.

    Parameters
    ----------
    model, reference
        Results on the same folds.
    settings
        What the units are, and how they are resampled.
    """
    first, second = (
        values_of_units([score.skill.pearson for score in each.sections], each.sections, settings)
        for each in (model, reference)
    )
    interval = interval_over_units(first - second, resamples=settings.resamples, seed=settings.seed)
    metric = PROFILE_METRICS["pearson"]
    return Difference(model.name, reference.name, metric.name, interval, verdict_of(interval, metric))


def correlations(predicted: FloatArray, measured: FloatArray) -> FloatArray:
    """Return ``(t,)`` correlations; 0 where only the prediction is constant, NaN where the measurement is.

    Parameters
    ----------
    predicted, measured
        ``(k, t)``.
    """
    return no_order_is_none(pearson_per_column(predicted, measured), measured)


def _partial(predicted: FloatArray, measured: FloatArray, covariate: FloatArray) -> FloatArray:
    """Return ``(t,)`` correlations of what a covariate ``(k,)`` and its square leave of both; 0 where they leave nothing."""
    spread = covariate.std()
    if not spread > _CONSTANT:
        return correlations(predicted, measured)
    scaled = (covariate - covariate.mean()) / spread
    basis, _ = np.linalg.qr(np.stack([np.ones_like(scaled), scaled, scaled**2], axis=1))
    rest = [values - basis @ (basis.T @ values) for values in (predicted, measured)]
    gone = [
        after.std(axis=0) <= _CONSTANT * np.maximum(before.std(axis=0), _CONSTANT)
        for after, before in zip(rest, (predicted, measured), strict=True)
    ]
    raw = correlations(predicted, measured)
    partial: FloatArray = np.where(gone[0] | gone[1], 0.0, np.nan_to_num(pearson_per_column(*rest)))
    return np.where(np.isnan(raw), np.nan, partial)
