"""The steps of preprocessing by name: each a small frozen dataclass that works on whole matrices.

Every step treats a spectrum by itself, so no row can change another. Three learn from the rows they are fitted on: `EMSC` its reference, `Baseline` its
smoothing parameter where that is "auto", and `Despike` which places recur.
"""

from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.plugins import imported_plugin, is_plugin_name, name_of_class, version_of
from spectra_dl.plugins.checked_step import stored_step
from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS, ParameterValue, check_method, correct
from spectra_dl.spectra.baseline.smoothing import AUTO, choose_lam
from spectra_dl.spectra.preprocessing.cover import AxisNeeds
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.preprocessing.resampling import interpolated, read_points
from spectra_dl.spectra.preprocessing.scaling import EMSC, Normalise
from spectra_dl.spectra.preprocessing.step import (
    HIGHEST,
    LOWEST,
    MOST_POINTS,
    Stage,
    StatelessStep,
    Step,
    StepResult,
    check_choice,
    check_number,
    check_whole,
    require_points,
)

__all__ = [
    "EMSC",
    "STEPS",
    "Baseline",
    "Crop",
    "Despike",
    "Normalise",
    "Resample",
    "Smooth",
    "Stage",
    "Step",
    "StepResult",
    "step_from_json",
    "step_to_json",
]


@dataclass(frozen=True)
class Crop(StatelessStep):
    """Keep the points from ``low`` to ``high`` cm⁻¹, both included."""

    stage: ClassVar[Stage] = Stage.AXIS

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_range(self, self.low, self.high)

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return the points inside the range.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            No point is inside.
        """
        inside = self.reads(wavenumber)
        if not inside.any():
            raise DataError(
                f"no point between {self.low:g} and {self.high:g} cm⁻¹; the spectra cover {wavenumber[0]:g} to {wavenumber[-1]:g} cm⁻¹"
            )
        return StepResult(intensity[:, inside], wavenumber[inside])

    def reads(self, wavenumber: FloatArray) -> NDArray[np.bool_]:
        """Return which points of an axis the step looks at, ``(p,)``: those inside the range."""
        return (wavenumber >= self.low) & (wavenumber <= self.high)


@dataclass(frozen=True)
class Resample(StatelessStep):
    """Read the spectra off straight lines at even points: ``low``, ``low + step``, ... up to ``high`` cm⁻¹."""

    stage: ClassVar[Stage] = Stage.AXIS

    low: float
    high: float
    step: float

    def __post_init__(self) -> None:
        _check_range(self, self.low, self.high)
        check_number(
            self, "step", self.step, (self.high - self.low) / (MOST_POINTS - 1), self.high - self.low
        )

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return the spectra on the even axis.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            The spectra don't cover the range, or have gaps in it.
        """
        even = self._even()
        require_points(self, wavenumber, 2)
        if not AxisNeeds.of(even).covered(wavenumber, even).all():
            raise DataError(
                f"Resample: the spectra cover {wavenumber[0]:g} to {wavenumber[-1]:g} cm⁻¹ with {wavenumber.size} points, and not each of "
                f"{even.size} points from {even[0]:g} to {even[-1]:g} cm⁻¹; give a range that they cover and a step like theirs"
            )
        return StepResult(interpolated(intensity, wavenumber, even), even)

    def reads(self, wavenumber: FloatArray) -> NDArray[np.bool_]:
        """Return which points of an axis the step looks at, ``(p,)``: those inside the range and one beyond each end."""
        looked_at = np.zeros(wavenumber.size, dtype=np.bool_)
        looked_at[read_points(wavenumber, self._even())] = True
        return looked_at

    def _even(self) -> FloatArray:
        intervals = int((self.high - self.low) / self.step * (1 + 1e-12))
        return self.low + self.step * np.arange(intervals + 1, dtype=np.float64)


Negatives = Literal["keep", "clip"]


@dataclass(frozen=True)
class Baseline:
    """Subtract a fitted baseline.

    Attributes
    ----------
    method
        One of `spectra_dl.spectra.baseline.METHODS`.
    parameters
        Pairs of name and value; those left out keep the method's defaults. With ``("lam", "auto")`` the smoothing
        parameter is chosen on the training spectra, see `spectra_dl.spectra.baseline.choose_lam`.
    negatives
        What happens to points below the baseline: ``"keep"`` leaves them negative (their share is the
        remark ``fraction_below_zero``), ``"clip"`` sets them to 0.
    """

    stage: ClassVar[Stage] = Stage.BASELINE

    method: str = "asls"
    parameters: tuple[tuple[str, ParameterValue], ...] = (("lam", AUTO), ("p", 0.001), ("tol", 1e-3))
    negatives: Negatives = "keep"

    def __post_init__(self) -> None:
        check_method(self.method)
        check_choice(self, "negatives", self.negatives, get_args(Negatives))
        pairs = self.parameters
        if not isinstance(pairs, tuple) or len(pairs) > 20 or not all(map(_is_parameter, pairs)):
            raise UsageError('Baseline: give parameters as pairs of name and value, such as (("lam", 1e5),)')
        if len(dict(pairs)) < len(pairs):
            raise UsageError("Baseline: a parameter is given twice; give each once")
        if self.method in WHITTAKER_METHODS:
            # A fit of no spectra checks names and values now, not when the first file arrives.
            correct(np.empty((0, 5)), self.method, self._with_lam(1.0) if self.learns else dict(pairs))
        elif self.learns:
            raise UsageError(
                f'Baseline: lam="auto" works with {", ".join(WHITTAKER_METHODS)}, not with {self.method}'
            )

    @property
    def learns(self) -> bool:
        """Whether ``lam`` is still to be chosen."""
        return dict(self.parameters).get("lam") == AUTO

    def fit(self, intensity: FloatArray, wavenumber: FloatArray) -> Self:
        """Return the step with ``lam`` chosen on these rows where it is "auto".

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, the training rows.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.
        """
        if not self.learns:
            return self
        lam = choose_lam(intensity, self.method, dict(self.parameters))
        return replace(self, parameters=tuple(self._with_lam(lam).items()))

    def _with_lam(self, lam: float) -> dict[str, ParameterValue]:
        return {**dict(self.parameters), "lam": lam}

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return the corrected spectra, and how each fit ended.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            A spectrum is too short or not finite.
        UsageError
            A parameter has a wrong name or value, or ``lam`` is still "auto".
        """
        if self.learns:
            raise UsageError('Baseline: lam="auto" is chosen on training spectra first; fit the step')
        result = correct(intensity, self.method, dict(self.parameters), wavenumber)
        corrected = intensity - result.baseline
        if self.negatives == "clip":
            np.maximum(corrected, 0.0, out=corrected)
        certificate = result.certificate
        remarks = {
            "baseline_converged": certificate.converged,
            "baseline_iterations": certificate.iterations,
            "baseline_final_change": certificate.final_change,
            "baseline_roughness": certificate.roughness,
            "fraction_below_zero": certificate.fraction_below_zero,
        }
        return StepResult(corrected, wavenumber, remarks)


@dataclass(frozen=True)
class Smooth(StatelessStep):
    """Smooth by local polynomials (Savitzky & Golay 1964, doi 10.1021/ac60214a047).

    The first and last half window are read off the polynomial of the end windows, as
    ``scipy.signal.savgol_filter`` does with ``mode="interp"``; done here because scipy.signal takes half a
    second to import.

    Attributes
    ----------
    window
        Points, odd, 3 to 501.
    order
        Of the polynomial, below ``window`` and at most 8.
    """

    stage: ClassVar[Stage] = Stage.SMOOTH

    window: int = 9
    order: int = 3

    def __post_init__(self) -> None:
        check_whole(self, "window", self.window, 3, 501)
        check_whole(self, "order", self.order, 0, min(8, self.window - 1))
        if self.window % 2 == 0:
            raise UsageError(f"Smooth: window is {self.window}; give an odd number of points")

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return the smoothed spectra.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            The spectra are shorter than the window.
        """
        require_points(self, wavenumber, self.window)
        half = self.window // 2
        powers = np.vander(np.linspace(-1, 1, self.window), self.order + 1)
        fitted = powers @ np.linalg.pinv(powers)  # row k: weights of the window's points at its point k
        smooth = np.empty_like(intensity)
        n_inner = intensity.shape[1] - 2 * half
        inner = [intensity[:, k : k + n_inner] for k in range(self.window)]
        smooth[:, half : half + n_inner] = _weighted_sum(inner, fitted[half])
        first = list(intensity[:, : self.window].T)
        last = list(intensity[:, -self.window :].T)
        for k in range(half):
            smooth[:, k] = _weighted_sum(first, fitted[k])
            smooth[:, k - half] = _weighted_sum(last, fitted[k - half])
        return StepResult(smooth, wavenumber)


# Model files of before have a threshold alone.
_BEFORE_PLACES: dict[str, object] = {"places": [], "spectra": 0, "rule": "two points"}

STEPS: dict[str, type[Step]] = {
    "crop": Crop,
    "resample": Resample,
    "despike": Despike,
    "baseline": Baseline,
    "smooth": Smooth,
    "normalise": Normalise,
    "emsc": EMSC,
}


def step_to_json(step: Step) -> dict[str, object]:
    """Return a step as plain JSON values: its name in `STEPS`, and its settings.

    Examples
    --------
    >>> step_to_json(Crop(400, 1800))
    {'step': 'crop', 'settings': {'low': 400, 'high': 1800}}
    """
    name = step_name(step)
    settings = {field.name: _listed(getattr(step, field.name)) for field in fields(step)}  # type: ignore[arg-type]
    stored: dict[str, object] = {"step": name, "settings": settings}
    return {**stored, "package": version_of("steps", name)} if is_plugin_name(name) else stored


def step_name(step: Step) -> str:
    """Return by which name a step is stored: that in `STEPS`, or that of the plugin whose class it has.

    Raises
    ------
    UsageError
        It is neither.
    """
    known = next((name for name, kind in STEPS.items() if kind is type(step)), None)
    if (name := known or name_of_class("steps", type(step))) is None:
        raise UsageError(f"{type(step).__name__} is not a step; use {', '.join(STEPS)}, or a plugin's")
    return name


def step_from_json(stored: object) -> Step:
    """Return the step that `step_to_json` stored.

    Raises
    ------
    DataError
        A name, setting, type or value that no step has.
    """
    if not isinstance(stored, dict) or stored.keys() - {"package"} != {"step", "settings"}:
        raise DataError('a stored step is not an object with "step" and "settings" alone; it is damaged')
    name, settings = stored["step"], stored["settings"]
    kind = (STEPS.get(name) or imported_plugin("steps", name)) if isinstance(name, str) else None
    if kind is None:
        raise DataError(f"unknown step {name!r:.60}; known are {', '.join(STEPS)}, and named plugins")
    if kind is Despike and isinstance(settings, dict) and settings.keys() == {"threshold"}:
        settings = {**_BEFORE_PLACES, **settings}
    known = sorted(field.name for field in fields(kind))  # type: ignore[arg-type]
    if not isinstance(settings, dict) or settings.keys() != set(known):
        given = ", ".join(sorted(map(str, settings)))[:100] if isinstance(settings, dict) else "no object"
        raise DataError(f"stored step {name}: its settings are {', '.join(known)}; the file has {given}")
    try:
        return stored_step(kind, name, {key: _frozen(value) for key, value in settings.items()})  # type: ignore[no-any-return]
    except UsageError as err:
        raise DataError(f"stored step {name}: {err}") from err


def _listed(value: object) -> object:
    return [_listed(member) for member in value] if isinstance(value, tuple) else value


def _frozen(value: object) -> object:
    return tuple(_frozen(member) for member in value) if isinstance(value, list) else value


def _check_range(step: object, low: object, high: object) -> None:
    check_number(step, "low", low, LOWEST, HIGHEST)
    check_number(step, "high", high, LOWEST, HIGHEST)
    if not low < high:  # type: ignore[operator]
        raise UsageError(f"{type(step).__name__}: low is {low} and high {high}; give the lower end first")


def _is_parameter(pair: object) -> bool:
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and len(pair[0]) <= 40
        and isinstance(pair[1], bool | int | float | str)
        and len(str(pair[1])) <= 40
    )


def _weighted_sum(parts: list[FloatArray], weights: FloatArray) -> FloatArray:
    """Return the sum of equally shaped parts, each times its weight, in their order."""
    total: FloatArray = parts[0] * weights[0]
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        total += part * weight
    return total
