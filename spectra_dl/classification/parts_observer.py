"""What the parts of a model were worth in the folds of an evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.predictor import ClassPredictor
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold


@dataclass(frozen=True, eq=False)
class FoldParts:
    """The parts of one fold's model.

    Attributes
    ----------
    names
        What each is called.
    weight
        ``(p,)`` its part of the logits.
    adds
        ``(p, 3)`` by how much it raises the others' patient AUC on left-out training patients, and the ends of the interval.
    """

    names: tuple[str, ...]
    weight: FloatArray
    adds: FloatArray


@dataclass(frozen=True)
class PartsObserver:
    """Return the parts of the model of a name, for `spectra_dl.evaluation.classes.harness.evaluate`.

    Attributes
    ----------
    model
        The name.
    """

    model: str
    record_types = (FoldParts,)

    def __call__(self, name: str, fold: Fold, fitted: object) -> FoldParts | None:
        """Return the parts of a fitted model; None for others, and for models of one part.

        Parameters
        ----------
        name
            The model's name.
        fold
            In which it was fitted.
        fitted
            The model.
        """
        predictor = getattr(
            getattr(fitted, "best_", fitted), "predictor_", None
        )  # of a model that chose among candidates
        if (
            name != self.model
            or not isinstance(predictor, ClassPredictor)
            or not predictor.classification.parts
        ):
            return None
        parts = predictor.classification.parts
        adds = [
            [np.nan if one is None else one for one in (part.adds, part.low, part.high)] for part in parts
        ]
        return FoldParts(
            tuple(part.name for part in parts), np.array([part.weight for part in parts]), np.array(adds)
        )


@dataclass(frozen=True)
class ModelParts:
    """What a model's parts were worth, over the folds.

    Attributes
    ----------
    model
        The model's name.
    parts
        By name: the mean over folds of its part of the logits, the lowest and the highest; and the means of what it adds and of
        the ends of its interval.
    """

    model: str
    parts: dict[str, tuple[float, ...]]

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values, numbers with four digits after the point."""
        keys = ("weight", "lowest", "highest", "adds", "low", "high")
        return {
            "model": self.model,
            "parts": [
                {"name": name} | {key: _plain(value) for key, value in zip(keys, values, strict=True)}
                for name, values in self.parts.items()
            ],
        }

    def lines(self) -> list[str]:
        """Return a line for each part, below a line that says what they are of."""
        return [
            f"What {self.model} is made of: part of its logits (range over folds), and what the part adds to the others' patient AUC on "
            "left-out training patients (mean over folds of the figure and of its 95 % interval):",
            *(
                f"  {name:<40} {weight:4.0%} ({lowest:.0%} to {highest:.0%})  {adds:+.3f} [{low:+.3f}, {high:+.3f}]"
                for name, (weight, lowest, highest, adds, low, high) in self.parts.items()
            ),
        ]


def parts_of(observations: Sequence[Observation]) -> ModelParts | None:
    """Return what the parts of the observed model were worth; None where no model of several parts was seen.

    Parameters
    ----------
    observations
        Of an evaluation; those of a `PartsObserver` count.
    """
    seen = [(one.model, one.seen) for one in observations if isinstance(one.seen, FoldParts)]
    if not seen:
        return None
    names = dict.fromkeys(name for _, fold in seen for name in fold.names)
    parts = {}
    for name in names:
        folds = [(fold, fold.names.index(name)) for _, fold in seen if name in fold.names]
        weight = np.array([fold.weight[at] for fold, at in folds])
        adds = np.mean([fold.adds[at] for fold, at in folds], axis=0)
        parts[name] = (float(weight.mean()), float(weight.min()), float(weight.max()), *map(float, adds))
    return ModelParts(seen[0][0], parts)


def _plain(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
