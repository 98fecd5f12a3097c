"""What leaving out an instrument costs on simulated spectra, and how much of it ten transfer samples bring back.

python benchmarks/accuracy/instruments/transfer.py [studies]    (20 if not given)

Each study has 300 patients on three spectrometers that differ by 3 to 8 cm-1 of shift, by stretch, resolution and response. One at a time is left out; a model is
trained on the patients of the others and tested on its patients. "alike" is the same study measured by three perfect spectrometers, "before" with their spectra as they
are, "after" with all brought to the first training instrument by what learn_transfer chooses from ten samples that all of them measured. Share recovered: (after - before) /
(alike - before), over all studies, with a 95 % interval from resampled studies. Methods and sizes that are compared were settled on seeds 0 to 5; these are seeds from 2000 on.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.simulation.instruments import (
    Instrument,
    InstrumentStudy,
    InstrumentStudySettings,
    simulate_instruments,
)
from spectra_dl.spectra.simulation.serum_study import POSITIVE_LABEL, StudySettings
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.transfer.instrument_transfer import TITLES
from spectra_dl.spectra.transfer.learn import learn_transfer

FIRST_SEED, RESAMPLES = 2_000, 2_000
MODELS = ("logistic", "pls-da")
Bring = Callable[[SpectraTable], SpectraTable]


@dataclass
class Measured:
    """Mean AUC over left-out instruments of each study, by what was done, and how often each method was chosen."""

    auc: dict[str, list[list[float]]] = field(default_factory=dict)
    chosen: Counter[str] = field(default_factory=Counter)
    chosen_alike: Counter[str] = field(default_factory=Counter)


def settings_of(seed: int) -> InstrumentStudySettings:
    """Return what a study holds."""
    study = StudySettings(patients=300, spectra_per_patient=2, n_wavenumbers=500, distance=2.5, seed=seed)
    return InstrumentStudySettings(study=study, instruments=3)


def of(study: InstrumentStudy, name: str) -> SpectraTable:
    """Return the patients of one instrument."""
    return study.table.select(study.table.batch == name)


def joined(tables: list[SpectraTable]) -> tuple[np.ndarray, np.ndarray]:
    """Return intensities and labels of several tables on one axis."""
    return np.vstack([each.intensity for each in tables]), np.concatenate([each.label for each in tables])


def usable(table: SpectraTable) -> SpectraTable:
    """Return a table without the spectra that were found damaged before they were mapped, as every command leaves them out."""
    return table[np.isfinite(table.intensity).all(axis=1)]


def patient_auc(model: str, training: list[SpectraTable], test: SpectraTable) -> float:
    """Train on some instruments' patients and return the AUC over those of another."""
    intensity, label = joined(training)
    models = classical_models(training[0].wavenumber, Preprocessing.default())
    fitted = clone(models[CLASS_MODELS.classical[model]]).fit(intensity, label)
    column = list(fitted.classes_).index(POSITIVE_LABEL)
    score = np.log(fitted.predict_proba(test.intensity)[:, column].clip(1e-12))
    people = list(dict.fromkeys(test.patient))
    truth = [test.label[test.patient == person][0] == POSITIVE_LABEL for person in people]
    return float(roc_auc_score(truth, [score[test.patient == person].mean() for person in people]))


class AsItIs:
    """Nothing is done to any instrument's spectra."""

    def __init__(self, study: InstrumentStudy) -> None:
        self._names = [each.name for each in study.instruments]

    def __call__(self, left_out: str) -> dict[str, Bring]:
        """Return it by instrument, where one is left out."""
        return {name: lambda table: table for name in self._names}


class Transfers:
    """What is done to each instrument's spectra so that they become those of the first training instrument."""

    def __init__(self, study: InstrumentStudy, method: str | None, chosen: Counter[str]) -> None:
        self._study, self._method, self._chosen = study, method, chosen
        self._learned: dict[tuple[str, str], Bring] = {}

    def __call__(self, left_out: str) -> dict[str, Bring]:
        """Return it by instrument, where one is left out."""
        names = [each.name for each in self._study.instruments]
        master, *others = [*(name for name in names if name != left_out), left_out]
        return {master: lambda table: table, **{name: self._of(master, name) for name in others}}

    def _of(self, master: str, slave: str) -> Bring:
        if (master, slave) not in self._learned:
            samples = self._study.transfer_of(master), self._study.transfer_of(slave)
            transfer = learn_transfer(*samples, cast("None", self._method))
            self._chosen[transfer.candidate.method + (", aligned" if transfer.candidate.aligned else "")] += 1
            self._learned[master, slave] = transfer.applied
        return self._learned[master, slave]


def left_out_auc(model: str, study: InstrumentStudy, bring: Callable[[str], dict[str, Bring]]) -> float:
    """Return the mean AUC over the instruments, each left out."""
    scores = []
    for instrument in study.instruments:
        by = bring(instrument.name)
        tables = {name: usable(own(of(study, name))) for name, own in by.items()}
        training = [table for name, table in tables.items() if name != instrument.name]
        scores.append(patient_auc(model, training, tables[instrument.name]))
    return float(np.mean(scores))


def measure(studies: int) -> Measured:
    """Return the AUC of every study under every treatment."""
    measured = Measured()
    for seed in range(FIRST_SEED, FIRST_SEED + studies):
        settings = settings_of(seed)
        study = simulate_instruments(settings)
        alike = simulate_instruments(settings, tuple(Instrument(each.name) for each in study.instruments))
        treatments: dict[str, tuple[InstrumentStudy, Callable[[str], dict[str, Bring]]]] = {
            "alike": (alike, AsItIs(alike)),
            "before": (study, AsItIs(study)),
            "after": (study, Transfers(study, None, measured.chosen)),
            "alike, after": (alike, Transfers(alike, None, measured.chosen_alike)),
            "ds": (study, Transfers(study, "ds", Counter())),
        }
        for title, (which, bring) in treatments.items():
            scores = [left_out_auc(model, which, bring) for model in MODELS]
            measured.auc.setdefault(title, []).append(scores)
        sys.stderr.write(f"{seed - FIRST_SEED + 1} of {studies} studies\n")
    return measured


def share(alike: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[float, float, float]:
    """Return the share of the loss that was recovered over all studies, and its 95 % interval."""
    drawn = np.random.default_rng(0).integers(len(alike), size=(RESAMPLES, len(alike)))
    loss, gain = alike - before, after - before
    ratios = gain[drawn].mean(axis=1) / loss[drawn].mean(axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(gain.mean() / loss.mean()), float(low), float(high)


def main() -> None:
    """Print the losses and what was recovered, for each model and method."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    measured = measure(studies)
    auc = {title: np.array(values) for title, values in measured.auc.items()}
    print(
        f"{studies} studies, seeds from {FIRST_SEED}; chosen: {dict(measured.chosen)}; where the instruments are alike: {dict(measured.chosen_alike)}"
    )
    for column, model in enumerate(MODELS):
        by = {title: values[:, column] for title, values in auc.items()}
        loss = by["alike"] - by["before"]
        print(
            f"\n{model}: alike {by['alike'].mean():.3f}, before {by['before'].mean():.3f}, loss {loss.mean():.3f} (largest {loss.max():.3f})"
        )
        print(f"{'method':<45}{'AUC':>7}{'recovered':>11}{'95 %':>16}{'worse than before':>20}")
        for title in ("after", "ds", "alike, after"):
            if title == "alike, after":
                print(
                    f"{'chosen, where the instruments are alike':<45}{by[title].mean():>7.3f}{by[title].mean() - by['alike'].mean():>+11.3f}  (AUC that it costs)"
                )
                continue
            middle, low, high = share(by["alike"], by["before"], by[title])
            name = "chosen" if title == "after" else TITLES[title]
            worse = int((by[title] < by["before"]).sum())
            print(
                f"{name:<45}{by[title].mean():>7.3f}{middle:>11.0%}{f'{low:.0%} to {high:.0%}':>16}{f'{worse} of {studies}':>20}"
            )


if __name__ == "__main__":
    main()
