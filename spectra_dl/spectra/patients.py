"""From spectra to patients: the mean logit, over any number of spectra, in a few bytes each."""

from array import array

import numpy as np
from numpy.typing import NDArray

from spectra_dl.spectra.prediction import PatientPredictions, SpectrumPredictions, softmax
from spectra_dl.spectra.table import text_array


class PatientTally:
    """What the spectra so far say of each patient.

    Parameters
    ----------
    classes
        The class names, in the order of the columns.
    """

    def __init__(self, classes: tuple[str, ...]) -> None:
        self._classes = classes
        self._place: dict[str, int] = {}
        self._logits: NDArray[np.float64] = np.zeros((0, len(classes)))
        # One entry per spectrum: whose it is, how it fared, and how unlike the training spectra it is.
        self._owner, self._warned, self._unlikeness = array("i"), array("b"), array("d")

    def add(self, spectra: SpectrumPredictions) -> None:
        """Count some spectra in; without patients each spectrum stands for itself."""
        names = spectra.sample_id if spectra.patient is None else spectra.patient
        owner = np.array([self._place.setdefault(name, len(self._place)) for name in names], dtype=np.intp)
        more = len(self._place) - len(self._logits)
        self._logits = np.concatenate([self._logits, np.zeros((more, len(self._classes)))])
        used = spectra.status != "refused"
        # Sums in the order of the spectra, so that no result depends on how they were cut into blocks.
        np.add.at(self._logits, owner[used], spectra.logits[used])
        self._owner.extend(owner.tolist())
        self._warned.extend((spectra.status == "warned").tolist())
        self._unlikeness.extend(np.where(used, spectra.unlikeness, np.nan).tolist())

    def patients(self, temperature: float) -> PatientPredictions:
        """Return one verdict per patient, in order of first appearance."""
        owner = np.frombuffer(self._owner, dtype=np.intc)
        n, used = len(self._place), ~np.isnan(np.frombuffer(self._unlikeness))
        n_spectra = np.bincount(owner, minlength=n)
        n_used = np.bincount(owner[used], minlength=n)
        n_warned = np.bincount(owner, weights=np.frombuffer(self._warned, dtype=np.int8), minlength=n)
        some = n_used > 0
        probability = np.full(self._logits.shape, np.nan)
        probability[some] = softmax(self._logits[some] / n_used[some, None] / temperature)
        told = [_told(*counts) for counts in zip(n_spectra, n_used, n_warned.astype(np.int64), strict=True)]
        return PatientPredictions(
            text_array(list(self._place)),
            n_spectra,
            n_used,
            text_array([status for status, _ in told]),
            text_array([reason for _, reason in told]),
            self._classes,
            probability,
            self._medians(owner, used, some),
        )

    def _medians(
        self, owner: NDArray[np.intc], used: NDArray[np.bool_], some: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        from scipy import ndimage

        medians = np.full(len(some), np.nan)
        if some.any():
            values = np.frombuffer(self._unlikeness)[used]
            medians[some] = ndimage.median(values, owner[used], np.flatnonzero(some))
        return medians


def by_patient(spectra: SpectrumPredictions, temperature: float) -> PatientPredictions:
    """Combine the spectra of each patient by their mean logit; without patients each spectrum stands for itself."""
    tally = PatientTally(spectra.classes)
    tally.add(spectra)
    return tally.patients(temperature)


def _told(n_spectra: int, n_used: int, n_warned: int) -> tuple[str, str]:
    """Return a patient's status and why it is not ok."""
    refused = n_spectra - n_used
    parts = [f"{refused} of {n_spectra} spectra refused"] if refused else []
    parts += [f"{n_warned} of {n_spectra} spectra warned"] if n_warned else []
    return "refused" if not n_used else "warned" if parts else "ok", "; ".join(parts)
