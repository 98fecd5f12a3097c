"""Checks of a score of expression: spots on glass, shallow spots, depth or tissue alone, the ceiling, a few spots."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.profiles.score_checks import CovariateCheck, above_ceiling, carried_by, few_rows
from spectra_dl.evaluation.profiles.scored import ScoreCheck, ScoredProfiles
from spectra_dl.evaluation.wording import first_few, short_figure
from spectra_dl.expression.estimators.depth import DEPTH, section_depth
from spectra_dl.expression.estimators.tissue_share import TISSUE
from spectra_dl.expression.registration.tile_flags import BACKGROUND_BELOW
from spectra_dl.expression.section import OFF_TISSUE, TissueSection
from spectra_dl.expression.spots import SpotTable

_ON_GLASS_BELOW = 0.5  # of the spot: one that is half on glass holds background RNA as well
_SHALLOW_BELOW = 0.3  # of the section's median counts per spot
_SHALLOW_REMAINS = (
    0.25  # of the correlation: necrosis and fat are shallow too, so more must vanish before the audit stops
)
_MANY = 0.1  # of all spots, with no tissue at all under them


def score_checks(sections: Sequence[TissueSection], spots: SpotTable) -> tuple[ScoreCheck, ...]:
    """Return the checks of a score on these spots.

    Parameters
    ----------
    sections
        The sections, with the spots that can't be used.
    spots
        ``n`` usable spots of all sections, as they are evaluated.
    """
    tissue = np.ones(len(spots)) if spots.tissue_share is None else spots.tissue_share
    depth = section_depth(spots)
    return (
        _SpotsOnGlass(_marked(sections), spots.section, tissue),
        _ShallowSpots(spots.section, _shallow(spots)),
        CovariateCheck("tissue alone", TISSUE, "tissue against glass", tissue),
        CovariateCheck("depth alone", DEPTH, "how much was counted in a spot", depth),
        above_ceiling,
        partial(few_rows, rows="spots"),
    )


def _marked(sections: Sequence[TissueSection]) -> int:
    """Return how many spots the files themselves state to lie beside the tissue."""
    return sum(int((section.reason == OFF_TISSUE).sum()) for section in sections)


def _shallow(spots: SpotTable) -> NDArray[np.bool_]:
    """Return ``(n,)`` which spots have far fewer counts than their section's median."""
    shallow = np.zeros(len(spots), dtype=bool)
    for name in dict.fromkeys(spots.section):
        rows = spots.section == name
        shallow[rows] = spots.library[rows] < _SHALLOW_BELOW * np.median(spots.library[rows])
    return shallow


@dataclass(frozen=True, eq=False)
class _SpotsOnGlass:
    """Usable spots with more glass than tissue under them in the image."""

    marked: int
    section: NDArray[np.object_]
    tissue: FloatArray

    def __call__(self, scored: ScoredProfiles) -> Finding:
        name = "spots off tissue"
        marked = (
            f" {self.marked} others are marked as beside the tissue, and were left out."
            if self.marked
            else ""
        )
        glass, n = self.tissue < _ON_GLASS_BELOW, len(self.tissue)
        count = int(glass.sum())
        if not count:
            return Finding(name, "fine", f"No spot that was used lies on glass.{marked}")
        severity, without = carried_by(scored, glass)
        if severity == "fine" and (self.tissue < BACKGROUND_BELOW).sum() >= _MANY * n:
            severity = "warn"
        seen = (
            f"{count} of {n} spots lie on glass by the image, at least by half ({_by_section(self.section, glass)}): r {short_figure(scored.result.pearson.value)}, "
            f"without them {short_figure(without.value)}.{marked}"
        )
        advice = " Leave out spots beside the tissue (in_tissue 0), and evaluate again."
        return Finding(name, severity, f"Spots off tissue: {seen}{advice}" if severity != "fine" else seen)


@dataclass(frozen=True, eq=False)
class _ShallowSpots:
    """Spots of so few counts that they may be background, whatever the image shows."""

    section: NDArray[np.object_]
    shallow: NDArray[np.bool_]

    def __call__(self, scored: ScoredProfiles) -> Finding:
        name, count, n = "shallow spots", int(self.shallow.sum()), len(self.shallow)
        if not count:
            return Finding(
                name, "fine", f"No spot has less than {_SHALLOW_BELOW:.0%} of its section's median counts."
            )
        severity, without = carried_by(scored, self.shallow, stop_below=_SHALLOW_REMAINS)
        seen = (
            f"{count} of {n} spots have less than {_SHALLOW_BELOW:.0%} of their section's median counts ({_by_section(self.section, self.shallow)}): "
            f"r {short_figure(scored.result.pearson.value)}, without them {short_figure(without.value)}."
        )
        advice = " Such spots may lie off tissue and hold background RNA: look at them in the overlay, and leave them out."
        return Finding(name, severity, f"{seen}{advice}" if severity != "fine" else seen)


def _by_section(section: NDArray[np.object_], rows: NDArray[np.bool_]) -> str:
    names = dict.fromkeys(section[rows])
    return first_few(f"{name} {int((section[rows] == name).sum())}" for name in names)
