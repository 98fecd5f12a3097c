"""The real sets: five folds by patient, everything fitted in the fold; mice by mouse, scored per mouse and tissue state."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))  # where default_choice stands

from default_choice import BenchmarkSet, saliva, serum
from figures import PatientOdds, patient_odds
from fitting import SEED, Training, fitted_recipe, probability
from options import Options
from recipes import RECIPES
from store import Result, keep, parameters, result_file

from spectra_dl.arrays import IndexArray, TextArray, text_array
from spectra_dl.errors import SpectraDLError
from spectra_dl.evaluation.classes.metrics import auc_within
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.table import SpectraTable

FOLDS = 5


@dataclass(frozen=True, eq=False)
class RealSet:
    """A real set.

    Attributes
    ----------
    table
        Its spectra.
    unit
        ``(n,)`` what is scored: a patient, or the part of one that has one class.
    classes
        The positive one second.
    folds
        By patient.
    subject
        ``(n,)`` whom inner folds keep together, where that isn't the unit.
    """

    table: SpectraTable
    unit: TextArray
    classes: tuple[str, str]
    folds: tuple[Fold, ...]
    subject: TextArray | None = None


def _of_patients(found: BenchmarkSet | None, positive: str) -> RealSet | None:
    if found is None:
        return None
    cohort = found.cohort
    (negative,) = sorted(set(cohort.label) - {positive})
    folds = patient_folds(cohort.patient, cohort.label, folds=FOLDS, seed=SEED)
    return RealSet(cohort.table, cohort.patient, (negative, positive), tuple(folds))


def covid_serum(data: Path) -> RealSet | None:
    """Return the COVID serum set."""
    return _of_patients(serum(data, False), "SARS-CoV-2")


def covid_saliva(data: Path) -> RealSet | None:
    """Return the COVID saliva set."""
    return _of_patients(saliva(data, False), "COV+")


def mice_tissue(data: Path) -> RealSet | None:
    """Return the mice: most have both states, so a unit is one state of one mouse and folds keep a mouse together.

    Inner folds that give figures keep a mouse together too. Estimators take a unit for a patient, since they refuse patients of
    two classes: what they choose inside themselves may part a mouse's two states.
    """
    file = data / "mice_tissue" / "mice.csv"
    if not file.exists():
        return None
    table = read_spectra(file, ReadOptions(label="tissue_state", patient="mouse"))
    unit = text_array([f"{one} {state}" for one, state in zip(table.patient, table.label, strict=True)])
    return RealSet(table, unit, ("Normal", "Abnormal"), tuple(folds_of_mice(table.patient)), table.patient)


def folds_of_mice(mouse: TextArray) -> Iterator[Fold]:
    """Yield folds that keep a mouse together."""
    names, of_row = np.unique(mouse.astype(str), return_inverse=True)
    number = np.random.default_rng(SEED).permutation(len(names)) % FOLDS
    for fold in range(FOLDS):
        tested = number[of_row] == fold
        yield Fold(0, fold, np.flatnonzero(~tested), np.flatnonzero(tested))


SETS = {"covid_serum": covid_serum, "covid_saliva": covid_saliva, "mice_tissue": mice_tissue}


def files(name: str, real: RealSet, options: Options) -> dict[str, Path]:
    """Return where the result of each recipe stands."""
    table = real.table
    return {
        each: result_file(
            options.work,
            name,
            each,
            table.intensity,
            FOLDS,
            options.inner,
            parameters(RECIPES[each](table.wavenumber, SEED)),
        )
        for each in options.recipes
    }


def score_set(name: str, options: Options) -> Iterator[str]:
    """Score the recipes that have no result yet; yield a line for each."""
    real = SETS[name](options.data)
    if real is None:
        yield f"{name}: not in {options.data}, left out"
        return
    for each, path in files(name, real, options).items():
        if path.exists():
            continue
        try:
            result = set_figures(each, real, options.inner)
        except SpectraDLError as err:
            result = {"refused": str(err)}
        keep(path, result)
        figures = (
            result.get("refused") or f"inner {result['inner_auc']:.3f}, out of fold {result['fresh_auc']:.3f}"
        )
        yield f"{name} {each}: {figures}"


def set_figures(name: str, real: RealSet, inner: str) -> Result:
    """Return a recipe's figures on a set: out-of-fold ones, and means of the inner ones of the five training parts."""
    table = real.table
    scored = np.empty((len(table), 2))
    unseen: list[PatientOdds] = []
    seconds = np.zeros(2)
    for fold in real.folds:
        train, unit = table[fold.train], real.unit[fold.train]
        subject = None if real.subject is None else real.subject[fold.train]
        inner_folds = () if subject is None else tuple(folds_of_mice(subject))
        fitted = fitted_recipe(
            name,
            RECIPES[name](table.wavenumber, SEED),
            Training(train, unit, real.classes, inner, inner_folds),
        )
        if fitted.unseen is not None:
            unseen.append(patient_odds(fitted.unseen, unit, train.label, real.classes))
        scored[fold.test] = probability(name, fitted.model, table[fold.test], real.classes)
        seconds += fitted.seconds
    odds = patient_odds(scored, real.unit, table.label, real.classes)
    return {
        "inner_auc": float(np.mean([one.auc for one in unseen])),
        "inner_log_loss": float(np.mean([one.log_loss for one in unseen])),
        "fresh_auc": auc_within(odds.positive, odds.log_odds, fold_of_unit(real)),
        "fresh_log_loss": odds.log_loss,
        "fit_seconds": seconds[0],
        "unseen_seconds": seconds[1],
        "positive": odds.positive.astype(int).tolist(),
        "log_odds": odds.log_odds.round(5).tolist(),
    }


def fold_of_unit(real: RealSet) -> IndexArray:
    """Return the ``(m,)`` fold in which each unit, in sorted order, was tested."""
    of_row = np.empty(len(real.table), dtype=np.intp)
    for fold in real.folds:
        of_row[fold.test] = fold.number
    _, first = np.unique(real.unit.astype(str), return_index=True)
    return of_row[first]
