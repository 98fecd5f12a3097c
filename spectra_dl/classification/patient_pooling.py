"""From spectra to patients: the mean logit, over any number of spectra, in whatever order they come."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import cast

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.classification.predictions import PatientPredictions, SpectrumPredictions, softmax
from spectra_dl.storage.scratch import Scratch, given_text, stored_text

_AT_ONCE = 1024
_TABLES = (
    "CREATE TABLE patients (number INTEGER PRIMARY KEY, name BLOB UNIQUE)",
    "CREATE TABLE spectra (patient INTEGER, status TEXT, ood_score REAL, logits BLOB)",
)
_NEW_PATIENT = "INSERT OR IGNORE INTO patients (name) VALUES (?)"
_NEW_SPECTRUM = "INSERT INTO spectra SELECT number, ?2, ?3, ?4 FROM patients WHERE name = ?1"
_IN_ORDER = (
    "SELECT name, status, ood_score, logits FROM spectra JOIN patients ON number = patient "
    "ORDER BY patient, spectra.rowid"
)
_Row = tuple[bytes, str, float, bytes]


class PatientTally:
    """The spectra so far, summed by patient; they are not kept in memory.

    Parameters
    ----------
    classes
        The class names, in the order of the columns.
    """

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._scratch = Scratch(*_TABLES)

    def add(self, spectra: SpectrumPredictions) -> None:
        """Count some spectra in; without patients each spectrum stands for itself."""
        owner = spectra.sample_id if spectra.patient is None else spectra.patient
        names = [stored_text(name) for name in owner]
        self._scratch.write(_NEW_PATIENT, ((name,) for name in names))
        ood_score = spectra.ood_score.tolist()
        logits = [row.tobytes() for row in spectra.logits]
        self._scratch.write(_NEW_SPECTRUM, zip(names, spectra.status, ood_score, logits, strict=True))

    def patients(self, temperature: float) -> Iterator[PatientPredictions]:
        """Yield one prediction per patient, in order of first appearance, some patients at a time."""
        rows = cast("Iterator[_Row]", self._scratch.read(_IN_ORDER))
        each = (
            _patient(name, spectra, len(self.classes)) for name, spectra in groupby(rows, key=itemgetter(0))
        )
        while some := list(islice(each, _AT_ONCE)):
            logits = np.array([patient.logits for patient in some])
            yield PatientPredictions(
                text_array([patient.name for patient in some]),
                np.array([patient.n_spectra for patient in some]),
                np.array([patient.n_used for patient in some]),
                text_array([patient.status for patient in some]),
                text_array([patient.reason for patient in some]),
                self.classes,
                softmax(logits / temperature),
                np.array([patient.ood_score for patient in some]),
            )


@dataclass(frozen=True, eq=False)
class _Patient:
    """A patient's counts, mean logits and median ood_score; both NaN where no spectrum could be used."""

    name: str
    n_spectra: int
    n_used: int
    n_warned: int
    logits: FloatArray
    ood_score: float

    @property
    def status(self) -> str:
        return "refused" if not self.n_used else "warned" if self.reason else "ok"

    @property
    def reason(self) -> str:
        refused = self.n_spectra - self.n_used
        parts = [f"{refused} of {self.n_spectra} spectra refused"] if refused else []
        parts += [f"{self.n_warned} of {self.n_spectra} spectra warned"] if self.n_warned else []
        return "; ".join(parts)


def _patient(name: bytes, spectra: "Iterable[_Row]", n_classes: int) -> _Patient:
    total = np.zeros(n_classes)
    n_spectra = n_warned = 0
    ood_score = array("d")
    # A sum in the order of the spectra: no result depends on how they were cut into blocks.
    for _, status, score, logits in spectra:
        n_spectra += 1
        n_warned += status == "warned"
        if status != "refused":
            total += np.frombuffer(logits)
            ood_score.append(score)
    n_used = len(ood_score)
    mean = total / n_used if n_used else np.full(n_classes, np.nan)
    median = float(np.median(ood_score)) if n_used else float("nan")
    return _Patient(given_text(name), n_spectra, n_used, n_warned, mean, median)
