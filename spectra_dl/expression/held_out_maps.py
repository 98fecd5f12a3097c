"""Maps of one held-out section, predicted and measured: which, is settled before anything is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.evaluation.profiles.results import TargetChooser
from spectra_dl.evaluation.report.classes_json import Json, rounded
from spectra_dl.evaluation.report.page.value_maps import (
    WIDTH,
    bar_length,
    colour_limits,
    places_of,
    steps_of,
)
from spectra_dl.expression.cohort import ExpressionCohort

_QUANTILES = (
    1.0,
    0.75,
    0.5,
)  # of the genes' correlations in this section: the best one, and two that are nearer to the rest
_MOST_PLACES = 800
_TALLEST = 1.25  # of the width
_SPOT = 0.5  # of the pitch


@dataclass(frozen=True, eq=False)
class HeldOutMaps:
    """One section as the model predicts it that never saw it, and as it was measured.

    Attributes
    ----------
    section, patient
        Whose it is.
    genes_of_panel
        How many there are.
    position_um
        ``(n, 2)``.
    pitch_um
        Between neighbouring spots.
    genes
        ``k`` names.
    pearson
        ``(k,)`` correlations in this section.
    predicted, measured
        ``(n, k)``.
    """

    section: str
    patient: str
    genes_of_panel: int
    position_um: FloatArray
    pitch_um: float
    genes: tuple[str, ...]
    pearson: FloatArray
    predicted: FloatArray
    measured: FloatArray


@dataclass(frozen=True, eq=False)
class HeldOutMapsObserver:
    """Return maps of the first section that was read, from the fold of the first repeat that holds it out.

    Attributes
    ----------
    cohort
        The spots that are evaluated.
    targets
        Which genes are predicted.
    model
        The name of the model that is looked at.
    """

    cohort: ExpressionCohort
    targets: TargetChooser
    model: str
    record_types = (HeldOutMaps,)

    def __call__(self, name: str, fold: Fold, fitted: Any) -> HeldOutMaps | None:
        """Return the maps; None for another model or fold.

        Parameters
        ----------
        name
            The model's name.
        fold
            Its training and test rows.
        fitted
            The model.
        """
        spots = self.cohort.spots
        rows = fold.test[spots.section[fold.test] == spots.section[0]]
        if name != self.model or fold.repeat or not len(rows):
            return None
        chosen = self.targets.fit(fold.train)
        predicted, measured = fitted.predict(spots[rows]), chosen.values(rows)
        pearson = pearson_per_column(predicted, measured)
        at = _typical(pearson)
        return HeldOutMaps(
            str(spots.section[0]),
            str(spots.patient[0]),
            len(pearson),
            spots.position_um[rows],
            float(spots.pitch_um[rows[0]]),
            tuple(str(chosen.names[column]) for column in at),
            pearson[at],
            np.asarray(predicted, dtype=np.float64)[:, at],
            measured[:, at],
        )


def _typical(pearson: FloatArray) -> IndexArray:
    """Return the genes at some quantiles of what is known, the best first; a gene once."""
    known = np.flatnonzero(np.isfinite(pearson))
    order = known[np.argsort(pearson[known], kind="stable")]
    places = [round(share * (len(order) - 1)) for share in _QUANTILES] if len(order) else []
    return np.array([order[place] for place in dict.fromkeys(places)], dtype=np.intp)


def held_out_maps(observations: Sequence[Observation]) -> HeldOutMaps | None:
    """Return what the observer saw; None where it saw nothing."""
    return next((each.seen for each in observations if isinstance(each.seen, HeldOutMaps)), None)


def held_out_maps_json(maps: HeldOutMaps) -> Json:
    """Return maps ready for JSON, with values as steps of colour: some tens of kB at most for a section of any size."""
    low, high = maps.position_um.min(axis=0), maps.position_um.max(axis=0)
    margin = maps.pitch_um
    width, height = (high - low + 2 * margin).tolist()
    unit = min(WIDTH / width, _TALLEST * WIDTH / height)
    x = (maps.position_um[:, 0] - low[0] + margin) * unit + (WIDTH - width * unit) / 2
    y = (maps.position_um[:, 1] - low[1] + margin) * unit
    places = places_of(x, y, max(1.2, _SPOT * maps.pitch_um * unit), _MOST_PLACES)
    bar_um = bar_length(width)
    genes = []
    for column, name in enumerate(maps.genes):
        drawn = [places.means(values[:, column]) for values in (maps.predicted, maps.measured)]
        limits = colour_limits(*drawn)
        predicted, measured = (steps_of(values, limits).tolist() for values in drawn)
        genes.append(
            {
                "name": name,
                "pearson": rounded(float(maps.pearson[column])),
                "limits": [rounded(limit) for limit in limits],
                "predicted": _letters(predicted),
                "measured": _letters(measured),
            }
        )
    return {
        "section": maps.section,
        "patient": maps.patient,
        "spots": len(maps.position_um),
        "genes_of_panel": maps.genes_of_panel,
        "gathered": places.gathered,
        "size": round(places.size, 2),
        "height": round(height * unit, 1),
        "bar": round(bar_um * unit, 1),
        "bar_um": bar_um,
        "x": _texts(places.x),
        "y": _texts(places.y),
        "genes": genes,
    }


def _letters(steps: Sequence[int]) -> str:
    """Return a letter for each place, a for the lowest colour; a full stop where nothing is known."""
    return "".join("." if step < 0 else chr(ord("a") + step) for step in steps)


def _texts(values: FloatArray) -> str:
    return " ".join(f"{value:.1f}" for value in values.tolist())
