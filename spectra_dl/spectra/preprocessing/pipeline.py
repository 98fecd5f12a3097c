"""Preprocessing: ordered steps, fitted on training rows, stored in the model file."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.plugins.checked_step import applied_step, fitted_step
from spectra_dl.spectra.preprocessing.cosmic_rays import FoundRays
from spectra_dl.spectra.preprocessing.cover import require_cover
from spectra_dl.spectra.preprocessing.recurring_places import HitCounts
from spectra_dl.spectra.preprocessing.resampling import interpolated, points_within, read_points, same_axis
from spectra_dl.spectra.preprocessing.step import MOST_POINTS, Remarks, StepResult
from spectra_dl.spectra.preprocessing.steps import (
    Baseline,
    Crop,
    Despike,
    Normalise,
    Resample,
    Stage,
    Step,
    step_from_json,
    step_name,
    step_to_json,
)
from spectra_dl.spectra.table import SpectraTable

CountHits = Callable[[Despike, FloatArray, FloatArray], HitCounts]
RemoveRays = Callable[[Despike, FloatArray, FloatArray], StepResult]

_MOST_STEPS = 20


@dataclass(frozen=True)
class Preprocessing:
    """An ordered pipeline of steps, not fitted yet.

    Attributes
    ----------
    steps
        Applied from left to right. Their stages never go back: axis, spikes, baseline, smoothing,
        normalisation (a baseline fitted to normalised spectra, or spikes smoothed before they are found,
        give plausible wrong numbers).

    Raises
    ------
    UsageError
        A step comes after one of a later stage, or there are more than 20.

    Examples
    --------
    >>> [type(step).__name__ for step in Preprocessing.default().steps]
    ['Despike', 'Baseline', 'Normalise']
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        for step in self.steps:
            step_name(step)
        if len(self.steps) > _MOST_STEPS:
            raise UsageError(f"{len(self.steps)} steps; give at most {_MOST_STEPS}")
        for earlier, later in pairwise(self.steps):
            if later.stage < earlier.stage:
                order = ", ".join(stage.name.lower() for stage in Stage)
                raise UsageError(
                    f"{type(later).__name__} after {type(earlier).__name__}; the order of stages is {order}"
                )

    @classmethod
    def default(cls) -> Self:
        """Return what a model gets by default: despike, asls baseline, standard normal variate."""
        return cls((Despike(), Baseline(), Normalise()))

    def reads(self, wavenumber: FloatArray) -> NDArray[np.bool_]:
        """Return which points of an axis ``(p,)`` the steps look at: not those that a crop leaves out before anything else.

        Where less than two points would be left, all of them are given: a step will refuse such spectra, or the user wants them.
        """
        read = np.ones(wavenumber.size, dtype=np.bool_)
        for step in self.steps:
            if not isinstance(step, Crop | Resample):
                break
            inside = step.reads(wavenumber[read])
            if np.count_nonzero(inside) < 2:
                break
            read[read] = inside
            if isinstance(step, Resample):
                break
        return read

    def fit(
        self,
        table: SpectraTable,
        *,
        count_hits: CountHits = Despike.counts,
        remove_rays: RemoveRays = Despike.apply,
    ) -> "FittedPreprocessing":
        """Fit every step on a table, which holds training rows only.

        Parameters
        ----------
        table
            ``(n, p)`` training spectra.
        count_hits, remove_rays
            Do what `Despike.counts` and `Despike.apply` do, perhaps from what they remember.

        Raises
        ------
        DataError
            A value is missing or infinite, or the spectra are too short for a step.
        """
        _require_finite(table.intensity)
        intensity, wavenumber = table.intensity, table.wavenumber
        learners = [k for k, step in enumerate(self.steps) if step.learns]
        fitted = []
        for position, step in enumerate(self.steps):
            if isinstance(step, Despike) and step.learns:
                ready: Step = step.with_counts(count_hits(step, intensity, wavenumber), wavenumber)
            else:
                ready = fitted_step(step, step_name(step), intensity, wavenumber)
            if learners and position < learners[-1]:  # later spectra are seen by nobody: save their baselines
                result = _applied(ready, intensity, wavenumber, remove_rays)
                intensity, wavenumber = result.intensity, result.wavenumber
            fitted.append(ready)
        return FittedPreprocessing(tuple(fitted), table.wavenumber)


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """Spectra ready for a model.

    Attributes
    ----------
    matrix
        ``(n, q)`` float32, rows as in the table.
    wavenumber
        ``(q,)`` in cm⁻¹.
    remarks
        What the steps recorded of each spectrum, ``(n,)`` by name: ``spikes_removed`` and ``spikes_at``, ``fraction_below_zero``, and the
        baseline's certificate as ``baseline_converged``, ``baseline_iterations``, ``baseline_final_change`` and
        ``baseline_roughness``.
    notes
        What was done to the table as a whole.
    """

    matrix: NDArray[np.float32]
    wavenumber: FloatArray
    remarks: Remarks
    notes: tuple[str, ...]

    def convergence_notes(self) -> tuple[str, ...]:
        """Say how many baselines did not converge; nothing where all did, or none was fitted."""
        converged = self.remarks.get("baseline_converged", np.ones(0, dtype=np.bool_))
        failed = int(np.count_nonzero(~converged.astype(np.bool_)))
        if not failed:
            return ()
        return (f"the baseline of {failed} of {len(converged)} spectra did not converge",)


@dataclass(frozen=True, eq=False)
class FittedPreprocessing:
    """Steps ready for use, and the axis they were fitted on.

    Attributes
    ----------
    steps
        As fitted.
    axis
        ``(p,)`` in cm⁻¹, what the steps look at of the training spectra's axis, so no point that a first crop leaves out; other
        spectra are brought to it.
    wavenumber
        ``(q,)`` in cm⁻¹ after all steps.

    Raises
    ------
    DataError
        The axis is not one, or a step doesn't fit it.
    """

    steps: tuple[Step, ...]
    axis: FloatArray
    wavenumber: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        steps = Preprocessing(self.steps)  # checks the order
        axis = np.array(self.axis, dtype=np.float64)
        if axis.ndim != 1 or not 2 <= axis.size <= MOST_POINTS or not bool(np.all(np.diff(axis) > 0)):
            raise DataError(
                f"the axis has {axis.size} points; give 2 to {MOST_POINTS:,} ascending wavenumbers"
            )
        axis = axis[steps.reads(axis)]
        object.__setattr__(self, "axis", axis)
        # No spectra at all still pass through every step: each checks its settings and the axis.
        _, wavenumber, _ = self._apply(np.empty((0, axis.size)), axis)
        object.__setattr__(self, "wavenumber", wavenumber)

    @property
    def despike(self) -> Despike | None:
        """The step that removes cosmic rays; None without it."""
        return next((step for step in self.steps if isinstance(step, Despike)), None)

    def kept_points(self, wavenumber: FloatArray) -> NDArray[np.bool_] | None:
        """Return the points of an axis where bands recur and no cosmic ray is removed, ``(p,)``; None where there are none."""
        return self.despike.kept_points(wavenumber) if self.despike else None

    @cached_property
    def effect(self) -> str:
        """A text that is the same for all that do the same to spectra, whatever they were fitted on."""
        steps = [step.without_counts() if isinstance(step, Despike) else step for step in self.steps]
        return json.dumps([[step_to_json(step) for step in steps], self.axis.tolist()])

    @property
    def notes(self) -> tuple[str, ...]:
        """What the steps learnt that a reader of the results must know."""
        return self.despike.notes() if self.despike else ()

    def transform(self, table: SpectraTable, *, remove_rays: RemoveRays = Despike.apply) -> Preprocessed:
        """Apply every step to every spectrum, each by itself.

        A table on another axis is interpolated linearly at the fitted axis, after cosmic rays are removed on its
        own where a step removes them; a note says so. What lies beyond the fitted axis is left out first.

        Parameters
        ----------
        table
            ``(n, p)`` spectra.
        remove_rays
            Does what `Despike.apply` does, perhaps from what it remembers.

        Raises
        ------
        DataError
            The axis doesn't cover the fitted one, see `require_cover`, or a value is missing or infinite
            (`spectra_dl.spectra.quality.inspect` finds such spectra).
        """
        cleaned, notes = self.clean(table, remove_rays=remove_rays)
        return Preprocessed(cleaned.intensity.astype(np.float32), cleaned.wavenumber, cleaned.remarks, notes)

    def clean(
        self, table: SpectraTable, *, remove_rays: RemoveRays = Despike.apply
    ) -> tuple[StepResult, tuple[str, ...]]:
        """Do what `transform` does and return spectra ``(n, q)`` in float64, and the notes.

        Parameters
        ----------
        table
            ``(n, p)`` spectra.
        remove_rays
            As in `transform`.
        """
        _require_finite(table.intensity)
        inside = points_within(table.wavenumber, self.axis)
        if same_axis(table.wavenumber[inside], self.axis):
            intensity = np.ascontiguousarray(table.intensity[:, inside])
            return StepResult(*self._apply(intensity, self.axis, remove_rays)), ()
        self.require_cover(table.wavenumber)
        read = read_points(table.wavenumber, self.axis)
        used = table.wavenumber[read]
        own = StepResult(np.ascontiguousarray(table.intensity[:, read]), used)
        if self.despike is not None:
            # On the spectra's own axis, and there alone: interpolation makes rays wider, and noise look like rays.
            own = remove_rays(self.despike, own.intensity, used)
        brought = interpolated(own.intensity, used, self.axis)
        cleaned, wavenumber, remarks = self._apply(brought, self.axis, _removed_before)
        remarks = {**remarks, **own.remarks}
        note = f"resampled from {_described(table.wavenumber)} to the model's {_described(self.axis)}"
        return StepResult(cleaned, wavenumber, remarks), (note,)

    def require_cover(self, wavenumber: FloatArray) -> None:
        """Refuse spectra on an axis ``(p,)`` that can't be brought to the fitted one.

        Raises
        ------
        DataError
            It doesn't cover the fitted one, has a gap in it, or is too coarse; the message says what is missing and what to do.
        """
        require_cover(wavenumber, self.axis)

    def _apply(
        self, intensity: FloatArray, wavenumber: FloatArray, remove_rays: RemoveRays = Despike.apply
    ) -> tuple[FloatArray, FloatArray, Remarks]:
        remarks: Remarks = {}
        for step in self.steps:
            result = _applied(step, intensity, wavenumber, remove_rays)
            intensity, wavenumber = result.intensity, result.wavenumber
            remarks = {**remarks, **result.remarks}
        return intensity, wavenumber, remarks

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values that `from_json` reads back to the same bits."""
        return {"steps": [step_to_json(step) for step in self.steps], "axis": self.axis.tolist()}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return what `to_json` stored.

        Raises
        ------
        DataError
            Anything is missing, unknown, of a wrong type or out of range.
        """
        if not isinstance(stored, dict) or stored.keys() != {"steps", "axis"}:
            raise DataError(
                'stored preprocessing is not an object with "steps" and "axis" alone; it is damaged'
            )
        steps, axis = stored["steps"], stored["axis"]
        if not isinstance(steps, list) or len(steps) > _MOST_STEPS:
            raise DataError(f'stored preprocessing: "steps" is not a list of at most {_MOST_STEPS}')
        numbers = isinstance(axis, list) and len(axis) <= MOST_POINTS
        if not numbers or not all(type(value) in (int, float) for value in axis):
            raise DataError(f'stored preprocessing: "axis" is not a list of at most {MOST_POINTS:,} numbers')
        try:
            return cls(tuple(map(step_from_json, steps)), np.asarray(axis, dtype=np.float64))
        except (UsageError, OverflowError) as err:
            raise DataError(f"stored preprocessing: {err}") from err


def _removed_before(step: Despike, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
    """Leave spectra whose rays were removed on another axis as they are."""
    return StepResult(intensity, wavenumber)


def _applied(
    step: Step, intensity: FloatArray, wavenumber: FloatArray, remove_rays: RemoveRays
) -> StepResult:
    if isinstance(step, Despike):
        return remove_rays(step, intensity, wavenumber)
    result: StepResult = applied_step(step, step_name(step), intensity, wavenumber)
    return result


def transformed_by_each(
    fitted: Sequence[FittedPreprocessing], table: SpectraTable, rays: FoundRays | None = None
) -> list[Preprocessed]:
    """Return what each of several fitted pipelines makes of a table; what some of them do alike is done once.

    Parameters
    ----------
    fitted
        The pipelines.
    table
        ``(n, p)`` spectra.
    rays
        Those that were found in the table's spectra already; what is found now is added. None looks for all.

    Raises
    ------
    DataError
        As `FittedPreprocessing.transform`.
    """
    remove_rays = partial(Despike.apply, rays=FoundRays() if rays is None else rays)
    transformed: dict[str, Preprocessed] = {}
    for each in fitted:
        if each.effect not in transformed:
            transformed[each.effect] = each.transform(table, remove_rays=remove_rays)
    return [transformed[each.effect] for each in fitted]


def _require_finite(intensity: FloatArray) -> None:
    finite = np.isfinite(intensity).all(axis=1)
    if not finite.all():
        bad = np.flatnonzero(~finite) + 1
        raise DataError(
            f"{bad.size} of {len(intensity)} spectra hold missing or infinite values, the first is number "
            f"{bad[0]}; leave out the spectra that the quality check refuses"
        )


def _described(wavenumber: FloatArray) -> str:
    return f"{wavenumber.size} points between {wavenumber[0]:g} and {wavenumber[-1]:g} cm⁻¹"
