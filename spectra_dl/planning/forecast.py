"""A study that is planned: what so many patients will show."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.intervals import Interval, wilson_interval
from spectra_dl.evaluation.wording import short_figure
from spectra_dl.planning.development import DevelopmentSize, development_size, r_squared_of
from spectra_dl.planning.pilot import Pilot
from spectra_dl.planning.precision import auc_interval, sensitivity_patients
from spectra_dl.storage.run_folder import PAGE_NAME, RunResult
from spectra_dl.storage.text.json_text import json_text

_ASSUMED = (50, 100, 150, 200, 300, 500)
_MULTIPLES = (1.0, 1.5, 2.0, 3.0, 4.0)
_SPECTRA = (1, 2, 3, 5, 10)
_ASSUMED_SENSITIVITY = 0.9
_WIDTHS = (0.2, 0.1)
_LEAST_EXPLAINED, _FEW_POSITIVE = 1e-6, 5
_HIGHEST, _STEP = 0.999, 0.01


@dataclass(frozen=True)
class Forecast:
    """What a study of so many patients will show.

    Attributes
    ----------
    patients, positives
        How many, in all and of the positive class.
    auc
        With the 95 % interval that the study will have.
    auc_error
        How far the study's AUC will be from this one in two of three studies: by the study's own patients, the pilot's and the learning curve's error.
    sensitivity
        With the 95 % interval that the study will have.
    power
        By the names of the two models: of finding their difference.
    """

    patients: int
    positives: int
    auc: Interval
    auc_error: float
    sensitivity: Interval
    power: Mapping[str, float]


def forecast(pilot: Pilot, patients: int) -> Forecast:
    """Forecast a study of so many patients, of the pilot's prevalence.

    Parameters
    ----------
    pilot
        What is known.
    patients
        How many, 4 or more.

    Raises
    ------
    UsageError
        Fewer than 4.
    """
    if patients < 4:
        raise UsageError(f"a study of {patients} patients: plan one of 4 or more")
    gain, gain_error, slope = _gain(pilot, patients)
    auc = min(pilot.auc + gain, max(_HIGHEST, pilot.auc))
    interval = auc_interval(auc, pilot.effective_at(auc, patients))
    variance = auc * (1 - auc) / pilot.effective_at(auc, patients) + gain_error**2
    if pilot.patients:
        known = pilot.auc * (1 - pilot.auc) / pilot.effective_at(pilot.auc, pilot.patients)
        variance += slope**2 * known
    positives = max(1, round(pilot.prevalence * patients))
    sensitivity = _ASSUMED_SENSITIVITY if pilot.sensitivity is None else pilot.sensitivity
    return Forecast(
        patients,
        positives,
        interval,
        math.sqrt(variance),
        wilson_interval(sensitivity * positives, positives),
        {f"{each.model} against {each.reference}": each.power_at(patients) for each in pilot.paired},
    )


def _gain(pilot: Pilot, patients: int) -> tuple[float, float, float]:
    """Return what more training patients add to the AUC, its error, and by how much the forecast moves with the pilot's AUC."""
    if pilot.curve is None or not pilot.patients:
        return 0.0, 0.0, 1.0
    times = patients / pilot.patients
    gain, error = pilot.curve.gain(times, pilot.auc)
    above, below = (pilot.curve.gain(times, pilot.auc + step)[0] for step in (_STEP, -_STEP))
    return gain, error, 1.0 + (above - below) / (2 * _STEP)


@dataclass(frozen=True, eq=False)
class StudyPlan(RunResult):
    """A plan.

    Attributes
    ----------
    pilot
        What is known.
    forecasts
        By ascending number of patients.
    development
        How many patients the training of a model needs; None where the AUC is no better than chance.
    """

    pilot: Pilot
    forecasts: tuple[Forecast, ...]
    development: DevelopmentSize | None

    @property
    def sentence(self) -> str:
        """The plan in a sentence."""
        known = self.pilot.patients
        chosen = next((each for each in self.forecasts if each.patients > known), self.forecasts[-1])
        ends = f"{_rounded(chosen.auc.low)} to {_rounded(chosen.auc.high)}"
        if chosen.patients <= known:
            return f"With {chosen.patients} patients the 95 % interval of the AUC would be {ends}."
        if not known:
            return f"With {chosen.patients} patients the 95 % interval of an AUC of {_rounded(chosen.auc.value)} would be {ends}."
        now = forecast(self.pilot, known).auc
        return (
            f"With {chosen.patients - known} more patients the 95 % interval of the AUC would be {ends}; with the pilot's {known} it is {_rounded(now.low)} to "
            f"{_rounded(now.high)}."
        )

    @property
    def report(self) -> dict[str, object]:
        """What is known and forecast, ready for JSON."""
        return {"notes": list(self.notes), "results": self.results}

    @property
    def notes(self) -> list[str]:
        """What the figures rest on."""
        pilot, said = self.pilot, []
        if pilot.curve is None:
            said.append(
                "The AUC is taken to stay as it is: without the pilot's spectra nothing is known of what more training patients add."
            )
        if pilot.sensitivity is None:
            said.append(f"A sensitivity of {_ASSUMED_SENSITIVITY:g} is assumed.")
        few = [each.patients for each in self.forecasts if pilot.prevalence * each.patients < _FEW_POSITIVE]
        if few:
            said.append(
                f"Of {max(few)} patients or fewer, less than {_FEW_POSITIVE} of the positive class are expected, and there may be none: collect by class."
            )
        if pilot.patients and pilot.paired:
            said.append("Power is that of finding the pilot's own difference, which is uncertain itself.")
        if pilot.patients and pilot.components is None:
            said.append(
                "What a further spectrum of a patient is worth needs a score of each spectrum: give predictions or spectra."
            )
        return said

    @property
    def results(self) -> dict[str, object]:
        """The figures, ready for JSON."""
        pilot = self.pilot
        return {
            "kind": "plan",
            "sentence": self.sentence,
            "pilot": {
                "source": pilot.source,
                "patients": pilot.patients,
                "prevalence": pilot.prevalence,
                "auc": pilot.auc,
                "sensitivity": pilot.sensitivity,
                "spectra_per_patient": pilot.spectra,
            },
            "forecasts": [_forecast_json(each) for each in self.forecasts],
            "paired": [
                {
                    "model": each.model,
                    "reference": each.reference,
                    "difference": each.difference,
                    "standard_error": each.standard_error,
                    "inflation": each.inflation,
                    "patients_for_80_percent": each.patients_needed(),
                }
                for each in pilot.paired
            ],
            "sensitivity_patients": self.sensitivity_patients,
            "development": self._development_json(),
            "replicates": self._replicates_json(),
            "learning_curve": self._curve_json(),
        }

    @property
    def sensitivity_patients(self) -> dict[str, int]:
        """How many patients of the positive class a 95 % interval of the sensitivity of this width needs, by width."""
        sensitivity = _ASSUMED_SENSITIVITY if self.pilot.sensitivity is None else self.pilot.sensitivity
        return {f"{width:g}": sensitivity_patients(sensitivity, width) for width in _WIDTHS}

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``plan.json`` and ``report.html``.

        Parameters
        ----------
        report
            The whole report.
        """
        from spectra_dl.planning.page import plan_page

        return {"plan.json": json_text(self.results), PAGE_NAME: plan_page(self, report)}

    def _development_json(self) -> dict[str, object] | None:
        size = self.development
        if size is None:
            return None
        names = ("parameters", "prevalence", "r_squared", "shrinkage", "optimism", "overall_risk", "patients")
        return {name: getattr(size, name) for name in names}

    def _replicates_json(self) -> dict[str, object] | None:
        found = self.pilot.components
        if found is None:
            return None
        return {
            "between": found.between,
            "within": found.within,
            "correlation": found.correlation,
            "auc_by_spectra": {str(count): found.auc_at(count) for count in _SPECTRA},
            "auc_with_all": found.auc_at(math.inf),
        }

    def _curve_json(self) -> dict[str, object] | None:
        curve = self.pilot.curve
        if curve is None:
            return None
        measured = zip(curve.sizes.tolist(), curve.auc.tolist(), curve.standard_error.tolist(), strict=True)
        return {
            "training_patients": [
                {"patients": size, "auc": auc, "standard_error": error} for size, auc, error in measured
            ],
            "limited": float(curve.weights @ curve.limited),
            "rate": float(curve.weights @ curve.rates),
        }


def planned(pilot: Pilot, patients: Sequence[int] = (), *, parameters: int = 10) -> StudyPlan:
    """Plan a study.

    Parameters
    ----------
    pilot
        What is known.
    patients
        Numbers of patients that are forecast; if none, multiples of the pilot's.
    parameters
        Of the model that will be trained, for the criteria of its development.

    Raises
    ------
    UsageError
        A number that is impossible.
    """
    usual = [round(pilot.patients * share) for share in _MULTIPLES] if pilot.patients else _ASSUMED
    numbers = sorted(set(patients or usual))
    # An AUC of .5 but for rounding explains nothing, and no number of patients would do.
    size, explained = None, r_squared_of(pilot.auc, pilot.prevalence) if 0.5 < pilot.auc < 1 else 0.0
    if explained > _LEAST_EXPLAINED:
        size = development_size(explained, pilot.prevalence, parameters)
    return StudyPlan(pilot, tuple(forecast(pilot, number) for number in numbers), size)


def _forecast_json(each: Forecast) -> dict[str, Any]:
    return {
        "patients": each.patients,
        "positives": each.positives,
        "auc": _interval_json(each.auc),
        "auc_standard_error": each.auc_error,
        "sensitivity": _interval_json(each.sensitivity),
        "power": dict(each.power),
    }


def _interval_json(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _rounded(value: float) -> str:
    return short_figure(round(value, 2))[:3] if value < 1 else "1.0"
