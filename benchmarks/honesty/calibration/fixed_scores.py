"""What needs no refitting: predictions from elsewhere, sets of classes, probes of the audit, few sections."""

from collections.abc import Mapping

import numpy as np
from normal_sets import divided, probabilities
from scipy.special import ndtr
from study import Cell, Columns, Found, Study, holds, share

from spectra_dl.evaluation.audit.finding import raised_by
from spectra_dl.evaluation.audit.probing import probe_auc
from spectra_dl.evaluation.classes.conformal import fit_conformal
from spectra_dl.evaluation.classes.scoring import score_predictions
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.profiles.units import interval_over_units

_COVERAGE = 0.9


def scored(n: int, distance: float, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(n, 2)`` probabilities of patients whose scores are normal, and their classes."""
    truth = np.arange(n) % 2
    score = distance * truth + np.random.default_rng(seed).normal(size=n)
    return probabilities(2.0 * (score - distance / 2)), truth


def one_outside(cell: Cell, number: int) -> Found:
    """Score predictions of a model that was made elsewhere."""
    n, distance = cell
    predicted, truth = scored(n, distance, (5, n, number))
    label = [("no", "yes")[code] for code in truth]
    found = score_predictions({"theirs": predicted}, label, [f"p{one}" for one in range(n)]).scores["theirs"]
    interval = found.patient_level["auc"]
    return {"low": interval.low, "high": interval.high, "p": found.permutation_p}


def outside(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often the interval holds the AUC, and how often p is below .05."""
    return {
        "holds the truth": holds(found, float(ndtr(cell[1] / np.sqrt(2.0)))),
        "p < .05": share(found["p"] < 0.05),
        "low end above .5": share(found["low"] > 0.5),
    }


def one_set_of_classes(cell: Cell, number: int) -> Found:
    """Learn sets on one group of patients, and take a thousand others."""
    n, distance = cell
    sets = fit_conformal(*scored(n, distance, (6, n, number)), _COVERAGE)
    predicted, truth = scored(1000, distance, (7, n, number))
    held = sets.sets(predicted)
    right = held[np.arange(1000), truth]
    return {
        "first": right[truth == 0].mean(),
        "second": right[truth == 1].mean(),
        "size": held.sum(axis=1).mean(),
    }


def sets_of_classes(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often sets hold the class."""
    return {
        "hold the first class": share(found["first"]),
        "hold the second": share(found["second"]),
        "classes in a set": share(found["size"]),
    }


def one_probe(cell: Cell, number: int) -> Found:
    """Probe the classes with features that know nothing of them."""
    n, k = cell
    patients, folds, _ = divided(np.arange(n) % 2, 1, number)
    features = np.random.default_rng((8, n, k, number)).normal(size=(n, k))
    auc = probe_auc(features, patients, folds, draw_patients(n, resamples=500, seed=0))
    raised = raised_by(auc)
    return {"warn": float(raised == "warn"), "stop": float(raised == "stop"), "weakly": float(auc.low > 0.5)}


def probes(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often a probe of noise raises something."""
    return {
        "warns": share(found["warn"]),
        "stops": share(found["stop"]),
        "low end above .5": share(found["weakly"]),
    }


def one_mean(cell: Cell, number: int) -> Found:
    """Average figures of a few sections: correlations that scatter on Fisher's scale."""
    count, spread = cell
    values = np.tanh(np.arctanh(0.4) + spread * np.random.default_rng((9, count, number)).normal(size=count))
    interval = interval_over_units(values, resamples=1000, seed=0, within=(-1.0, 1.0))
    return {"low": interval.low, "high": interval.high}


def sections(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often the interval holds the mean of all sections there could be."""
    truth = float(np.tanh(np.arctanh(0.4) + cell[1] * np.random.default_rng(0).normal(size=1_000_000)).mean())
    return {"holds the truth": holds(found, truth), "width": share(found["high"] - found["low"])}


STUDIES = (
    Study(
        "outside",
        "Predictions from elsewhere (score): interval of resampled patients, p of permuted classes",
        ("patients", "distance in SD"),
        [(n, distance) for n in (24, 40, 100) for distance in (0.0, 0.954)],
        one_outside,
        outside,
    ),
    Study(
        "sets",
        "Sets of classes meant to hold the true one in 90 %",
        ("patients learned from", "distance in SD"),
        [(n, distance) for n in (18, 24, 40, 100) for distance in (0.75, 1.5)],
        one_set_of_classes,
        sets_of_classes,
    ),
    Study(
        "probes",
        "Probes of the audit on noise",
        ("patients", "features"),
        [(n, k) for n in (24, 40, 100) for k in (1, 10)],
        one_probe,
        probes,
    ),
    Study(
        "sections",
        "Mean over sections or patients: Student's t below ten, resamples from ten",
        ("sections", "scatter"),
        [(count, spread) for count in (3, 4, 6, 9, 10, 20) for spread in (0.1, 0.4)],
        one_mean,
        sections,
    ),
)
