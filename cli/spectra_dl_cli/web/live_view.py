"""One spectrum with its baseline, drawn anew for every place of the slider."""

import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.report.page.paths import Span, curve, round_ticks, thinned
from spectra_dl.spectra.baseline.certificate import BaselineResult
from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS, correct

METHODS = tuple(WHITTAKER_METHODS)
LOWEST, HIGHEST, FIRST = 2.0, 9.0, 5.0  # powers of ten of λ
NARROW, WIDE, LEFT = 480, 960, 8
RAW, CORRECTED = (20, 210), (246, 396)
_MOST_POINTS = 1_600


@dataclass(frozen=True)
class LiveView:
    """What is drawn.

    Attributes
    ----------
    width
        Of the figure.
    raw, baseline, corrected, zero
        SVG paths, in tenths of the figure's units.
    ticks
        Places and labels on the axis.
    ends, corrected_ends
        Least and greatest values.
    below
        Share of points below the baseline.
    converged, iterations
        Of the fit.
    milliseconds
        It took.
    """

    width: int
    raw: str
    baseline: str
    corrected: str
    zero: float
    ticks: list[tuple[float, str]]
    ends: tuple[float, float]
    corrected_ends: tuple[float, float]
    below: float
    converged: bool
    iterations: int
    milliseconds: float


def smoothing(power: float) -> float:
    """Return λ at a place of the slider, in the three digits that are shown."""
    return float(f"{10.0**power:.3g}")


class Viewed:
    """The first spectra of a drop, as they were read."""

    _fitting = threading.Lock()

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self._wavenumber: FloatArray = arrays["wavenumber"]
            self._intensity: FloatArray = arrays["intensity"]

    def __len__(self) -> int:
        return len(self._intensity)

    def drawn(self, at: int, method: str, power: float, width: int = WIDE) -> LiveView:
        """Return a spectrum with its baseline.

        Parameters
        ----------
        at
            Which spectrum.
        method
            One of `METHODS`.
        power
            The power of ten of λ.
        width
            Of the figure: `WIDE` or `NARROW`.

        Raises
        ------
        DataError
            It has missing values, or too few points.
        """
        begin = time.perf_counter()
        spectrum = self._intensity[at]
        with self._fitting:
            fit = correct(spectrum[None], method, {"lam": smoothing(power)})
        return _view(self._wavenumber, spectrum, fit, begin, width)


def _view(axis: FloatArray, spectrum: FloatArray, fit: BaselineResult, begin: float, width: int) -> LiveView:
    baseline, corrected = fit.baseline[0], spectrum - fit.baseline[0]
    across = Span(float(axis[0]), float(axis[-1]), LEFT, width - LEFT)
    ends = float(min(spectrum.min(), baseline.min())), float(max(spectrum.max(), baseline.max()))
    corrected_ends = min(float(corrected.min()), 0.0), float(corrected.max())
    raw = Span(*_apart(ends), RAW[1] - 6, RAW[0] + 6)
    lower = Span(*_apart(corrected_ends), CORRECTED[1] - 6, CORRECTED[0] + 6)

    def path(values: FloatArray, up: Span) -> str:
        shown = thinned(values, _MOST_POINTS)
        return curve(across.at(axis[shown]), up.at(values[shown]))

    most = width // 80
    return LiveView(
        width=width,
        raw=path(spectrum, raw),
        baseline=path(baseline, raw),
        corrected=path(corrected, lower),
        zero=lower.place(0.0),
        ticks=[
            (across.place(tick), f"{tick:g}") for tick in round_ticks(float(axis[0]), float(axis[-1]), most)
        ],
        ends=ends,
        corrected_ends=corrected_ends,
        below=float((corrected < 0).mean()),
        converged=bool(fit.certificate.converged[0]),
        iterations=int(fit.certificate.iterations[0]),
        milliseconds=1000 * (time.perf_counter() - begin),
    )


def _apart(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    return (low, high) if high > low and math.isfinite(high - low) else (low - 1, low + 1)


def compile_ahead() -> None:
    """Make each method's machine code, so that the slider's first places don't wait for it."""
    for method in METHODS:
        correct(np.linspace(1.0, 2.0, 50)[None], method, {"lam": 1e3})
