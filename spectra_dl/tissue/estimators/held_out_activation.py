"""Where in held-out images a fine-tuned network found a class, by models that had not seen the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.imaging.fine_tuning.rows import PixelRows
from spectra_dl.tissue.estimators.fine_tuned import FineTunedClassifier
from spectra_dl.tissue.maps.decisive_images import (
    MOST_CLASSES,
    DecisiveImages,
    decisive_images,
    first_classes,
    joined,
    most_certain,
)

_OF_EACH_KIND = 2
CHOSEN: Final = (
    f"Of each class{{first}}, the held-out images that were most certainly called it by models that never saw the patient: up to {_OF_EACH_KIND} rightly and {_OF_EACH_KIND} "
    "wrongly, no two of one patient."
)


@dataclass(frozen=True, eq=False)
class ActivationObserver:
    """Sees which images of patients left out were most certainly called a class, and where in them it was found.

    Attributes
    ----------
    rows
        All images.
    label
        ``(n,)`` class of each.
    patient
        ``(n,)`` whose each is.
    """

    rows: PixelRows
    label: TextArray
    patient: Sequence[str]
    record_types = (DecisiveImages,)

    def __call__(self, name: str, fold: Fold, fitted: Any) -> DecisiveImages | None:
        """Return the fold's most certain test images; None of another model, and beyond the first repeat.

        Parameters
        ----------
        name
            The model's.
        fold
            In which it was fitted.
        fitted
            The model.
        """
        if not isinstance(fitted, FineTunedClassifier) or fold.repeat:
            return None
        probability = fitted.predict_proba(self.rows[fold.test])
        classes = [str(each) for each in fitted.classes_]
        called = [classes[code] for code in probability.argmax(axis=1)]
        some = self._chosen(fold.test, called, probability.max(axis=1))
        row = fold.test[some]
        return decisive_images(fitted.networks_, self.rows[row].inputs(), probability[some], classes, row)

    def _chosen(self, row: IndexArray, called: Sequence[str], probability: FloatArray) -> IndexArray:
        """Return the places among some rows of those most certainly called each class, rightly and wrongly."""
        kind = [(name, name != self.label[at]) for name, at in zip(called, row, strict=True)]
        return most_certain(kind, probability, [self.patient[at] for at in row], _OF_EACH_KIND)

    def overlays(self, seen: Sequence[Observation], name: Texts) -> dict[str, object] | None:
        """Return what a page draws of the folds' most certain images, ready for JSON; None where no model is fine-tuned.

        Parameters
        ----------
        seen
            Of an evaluation.
        name
            ``(n,)`` what images are called.
        """
        found = [(each.model, each.seen) for each in seen if isinstance(each.seen, DecisiveImages)]
        if not found:
            return None
        every = joined([part for _, part in found])
        classes = sorted(set(self.label))
        kept = every.take(self._chosen(every.row, every.called.tolist(), every.probability))
        kept = kept.take(np.flatnonzero(np.isin(kept.called.astype(str), classes[:MOST_CLASSES])))
        chosen = CHOSEN.format(first=first_classes(len(classes)))
        return kept.json(found[0][0], chosen, name, patient=self.patient, truth=self.label)
