"""What every model of an evaluation shares: the rows, whose they are, the folds and the resampled patients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.evaluation.folds.splits import Fold, patient_folds, spectrum_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import first_few

Progress = Callable[[str], None]
Observer = Callable[[str, Fold, Estimator], None]
_MOST_LEAKY_FOLDS = 10


@dataclass(frozen=True, eq=False)
class Task:
    """The rows and how to judge on them.

    Attributes
    ----------
    rows, label, patient
        ``(n, p)``, ``(n,)``, ``(n,)``.
    patients
        The same, numbered.
    positive
        The number of the positive class; None with more than two classes.
    folds, leaky_folds
        By patient, and by spectrum.
    multiplicity
        Resampled patients.
    settings
        With the number of folds and repeats there are.
    say, observe
        As in `harness.evaluate`.
    """

    rows: FloatArray
    label: NDArray[np.str_]
    patient: NDArray[np.str_]
    patients: Patients
    positive: int | None
    folds: tuple[Fold, ...]
    leaky_folds: tuple[Fold, ...]
    multiplicity: FloatArray
    settings: EvaluationSettings
    say: Progress
    observe: Observer | None

    @property
    def repeats(self) -> int:
        """How many times every row is tested."""
        return self.settings.repeats

    def audit_folds(self) -> Sequence[Fold]:
        """Return the models' folds, or folds drawn anew where one of them tests a class only: probes need both."""
        n_classes = len(self.patients.classes)
        if all(np.unique(self.patients.class_of_row[fold.test]).size == n_classes for fold in self.folds):
            return self.folds
        fewest = min(self.patients.count(code) for code in range(n_classes))
        return patient_folds(self.patient, self.label, folds=min(5, fewest), seed=self.settings.seed)


def prepare_task(
    rows: FloatArray,
    patients: Patients,
    settings: EvaluationSettings,
    folds: Sequence[Fold] | None,
    *,
    say: Progress,
    observe: Observer | None,
) -> Task:
    """Check rows and folds, and draw what is not given.

    Raises
    ------
    DataError
        Other numbers of rows and labels, or folds that can't be used.
    """
    if len(rows) != len(patients.of_row):
        raise DataError(f"{len(rows)} rows for {len(patients.of_row)} labels; give one of each per spectrum")
    label = np.array([patients.classes[code] for code in patients.class_of_row])
    patient = np.array([patients.names[code] for code in patients.of_row])
    if folds is None:
        division = {"folds": settings.folds, "repeats": settings.repeats, "seed": settings.seed}
        folds = patient_folds(patient, label, **division)
    else:
        _check_folds(folds, patients)
        number, repeat = max(fold.number for fold in folds), max(fold.repeat for fold in folds)
        settings = replace(settings, folds=number + 1, repeats=repeat + 1)
    positive, _ = named_positive(patients, settings)
    return Task(
        rows=rows,
        label=label,
        patient=patient,
        patients=patients,
        positive=None if positive is None else patients.classes.index(positive),
        folds=tuple(folds),
        leaky_folds=tuple(_leaky_folds(patients, label, settings)),
        multiplicity=draw_patients(len(patients.names), resamples=settings.resamples, seed=settings.seed),
        settings=settings,
        say=say,
        observe=observe,
    )


def named_positive(patients: Patients, settings: EvaluationSettings) -> tuple[str | None, str]:
    """Return the positive class and a sentence that says why; None with more than two classes."""
    if len(patients.classes) == 2:
        return positive_class(patients.classes, settings.positive)
    if settings.positive is not None:
        positive_class(patients.classes, settings.positive)
    reason = (
        f"{len(patients.classes)} classes: each is judged against the rest, and the figures are averaged."
    )
    return None, reason


def _leaky_folds(patients: Patients, label: NDArray[np.str_], settings: EvaluationSettings) -> list[Fold]:
    if not settings.leaky:
        return []
    fewest = int(np.bincount(patients.class_of_row).min())
    return spectrum_folds(
        label, folds=min(settings.folds, _MOST_LEAKY_FOLDS, max(2, fewest)), seed=settings.seed
    )


def _check_folds(folds: Sequence[Fold], patients: Patients) -> None:
    """Refuse folds from elsewhere that test a row twice or never, have a patient on both sides, or train no class."""
    repeats = {fold.repeat for fold in folds}
    tested = np.concatenate([fold.test for fold in folds]) if folds else np.empty(0, dtype=np.intp)
    times = np.bincount(tested, minlength=len(patients.of_row))
    divided = any(np.intersect1d(patients.of_row[one.train], patients.of_row[one.test]).size for one in folds)
    if not folds or repeats != set(range(len(repeats))) or np.any(times != len(repeats)) or divided:
        raise DataError(
            "the given folds don't test each row once per repeat, or have a patient on both sides; "
            "make them with patient_folds or read_split"
        )
    for fold in folds:
        trained = np.unique(patients.of_row[fold.train])
        counts = np.bincount(patients.class_of_patient[trained], minlength=len(patients.classes))
        if counts.min() == 0:
            listed = first_few(
                f"{name} {count}" for name, count in zip(patients.classes, counts, strict=True)
            )
            raise DataError(
                f"fold {fold.number + 1} of the given split trains on a class less (patients: {listed}); "
                "take another split"
            )
