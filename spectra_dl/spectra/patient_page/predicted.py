"""What has been predicted: counts, and the first patients one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from spectra_dl.classification.decision import Answer
from spectra_dl.classification.predictions import OOD_LIMIT, PatientPredictions, RowPredictions
from spectra_dl.spectra.predictor import NOT_CONVERGED, SPIKES_REMOVED

LISTED = 10_000  # patients in report.json; patients.csv has all
_FEW = 10

Answered = Iterator[tuple[PatientPredictions, list[Answer]]]


@dataclass(frozen=True)
class PredictedPatient:
    """What report.json says of a patient.

    Attributes
    ----------
    patient
        The id.
    spectra, used
        Spectra in all, and those that were not refused.
    status, reason
        ``"ok"``, ``"warned"`` or ``"refused"``, and why.
    predicted_class, prediction_set, abstains
        See `spectra_dl.classification.decision.Answer`.
    ood_score
        Median out-of-distribution score, as a multiple of the limit.
    probability
        By class; None where none is stated.
    """

    patient: str
    spectra: int
    used: int
    status: str
    reason: str
    predicted_class: str
    prediction_set: tuple[str, ...]
    abstains: str
    ood_score: float
    probability: dict[str, float | None]

    @classmethod
    def of(cls, patients: PatientPredictions, row: int, answer: Answer) -> "PredictedPatient":
        """Return one patient.

        Parameters
        ----------
        patients
            Predictions of some patients.
        row
            Which of them.
        answer
            The decision on this one.
        """
        stated = patients.stated_probability[row].tolist()
        shares = {name: None if isnan(p) else p for name, p in zip(patients.classes, stated, strict=True)}
        return cls(
            patients.patient[row],
            int(patients.n_rows[row]),
            int(patients.n_used[row]),
            patients.status[row],
            patients.reason[row],
            answer.predicted_class,
            answer.prediction_set,
            answer.abstains,
            float(patients.ood_score[row]),
            shares,
        )

    @property
    def is_unlike(self) -> bool:
        """Whether the model knows nothing of such samples."""
        return self.ood_score > OOD_LIMIT


@dataclass
class PatientCounts:
    """How many patients got which answer, or none and why.

    Attributes
    ----------
    answers
        Patients by the class that is their answer.
    unusable, unlike, undecided
        Patients without an answer: none of whose spectra could be used; unlike those the model was trained on; whose set of classes is
        no answer.
    """

    answers: dict[str, int] = field(default_factory=dict)
    unusable: int = 0
    unlike: int = 0
    undecided: int = 0

    def add(self, answer: Answer, ood_score: float) -> None:
        """Count a patient in.

        Parameters
        ----------
        answer
            The decision.
        ood_score
            NaN where no spectrum could be used.
        """
        if answer.predicted_class:
            self.answers[answer.predicted_class] = self.answers.get(answer.predicted_class, 0) + 1
        elif isnan(ood_score):
            self.unusable += 1
        elif ood_score > OOD_LIMIT:
            self.unlike += 1
        else:
            self.undecided += 1


@dataclass
class PredictionCounts:
    """What has been predicted so far: counts, and the first of everything that is listed.

    Attributes
    ----------
    spectra, status
        Spectra in all, and by status.
    damaged, not_converged, despiked, unlike, seen
        Spectra that were refused, clipped or had gaps; whose baseline did not converge; from which spikes were removed; unlike those
        the model was trained on; and that the model was trained on.
    reader_notes, model_notes
        Of the reader and of the model's cleaning.
    flagged
        The first spectra that were refused or need a second look.
    patients, abstained, abstentions
        Patients in all, those without an answer, and the first of these.
    of_patients
        Patients by answer.
    listed
        The first patients.
    """

    spectra: int = 0
    status: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("ok", "warned", "refused"), 0))
    damaged: int = 0
    not_converged: int = 0
    despiked: int = 0
    unlike: int = 0
    seen: int = 0
    reader_notes: tuple[str, ...] = ()
    model_notes: tuple[str, ...] = ()
    flagged: list[str] = field(default_factory=list)
    patients: int = 0
    abstained: int = 0
    abstentions: list[str] = field(default_factory=list)
    of_patients: PatientCounts = field(default_factory=PatientCounts)
    listed: list[PredictedPatient] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """Every note."""
        rays = f"cosmic rays: spikes removed from {self.despiked} of {self.spectra} spectra"
        return (*self.reader_notes, *self.model_notes, *((rays,) if self.despiked else ()))

    def add(self, spectra: RowPredictions, notes: tuple[str, ...], *, seen: int) -> None:
        """Count a block of spectra in.

        Parameters
        ----------
        spectra
            Its predictions.
        notes
            Of the model's cleaning.
        seen
            How many of them the model was trained on.
        """
        for row, status in enumerate(spectra.status):
            self.status[status] += 1
            if status != "ok" and len(self.flagged) < _FEW:
                place = f"row {self.spectra + row + 1} ({spectra.sample_id[row]})"
                self.flagged.append(f"{place} {status}: {spectra.reason[row]}")
        self.spectra += len(spectra.status)
        self.damaged += int(spectra.damaged.sum())
        self.not_converged += sum(NOT_CONVERGED in reason for reason in spectra.reason)
        self.despiked += sum(SPIKES_REMOVED in reason for reason in spectra.reason)
        self.unlike += int(np.count_nonzero(spectra.ood_score > OOD_LIMIT))
        self.seen += seen
        self.model_notes = tuple(dict.fromkeys((*self.model_notes, *notes)))

    def add_patients(self, answered: Answered) -> None:
        """Count patients in, with their answers."""
        for patients, answers in answered:
            self.patients += len(answers)
            for row, answer in enumerate(answers):
                self.of_patients.add(answer, float(patients.ood_score[row]))
                if answer.abstains:
                    self.abstained += 1
                    if len(self.abstentions) < _FEW:
                        self.abstentions.append(f"{patients.patient[row]}: {answer.abstains}")
                if len(self.listed) < LISTED:
                    self.listed.append(PredictedPatient.of(patients, row, answer))
