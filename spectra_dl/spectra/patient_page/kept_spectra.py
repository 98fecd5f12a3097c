"""The spectra of the first patients, kept while blocks go by, to draw them once every patient has an answer."""

from dataclasses import dataclass, field

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.classification.predictions import RowPredictions
from spectra_dl.evaluation.person_ids import spelling_key
from spectra_dl.spectra.table import SpectraTable

DRAWN_PATIENTS = 24
DRAWN_SPECTRA = 6  # of a patient
_REMARKS = 8


@dataclass(frozen=True)
class Remark:
    """What is said of a spectrum: its id, ``"ok"``, ``"warned"`` or ``"refused"``, and the words."""

    sample_id: str
    status: str
    reason: str


@dataclass
class KeptPatient:
    """Of one patient: the first spectra that could be used, and what is said of the first of which anything is.

    Attributes
    ----------
    intensity, sample_id
        ``(p,)`` as read, and the id, of each spectrum.
    remarks
        The first remarks.
    remarked
        How many spectra have one.
    """

    intensity: list[FloatArray] = field(default_factory=list)
    sample_id: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    remarked: int = 0

    def add(self, remark: Remark, intensity: FloatArray) -> None:
        """Keep one of the patient's spectra, unless there are enough.

        Parameters
        ----------
        remark
            What is said of it.
        intensity
            ``(p,)`` as read.
        """
        if remark.reason:
            self.remarked += 1
            if len(self.remarks) < _REMARKS:
                self.remarks.append(remark)
        if remark.status != "refused" and len(self.intensity) < DRAWN_SPECTRA:
            self.intensity.append(intensity.copy())
            self.sample_id.append(remark.sample_id)


class KeptSpectra:
    """Spectra of the first patients, in the order in which `spectra_dl.classification.patient_pooling.PatientTally` gives them."""

    def __init__(self) -> None:
        self._of_key: dict[str, KeptPatient] = {}
        self._alone: list[KeptPatient] = []
        self._axis: tuple[FloatArray, tuple[tuple[float, float], ...]] | None = None

    def add(self, table: SpectraTable, rows: RowPredictions) -> None:
        """Keep what is wanted of a block.

        Parameters
        ----------
        table
            Its spectra.
        rows
            Their predictions.
        """
        self._axis = table.wavenumber, table.overlaps
        for row, kept in self._wanted(table):
            remark = Remark(str(rows.sample_id[row]), str(rows.status[row]), str(rows.reason[row]))
            kept.add(remark, table.intensity[row])

    def _wanted(self, table: SpectraTable) -> list[tuple[int, KeptPatient]]:
        """Return the rows of patients who are drawn."""
        if table.patient is None:
            first = min(len(table), DRAWN_PATIENTS - len(self._alone))
            self._alone += [KeptPatient() for _ in range(first)]
            return list(enumerate(self._alone[len(self._alone) - first :]))
        of_name = {name: self._patient(name) for name in dict.fromkeys(table.patient)}
        kept = [of_name[name] for name in table.patient]
        return [(row, patient) for row, patient in enumerate(kept) if patient is not None]

    def _patient(self, name: str) -> KeptPatient | None:
        """Return the patient of an id; None where others came first."""
        key = spelling_key(name)
        if key not in self._of_key and len(self._of_key) < DRAWN_PATIENTS:
            self._of_key[key] = KeptPatient()
        return self._of_key.get(key)

    @property
    def patients(self) -> list[KeptPatient]:
        """In order of first appearance."""
        return [*self._of_key.values(), *self._alone]

    def table(self) -> SpectraTable | None:
        """Return all that is kept as one table, patient after patient; None where nothing is."""
        rows = [row for patient in self.patients for row in patient.intensity]
        if not rows or self._axis is None:
            return None
        wavenumber, overlaps = self._axis
        names = text_array([name for patient in self.patients for name in patient.sample_id])
        return SpectraTable(np.array(rows), wavenumber, names, overlaps=overlaps)
