"""What needs no image, judged like a model: a score means nothing before it is seen beside these."""

from collections.abc import Mapping

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.profiles.results import ProfileResult, Regressor
from spectra_dl.evaluation.profiles.scoring import LeftOut, Task, averaged, judge, predict_sections

TRAINING_MEAN, PATIENT_MEAN = "training mean", "patient mean"
SHUFFLED, NEIGHBOURS = "shuffled spots", "spatial neighbours (a leak)"
ABOUT = {
    TRAINING_MEAN: "the training rows' mean: it orders nothing, so its correlation is 0; what it scores pooled comes from differences between sections",
    PATIENT_MEAN: "the mean measured in other sections of the test patient: what knowing the patient alone is worth",
    SHUFFLED: "the first model trained on profiles shuffled within their sections: should be about 0",
    NEIGHBOURS: "the mean measured in the six nearest rows of the test section itself: what a split by row lets a model use",
}
_NEIGHBOURS = 6


def image_free_controls(position: FloatArray | None, task: Task) -> dict[str, ProfileResult]:
    """Return what means and neighbours reach; neighbours need ``(n, 2)`` positions, the patient's mean other sections."""
    mean = [
        _constant(task.targets[one.fold].values(task.folds[one.fold].train), one) for one in task.left_out
    ]
    found = {TRAINING_MEAN: judge(TRAINING_MEAN, task.left_out, mean, task)}
    others = {one.section: _elsewhere_in_patient(one, task) for one in task.left_out}
    with_others = [one for one in task.left_out if others[one.section].size]
    if with_others:
        mean = [_constant(task.targets[one.fold].values(others[one.section]), one) for one in with_others]
        found[PATIENT_MEAN] = judge(PATIENT_MEAN, with_others, mean, task)
    if position is not None:
        near = [_neighbour_means(one.measured, position[one.rows]) for one in task.left_out]
        found[NEIGHBOURS] = judge(NEIGHBOURS, task.left_out, near, task)
    return found


def shuffled_control(name: str, model: Regressor, task: Task) -> tuple[Mapping[str, ProfileResult], float]:
    """Return what a model reaches that was trained on shuffled profiles, the mean of several shuffles, and their spread."""
    results = []
    for number in range(task.settings.shuffles):
        told: list[FloatArray] = []
        for fold, chosen in zip(task.folds, task.targets, strict=True):
            task.say(f"{name}, shuffled {number + 1}: fold {fold.number + 1} of {len(task.folds)}")
            other = shuffled_within(task, fold.train, (task.settings.seed, fold.number, number))
            fitted = fit_copy(model, task.rows[fold.train], chosen.values(other), task.section[fold.train])
            told += predict_sections(name, fitted, fold, task)
        results.append(judge(SHUFFLED, task.left_out, told, task))
    if not results:
        return {}, float("nan")
    values = [one.pearson.value for one in results]
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return {SHUFFLED: averaged(SHUFFLED, results, task.settings)}, spread


def shuffled_within(task: Task, rows: IndexArray, seed: tuple[int, ...]) -> IndexArray:
    """Return for each of ``rows`` another of the same section, each once; the draw doesn't know in which order rows came."""
    generator = np.random.default_rng(seed)
    other: IndexArray = np.arange(len(task.section))
    taken = np.zeros(len(task.section), dtype=bool)
    taken[rows] = True
    ordered = task.order[taken[task.order]]
    for name in sorted(set(task.section[rows])):
        own = ordered[task.section[ordered] == name]
        other[own] = generator.permutation(own)
    return other[rows]


def _constant(values: FloatArray, one: LeftOut) -> FloatArray:
    return np.repeat(values.mean(axis=0, keepdims=True), len(one.rows), axis=0)


def _elsewhere_in_patient(one: LeftOut, task: Task) -> IndexArray:
    return np.flatnonzero((task.patient == one.patient) & (task.section != one.section))


def _neighbour_means(values: FloatArray, position: FloatArray) -> FloatArray:
    from scipy.spatial import cKDTree

    count = min(_NEIGHBOURS + 1, len(values))
    if count == 1:
        return values
    _, near = cKDTree(position).query(position, k=count)
    near = np.asarray(near)
    # The row itself is left out wherever it stands among rows at the same place.
    others = near != np.arange(len(values))[:, None]
    others[others.all(axis=1), -1] = False
    chosen: IndexArray = near[others].reshape(len(values), count - 1)
    told: FloatArray = np.mean(values[chosen], axis=1)  # (k, neighbours, t) -> (k, t)
    return told
