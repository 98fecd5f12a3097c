"""The step that removes cosmic rays, and leaves alone what recurs in the spectra it is fitted on."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.spectra.preprocessing import two_point_rays
from spectra_dl.spectra.preprocessing.cosmic_rays import SHORTEST, FoundRays, without_rays
from spectra_dl.spectra.preprocessing.ray_threshold import THRESHOLD
from spectra_dl.spectra.preprocessing.recurring_places import HitCounts, Place, points_in
from spectra_dl.spectra.preprocessing.step import (
    HIGHEST,
    LOWEST,
    MOST_POINTS,
    Stage,
    StepResult,
    check_choice,
    check_number,
    check_whole,
    require_points,
)

Rule = Literal["six points", "two points"]

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 3.0, 1000.0
_LISTED = 12  # ranges of a spectrum, and
_NOTED = 5  # places in a note


@dataclass(frozen=True)
class Despike:
    """Remove cosmic rays of up to six points; see `spectra_dl.spectra.preprocessing.cosmic_rays.despiked`.

    Fitting learns the places that are hit in more of the training spectra than chance allows: narrow bands and hot pixels. They are kept as they are,
    and so is a ray that falls on one.

    Attributes
    ----------
    threshold
        Height of a ray over the noise's standard deviation, 3 to 1,000.
    places
        Ranges that are kept: low and high in cm⁻¹, and in how many spectra they were hit. None before the step is fitted.
    spectra
        How many spectra the places were learnt on.
    rule
        ``"six points"``; or ``"two points"``, by which model files of before were trained: rays of one or two points, no places, and
        a threshold that is a modified z-score of steps.
    """

    stage: ClassVar[Stage] = Stage.SPIKES

    threshold: float = THRESHOLD
    places: tuple[Place, ...] | None = None
    spectra: int = 0
    rule: Rule = "six points"

    def __post_init__(self) -> None:
        check_number(self, "threshold", self.threshold, LOWEST_THRESHOLD, HIGHEST_THRESHOLD)
        check_whole(self, "spectra", self.spectra, 0, 10**12)
        check_choice(self, "rule", self.rule, get_args(Rule))
        if self.places is None:
            return
        if not isinstance(self.places, tuple) or len(self.places) > MOST_POINTS:
            raise UsageError(f"Despike: give places as at most {MOST_POINTS:,} triples of low, high and hits")
        object.__setattr__(self, "places", tuple(self._checked(place) for place in self.places))

    def _checked(self, place: object) -> Place:
        if not isinstance(place, tuple) or len(place) != len(Place._fields):
            raise UsageError("Despike: a place is a triple of low, high and hits")
        low, high, hits = place
        check_number(self, "low", low, 2 * LOWEST, 2 * HIGHEST)  # half a step beyond the outer points
        check_number(self, "high", high, low, 2 * HIGHEST)
        check_whole(self, "hits", hits, 0, self.spectra)
        return Place(float(low), float(high), int(hits))

    @property
    def learns(self) -> bool:
        """Whether the places are still to be learnt."""
        return self.places is None and self.rule == "six points"

    def fit(self, intensity: FloatArray, wavenumber: FloatArray) -> Self:
        """Return the step with the places that recur in these rows.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, the training rows.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            The spectra have fewer than 5 points.
        """
        if not self.learns:
            return self
        return self.with_counts(self.counts(intensity, wavenumber), wavenumber)

    def counts(self, intensity: FloatArray, wavenumber: FloatArray) -> HitCounts:
        """Return how many of some spectra are hit at each point; those of blocks add up.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            The spectra have fewer than 5 points.
        """
        self.require_points(wavenumber)
        return HitCounts.of(intensity, self.threshold)

    def require_points(self, wavenumber: FloatArray) -> None:
        """Refuse an axis ``(p,)`` of fewer points than rays are looked for in.

        Raises
        ------
        DataError
            It has fewer than 5.
        """
        require_points(self, wavenumber, SHORTEST)

    def with_counts(self, counts: HitCounts, wavenumber: FloatArray) -> Self:
        """Return the step with the places that recur, from counts.

        Parameters
        ----------
        counts
            Of the spectra it is to learn from, at this threshold.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹, of the counts.
        """
        return replace(self, places=counts.places(wavenumber), spectra=counts.spectra)

    def without_counts(self) -> Self:
        """Return a step that does the same and does not say how many spectra it was learnt on."""
        places = self.places and tuple(place._replace(hits=0) for place in self.places)
        return replace(self, places=places, spectra=0)

    def apply(
        self, intensity: FloatArray, wavenumber: FloatArray, rays: FoundRays | None = None
    ) -> StepResult:
        """Return the spectra without rays, and the remarks ``spikes_removed``, points replaced, and ``spikes_at``, where.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite, p >= 5; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.
        rays
            Those that were found before; None looks for all of them.

        Raises
        ------
        DataError
            The spectra have fewer than 5 points.
        """
        self.require_points(wavenumber)
        if self.rule == "two points":
            cleaned, replaced = two_point_rays.without_rays(intensity, self.threshold)
        else:
            search = without_rays if rays is None else rays.without_rays
            cleaned, replaced = search(intensity, self.threshold, self.kept_points(wavenumber))
        remarks = {"spikes_removed": replaced.sum(axis=1), "spikes_at": _ranges(replaced, wavenumber)}
        return StepResult(cleaned, wavenumber, remarks)

    def kept_points(self, wavenumber: FloatArray) -> NDArray[np.bool_] | None:
        """Return the points of an axis that no ray is removed from, ``(p,)``; None where there are none."""
        return points_in(self.places, wavenumber) if self.places else None

    def notes_without_model(self) -> tuple[str, ...]:
        """Say what was looked at where no model has learnt the places, and `notes`."""
        return (
            f"cosmic rays: without a model, {self.spectra} usable spectra of the whole input were looked at for bands and hot pixels that recur",
            *self.notes(),
        )

    def notes(self) -> tuple[str, ...]:
        """Say which bands or hot pixels would have been removed as rays in more than one spectrum in a hundred; nothing where none."""
        few = max(2, 0.01 * self.spectra)
        hit = [place for place in self.places or () if place.hits >= few]
        hit.sort(key=lambda place: -place.hits)
        if not hit:
            return ()
        at = "; ".join(
            f"{(place.low + place.high) / 2:.6g} cm-1 in {place.hits} of {self.spectra} spectra"
            for place in hit[:_NOTED]
        )
        more = f"; and {len(hit) - _NOTED} more places" if len(hit) > _NOTED else ""
        return (f"bands or hot pixels, hit as cosmic rays too often for chance and kept: {at}{more}",)


def ray_step(threshold: float | str) -> Despike | None:
    """Return the step with a threshold, not fitted; None for ``"none"``.

    Raises
    ------
    UsageError
        It is neither none nor a number from 3 to 1,000.
    """
    if threshold == "none":
        return None
    if isinstance(threshold, str):
        raise UsageError(f"despike is {threshold!r:.60}; give none, or a number from 3 to 1000")
    return Despike(threshold)


def _ranges(replaced: NDArray[np.bool_], wavenumber: FloatArray) -> TextArray:
    """Return where each spectrum had points replaced, ``(n,)`` text such as ``"820; 824-830"`` in cm⁻¹."""
    texts = text_array([""] * len(replaced))
    for row in np.flatnonzero(replaced.any(axis=1)):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], replaced[row].view(np.int8), [0]))))
        ranges = [
            _range(wavenumber[first], wavenumber[end - 1])
            for first, end in zip(edges[::2], edges[1::2], strict=True)
        ]
        more = [f"and {len(ranges) - _LISTED} more"] if len(ranges) > _LISTED else []
        texts[row] = "; ".join([*ranges[:_LISTED], *more])
    return texts


def _range(first: float, last: float) -> str:
    return f"{first:.6g}" if first == last else f"{first:.6g}-{last:.6g}"
