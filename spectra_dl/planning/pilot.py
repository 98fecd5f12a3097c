"""What is known before a study: a pilot, whatever it was read from, or a model of the effect."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.wording import first_few
from spectra_dl.planning.learning_curve import LearningCurve
from spectra_dl.planning.paired import PairedDifference
from spectra_dl.planning.precision import auc_variance, effective_of_interval, effective_patients
from spectra_dl.planning.replicates import VarianceComponents, variance_components
from spectra_dl.storage.text.plain_text import read_text

_WHAT = "the report.json of evaluate spectra"
_MOST_PATIENTS = 1_000_000
_HALF_WIDTH = 1.959964
_HIGHEST = 0.995  # a pilot in which all is right knows little of how often it will be


@dataclass(frozen=True, eq=False)
class Pilot:
    """What is known before a study of two classes.

    Attributes
    ----------
    source
        Where it comes from, in words.
    patients
        Of the pilot; 0 for a model of the effect.
    prevalence
        Share of patients with the positive class.
    auc
        Of patients who were not trained on.
    effective
        How many tosses of a coin know the AUC as well as one patient of the pilot does; None takes it from Hanley & McNeil.
    sensitivity
        At the model's threshold; None where nothing is known of it.
    folds
        That pairs of patients are compared within; 1 where all are compared.
    training
        Patients that the AUC's models were trained on; 0 where nobody knows.
    spectra
        Per patient; None where nothing is known of it.
    paired
        Differences of other models from this one.
    components
        Of scores; None without several spectra per patient.
    curve
        Over training patients; None without spectra.
    """

    source: str
    patients: int
    prevalence: float
    auc: float
    effective: float | None = None
    sensitivity: float | None = None
    folds: int = 1
    training: float = 0.0
    spectra: float | None = None
    paired: tuple[PairedDifference, ...] = ()
    components: VarianceComponents | None = None
    curve: LearningCurve | None = None

    def effective_at(self, auc: float, patients: float) -> float:
        """Return how many tosses of a coin know an AUC of this height as well as so many patients do.

        Parameters
        ----------
        auc
            From 0 to 1.
        patients
            Of the study, with the pilot's prevalence.
        """
        expected = self._expected(auc, patients)
        if self.effective is None or not self.patients:
            return expected
        return expected * self.effective * self.patients / self._expected(self.auc, self.patients)

    def _expected(self, auc: float, patients: float) -> float:
        auc = min(auc, _HIGHEST)
        # Few pairs in each of several folds know less than all pairs together.
        positives = max(1.0, self.prevalence * patients / self.folds)
        negatives = max(1.0, (1 - self.prevalence) * patients / self.folds)
        return effective_patients(auc, auc_variance(auc, positives, negatives) / self.folds)


def assumed_effect(auc: float, prevalence: float) -> Pilot:
    """Return a model of the effect in place of a pilot.

    Parameters
    ----------
    auc
        That is expected, above .5 and below 1.
    prevalence
        Share of patients with the positive class.

    Raises
    ------
    UsageError
        A figure that is impossible.
    """
    if not 0.5 < auc < 1 or not 0 < prevalence < 1:
        raise UsageError(
            f"AUC {auc:g}, prevalence {prevalence:g}: give an AUC above .5 and below 1, and a share of patients between 0 and 1"
        )
    return Pilot(f"an assumed AUC of {auc:g}", 0, prevalence, auc)


def reported_pilot(path: Path, model: str | None = None) -> Pilot:
    """Read a pilot from the report of an evaluation of two classes.

    Parameters
    ----------
    path
        ``report.json``.
    model
        By its name in the report; None takes the first.

    Raises
    ------
    DataError
        It is no such report.
    UsageError
        It has no such model.
    """
    try:
        results = json.loads(read_text(path, _WHAT))["results"]
        data, models = results["data"], results["models"]
        name = next(iter(models)) if model is None else model
        if name not in models:
            raise UsageError(f"--model {name!r:.80}: the report has {first_few(models)}")
        return _from_results(
            path.name, name, results, data["patients_per_class"][str(data["positive_class"])]
        )
    except (
        ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError, ArithmeticError
    ) as err:  # fmt: skip
        if isinstance(err, DataError | UsageError):
            raise
        raise DataError(f"{path.name}: not {_WHAT} with two classes and an AUC; name one that is") from err


def _from_results(file: str, name: str, results: dict[str, Any], positives: int) -> Pilot:
    patients, model, settings = int(results["data"]["patients"]), results["models"][name], results["settings"]
    auc = model["patient_level"]["auc"]
    value, low, high = (float(auc[end]) for end in ("value", "low", "high"))
    if not (0 <= low <= value <= high <= 1 and high > low and 0 < positives < patients <= _MOST_PATIENTS):
        raise ValueError("no interval")
    folds, threshold = int(settings["folds"]), model["threshold"]
    sensitivity = None if threshold is None else float(threshold["sensitivity"]["value"])
    if folds < 2 or not (sensitivity is None or 0 <= sensitivity <= 1):
        raise ValueError("no split, or no sensitivity")
    paired = [
        _paired(each, patients, results["models"])
        for each in results["differences"]
        if each["metric"] == "auc"
        and name in (each["reference"], each["model"])
        and results["models"][each["model"]]["kind"] != "control"
    ]
    return Pilot(
        f"{name} in {file}",
        patients,
        positives / patients,
        value,
        effective=effective_of_interval(value, low, high) / patients,
        sensitivity=sensitivity,
        folds=folds,
        training=patients * (1 - 1 / folds),
        spectra=int(results["data"]["rows"]) / patients,
        paired=tuple(each for each in paired if each.standard_error > 0),
    )


def _paired(difference: dict[str, Any], patients: int, models: dict[str, Any]) -> PairedDifference:
    found = difference["difference"]
    error = (float(found["high"]) - float(found["low"])) / (2 * _HALF_WIDTH)
    names = str(difference["model"]), str(difference["reference"])
    inflation = max(float(models[name]["chance"]["inflation"]) for name in names)
    if not 1 <= inflation < math.inf:
        raise ValueError("no interval")
    return PairedDifference(*names, float(found["value"]), error, patients, inflation)


def pilot_of_scores(
    source: str, probability: FloatArray, label: TextArray, patient: TextArray, *, positive: str | None = None
) -> Pilot:
    """Return a pilot from a probability of each spectrum of patients who were not trained on.

    Parameters
    ----------
    source
        Where they come from, in words.
    probability
        ``(n, 2)`` by class, in their sorted order.
    label, patient
        ``(n,)`` text.
    positive
        The class whose sensitivity is planned; None takes `spectra_dl.evaluation.class_names.positive_class`.

    Raises
    ------
    DataError
        More or less than two classes.
    """
    patients = read_patients(list(patient), list(label))
    if len(patients.classes) != 2:
        raise DataError(f"{len(patients.classes)} classes: plans are of two; leave the others out")
    code = patients.classes.index(positive_class(label, positive)[0])
    clipped = np.clip(probability[:, code], 1e-6, 1 - 1e-6)
    logit = np.log(clipped / (1 - clipped))
    mean = np.bincount(patients.of_row, logit) / patients.rows_of_patient
    both = np.stack([mean, -mean] if code == 0 else [-mean, mean], axis=-1)
    one_fold = np.zeros((1, len(mean)), dtype=np.intp)
    found = within_fold_auc(both[None, None], comparisons_of(one_fold, patients.class_of_patient, 2, code))
    auc, error = float(found.value[0]), float(found.standard_error[0])
    is_positive = patients.class_of_patient == code
    return Pilot(
        source,
        len(mean),
        float(is_positive.mean()),
        auc,
        effective=effective_patients(auc, error**2) / len(mean) if 0 < auc < 1 and error > 0 else None,
        sensitivity=float((mean[is_positive] > 0).mean()),
        spectra=len(label) / len(mean),
        components=variance_components(logit, patients.of_row, patients.class_of_row == code),
    )
