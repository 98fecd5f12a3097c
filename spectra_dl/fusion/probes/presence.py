"""Does it go with the class who has a block, or a value? A model that is told what is missing would know the class from that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.audit.batches import association_p
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.probes.asked import OF_CLASSES, Asked

_NAME = "who has which block"
_FALSE_ALARMS, _LEAST_P = 0.02, 1 / 2001  # in all together; the least that permutations can give
_TELLING = 0.75  # AUC of whether it is there: such a classifier would pass for a test


@dataclass(frozen=True, eq=False)
class PresenceByClass:
    """Who has what.

    Attributes
    ----------
    present
        ``(m,)`` by name of a block, or of a clinical column.
    asked
        What it is compared with, in words.
    """

    present: Mapping[str, NDArray[np.bool_]]
    asked: Asked = OF_CLASSES

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Compare classes in how many patients have each.

        Parameters
        ----------
        patients
            One a row.
        folds
            Not looked at.
        seed
            Of the permutations.
        """
        truth, classes = patients.class_of_row, patients.classes
        lacking = {name: have for name, have in self.present.items() if not have.all()}
        shares = {
            name: [float(have[truth == code].mean()) for code in range(len(classes))]
            for name, have in lacking.items()
        }
        words = {
            name: " and ".join(f"{share:.0%} of {label}" for share, label in zip(each, classes, strict=True))
            for name, each in shares.items()
        }
        if stopped := self._stopped(truth, lacking, shares, words, seed):
            return stopped
        most = max(_FALSE_ALARMS / max(1, len(lacking)), _LEAST_P)
        found = [
            name
            for name, have in lacking.items()
            if association_p(truth, have.astype(np.intp), seed=seed) <= most
        ]
        if found:
            listed = first_few((f"{name!r:.60} ({words[name]})" for name in found), longest=160)
            return Finding(
                _NAME,
                "warn",
                f"What is missing goes with {self.asked.it} beyond chance: {listed} have it. A model may use that it is missing. Find out why, or evaluate the "
                "patients who have all blocks as well.",
            )
        return Finding(
            _NAME, "fine", f"Which blocks and values patients lack does not go with {self.asked.it}."
        )

    def _stopped(
        self,
        truth: IndexArray,
        lacking: Mapping[str, NDArray[np.bool_]],
        shares: Mapping[str, Sequence[float]],
        words: Mapping[str, str],
        seed: int,
    ) -> Finding | None:
        """Return what stops: something that one class alone has, or that nearly says the class by being there."""
        none = [name for name, each in shares.items() if min(each) == 0 < max(each)]
        if none:
            listed = first_few((f"{name!r:.60} ({words[name]})" for name in none), longest=160)
            return Finding(
                _NAME,
                "stop",
                f"There for {self.asked.some} only: {listed}. That it is missing says {self.asked.it}, so no score that uses it is evidence. Measure it in the other "
                "patients too, or leave it out.",
            )
        telling = [
            name
            for name, each in shares.items()
            if 0.5 + (max(each) - min(each)) / 2 >= _TELLING
            and association_p(truth, lacking[name].astype(np.intp), seed=seed) <= _LEAST_P
        ]
        if not telling:
            return None
        listed = first_few((f"{name!r:.60} ({words[name]})" for name in telling), longest=160)
        return Finding(
            _NAME,
            "stop",
            f"That it is there nearly says {self.asked.it}: {listed} have it. No score that uses it is evidence. Measure it in the other patients too, or leave it out.",
        )
