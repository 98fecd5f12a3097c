"""Figures that flawed protocols would have claimed: shown so that nobody is deceived by them, and never as results."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.folds.splits import assign_folds, folds_from
from spectra_dl.evaluation.profiles.metrics import no_order_is_none, pearson_per_column
from spectra_dl.evaluation.profiles.results import Regressor, TargetChooser
from spectra_dl.evaluation.profiles.scoring import LeftOut, Task, predicted_profiles, values_of_units
from spectra_dl.evaluation.profiles.units import known_mean

_LEAKY_FOLDS = 5


def leaky_split_estimate(name: str, model: Regressor, targets: TargetChooser, task: Task) -> float:
    """Return the mean correlation of a split by row: panel and model know rows beside each test row."""
    n_rows, everything = len(task.section), np.arange(len(task.section))
    folds = min(_LEAKY_FOLDS, n_rows)
    part = np.empty(n_rows, dtype=np.intp)
    part[task.order] = assign_folds(np.zeros(n_rows, dtype=np.intp), folds, (task.settings.seed, 0))
    chosen = targets.fit(everything)
    measured = chosen.values(everything)
    told = np.empty_like(measured)
    for fold in folds_from(part, 0, folds):
        task.say(f"{name}: split by row, fold {fold.number + 1} of {folds}")
        fitted = fit_copy(model, task.rows[fold.train], measured[fold.train], task.section[fold.train])
        told[fold.test] = predicted_profiles(name, fitted, task.rows[fold.test], measured[fold.test].shape)
    figures = [_correlation(told[one.rows], measured[one.rows]) for one in task.left_out]
    return float(known_mean(values_of_units(figures, task.left_out, task.settings)))


def constant_profile_estimate(task: Task) -> float:
    """Return the mean correlation over targets, row by row, of the training mean: the same profile everywhere."""
    figures = [_over_targets(one, task) for one in task.left_out]
    return float(known_mean(values_of_units(figures, task.left_out, task.settings)))


def _over_targets(one: LeftOut, task: Task) -> FloatArray:
    mean = task.targets[one.fold].values(task.folds[one.fold].train).mean(axis=0)
    return _correlation(np.repeat(mean[:, None], len(one.rows), axis=1), one.measured.T)


def _correlation(told: FloatArray, measured: FloatArray) -> FloatArray:
    return no_order_is_none(pearson_per_column(told, measured), measured)
