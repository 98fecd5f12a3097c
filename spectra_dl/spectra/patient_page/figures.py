"""The spectra of a patient as one figure: as measured, cleaned over the classes' means, and what the answer hangs on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.report.page.paths import FINE, Span, band, curve, round_ticks, thinned
from spectra_dl.spectra.class_spectra import ClassSpectra, joined
from spectra_dl.spectra.patient_page.occlusion import Occlusion, window_starts
from spectra_dl.spectra.predictor import SpectraPredictor

WIDTH, LEFT, RIGHT = 480, 8, 472
RAW, CLEANED, LOWER = (18, 98), (120, 216), (238, 308)
_STRIP, _APART = 50, 22  # heights of the strip and between panels
_SMOOTH = 60  # points of a baseline
_WITHIN, _WITHIN_APART = 2.5, 1.5  # standard deviations that common scales show
NUMBERED = 3
_WORTH_NAMING = 0.25  # of the largest change in the patient


@dataclass(frozen=True, eq=False)
class PatientSpectra:
    """What is drawn of a patient.

    Attributes
    ----------
    raw, prepared
        ``(k, q)`` as measured, and after all cleaning steps.
    baseline
        ``(k, q)`` or None.
    replaced
        ``(k, q)`` which points were replaced.
    occlusion
        None where the model knows nothing of such samples.
    """

    raw: FloatArray
    prepared: FloatArray
    baseline: FloatArray | None
    replaced: NDArray[np.bool_]
    occlusion: Occlusion | None

    @property
    def mean(self) -> FloatArray:
        """``(q,)`` the mean spectrum after all cleaning steps."""
        mean: FloatArray = self.prepared.mean(axis=0)
        return mean


@dataclass(frozen=True)
class ClassCurve:
    """A class's mean and spread, drawn once and used by every figure.

    Attributes
    ----------
    number, name
        Of the class among the model's.
    mean, spread
        Paths.
    mean_apart, spread_apart
        Paths of the same less the mean of all training spectra.
    """

    number: int
    name: str
    mean: str
    spread: str
    mean_apart: str
    spread_apart: str


@dataclass(frozen=True)
class Bar:
    """A window of the strip: its rectangle, whether it speaks for the class, and its number in the list below; 0 for none."""

    x: float
    y: float
    width: float
    height: float
    speaks_for: bool
    number: int


@dataclass(frozen=True)
class SpectraFigure:
    """Where everything stands in a patient's figure.

    Attributes
    ----------
    raw, baselines, cleaned
        Paths, one for each spectrum.
    mean, apart
        The path of the mean cleaned spectrum, and of that less the mean of all training spectra; the latter empty where there are no
        classes' curves.
    ends
        The lowest and the highest value as measured.
    marks
        Where points were replaced, across.
    bars
        Of the strip; none without one.
    stretch, stretch_apart
        By what the classes' curves are multiplied, and what is added, to stand on this figure's scale.
    """

    raw: list[str]
    baselines: list[str]
    cleaned: list[str]
    mean: str
    apart: str
    ends: tuple[float, float]
    marks: list[float]
    bars: list[Bar]
    stretch: tuple[float, float]
    stretch_apart: tuple[float, float]


class FigureScales:
    """What the figures of one page have in common.

    Parameters
    ----------
    wavenumber
        ``(q,)`` the model's axis.
    drawn
        Every patient that is drawn.
    predictor
        The model, which numbers the classes' curves.
    """

    def __init__(
        self, wavenumber: FloatArray, drawn: Sequence[PatientSpectra], predictor: SpectraPredictor
    ) -> None:
        self.wavenumber, self._known = wavenumber, predictor.class_spectra
        self.across = Span(float(wavenumber[0]), float(wavenumber[-1]), LEFT, RIGHT)
        means = [patient.mean for patient in drawn]
        changes = [np.abs(each.occlusion.change).max() for each in drawn if each.occlusion]
        self.largest_change = float(max(changes, default=0.0))
        self.curves: list[ClassCurve] = []
        self._common, self._common_apart = _span(means, CLEANED), _span(means, LOWER)
        if self._known is not None:
            known, self._all = self._known, self._coarse(predictor.reference.mean)
            self._common = _span(_ends(known.mean, _WITHIN * known.spread), CLEANED)
            apart = _ends(known.mean - self._all, _WITHIN_APART * known.spread)
            self._common_apart = _span(apart, LOWER)
            self.curves = self._class_curves(known, predictor.classification.classes)
        first = LOWER[1] + _APART if self.curves else LOWER[0]
        self.strip = first, first + _STRIP

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where wavenumbers are written, and which."""
        values = round_ticks(float(self.wavenumber[0]), float(self.wavenumber[-1]))
        return [(self.across.place(value), f"{value:g}") for value in values]

    def figure(self, patient: PatientSpectra) -> SpectraFigure:
        """Return where everything of a patient stands."""
        baselines = [] if patient.baseline is None else list(patient.baseline)
        raw = _span([*patient.raw, *baselines], RAW)
        cleaned, stretch = _stretched(self._common, patient.mean)
        changed = np.flatnonzero(patient.replaced.any(axis=0))
        apart, stretch_apart = self._apart(patient) if self.curves else ("", (1.0, 0.0))
        return SpectraFigure(
            [self._path(row, raw) for row in patient.raw],
            [self._path(row, raw, _SMOOTH) for row in baselines],
            [self._path(row, cleaned) for row in patient.prepared] if len(patient.prepared) > 1 else [],
            self._path(patient.mean, cleaned),
            apart,
            (float(patient.raw.min()), float(patient.raw.max())),
            sorted({self.across.place(float(self.wavenumber[at])) for at in changed}),
            self._bars(patient.occlusion) if patient.occlusion else [],
            stretch,
            stretch_apart,
        )

    def within(self, patient: PatientSpectra, name: str) -> float | None:
        """Return at which share of the axis a patient's mean lies within a standard deviation of a class; None where that is not known.

        Parameters
        ----------
        patient
            What is drawn.
        name
            The class.
        """
        known = self._known
        if known is None or name not in known.classes:
            return None
        at, coarse = known.classes.index(name), self._coarse(patient.mean)
        return float((np.abs(coarse - known.mean[at]) <= known.spread[at]).mean())

    def _coarse(self, row: NDArray[Any]) -> FloatArray:
        """Return a row ``(q,)`` on the classes' axis."""
        coarse: FloatArray = joined(row[None], self._known.points_together if self._known else 1)[0]
        return coarse

    def _class_curves(self, known: ClassSpectra, classes: Sequence[str]) -> list[ClassCurve]:
        x = self.across.at(self._coarse(self.wavenumber))
        curves = []
        for name, mean, spread in zip(known.classes, known.mean, known.spread, strict=True):
            paths = []
            for middle, up in ((mean, self._common), (mean - self._all, self._common_apart)):
                paths += [curve(x, up.at(middle)), band(x, up.at(middle - spread), up.at(middle + spread))]
            curves.append(ClassCurve(classes.index(name), name, *paths))
        return curves

    def _apart(self, patient: PatientSpectra) -> tuple[str, tuple[float, float]]:
        row = self._coarse(patient.mean) - self._all
        up, stretch = _stretched(self._common_apart, row)
        points = thinned(row)
        return curve(self.across.at(self._coarse(self.wavenumber)[points]), up.at(row[points])), stretch

    def _path(self, row: FloatArray, up: Span, most: int | None = None) -> str:
        if most is None:
            points = thinned(row)
        else:
            points = np.unique(np.linspace(0, row.size - 1, most).round().astype(np.intp))
        return curve(self.across.at(self.wavenumber[points]), up.at(row[points]))

    def _bars(self, occlusion: Occlusion) -> list[Bar]:
        starts, largest = window_starts(self.wavenumber.size), self.largest_change or 1.0
        middle, reach = sum(self.strip) / 2, _STRIP / 2
        numbers = {window: number for number, window in enumerate(numbered(occlusion.change), 1)}
        bars = []
        for window, change in enumerate(occlusion.change.tolist()):
            low, high = window_ends(self.wavenumber, starts, window)
            left, right = self.across.place(low), self.across.place(high)
            height = round(abs(change) / largest * reach, 1)
            top = middle - height if change > 0 else middle
            bars.append(
                Bar(left, round(top, 1), round(right - left, 1), height, change > 0, numbers.get(window, 0))
            )
        return bars


def _span(rows: Sequence[FloatArray], panel: tuple[float, float]) -> Span:
    """Return the range of some rows on a panel, whose top is given first."""
    low, high = min(float(row.min()) for row in rows), max(float(row.max()) for row in rows)
    return Span(low, high if high > low else low + 1.0, panel[1], panel[0])


def _ends(mean: NDArray[Any], spread: NDArray[Any]) -> list[FloatArray]:
    return [mean - spread, mean + spread]


def _stretched(common: Span, row: FloatArray) -> tuple[Span, tuple[float, float]]:
    """Return a range that holds a row too, and what brings paths on the common range to it."""
    up = Span(
        min(common.low, float(row.min())), max(common.high, float(row.max())), common.start, common.stop
    )
    scale = (common.high - common.low) / (up.high - up.low)
    return up, (round(scale / FINE, 5), round(up.place(common.low) - scale * common.start, 2))


def window_ends(wavenumber: FloatArray, starts: NDArray[np.intp], window: int) -> tuple[float, float]:
    """Return the wavenumbers at which a window begins and ends.

    Parameters
    ----------
    wavenumber
        ``(q,)``.
    starts
        Where windows begin.
    window
        Which of them.
    """
    stop = int(starts[window + 1]) if window + 1 < len(starts) else wavenumber.size - 1
    return float(wavenumber[starts[window]]), float(wavenumber[stop])


def numbered(change: FloatArray) -> list[int]:
    """Return the windows with the largest changes, largest first: three at most, and none that is small beside the first."""
    size = np.abs(change)
    order = np.argsort(-size, kind="stable")[:NUMBERED]
    return [
        int(window) for window in order if size[window] > 0 and size[window] >= _WORTH_NAMING * size.max()
    ]
