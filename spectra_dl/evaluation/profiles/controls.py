"""What needs no image, scored like a model: a score means nothing until it is compared with these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.engine import fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob, FoldOutcome
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.profiles.results import ProfileResult
from spectra_dl.evaluation.profiles.scoring import averaged, score_sections
from spectra_dl.evaluation.profiles.task import HeldOutSection, ProfileTask
from spectra_dl.evaluation.rows import Rows

TRAINING_MEAN, PATIENT_MEAN = "training mean", "patient mean"
SHUFFLED, NEIGHBOURS = "shuffled spots", "spatial neighbours (a leak)"
ABOUT = {
    TRAINING_MEAN: "the training rows' mean: it orders nothing, so its correlation is 0; what it scores pooled comes from differences between sections",
    PATIENT_MEAN: "the mean measured in other sections of the test patient: what knowing the patient alone is worth",
    SHUFFLED: "the first model trained on profiles shuffled within their sections: should be about 0",
    NEIGHBOURS: "the mean measured in the six nearest rows of the test section itself: what a split by row lets a model use",
}
_NEIGHBOURS = 6


def image_free_controls(position: FloatArray | None, task: ProfileTask) -> dict[str, ProfileResult]:
    """Return what means and neighbours reach.

    Parameters
    ----------
    position
        ``(n, 2)`` of the rows; None leaves neighbours out.
    task
        What is predicted; the patient's mean needs other sections of the patient.
    """
    mean = [
        _constant(task.targets[tested.fold].values(task.folds[tested.fold].train), tested)
        for tested in task.held_out
    ]
    controls = {TRAINING_MEAN: score_sections(TRAINING_MEAN, task.held_out, mean, task)}
    elsewhere = {tested.section: _elsewhere_in_patient(tested, task) for tested in task.held_out}
    with_elsewhere = [tested for tested in task.held_out if elsewhere[tested.section].size]
    if with_elsewhere:
        mean = [
            _constant(task.targets[tested.fold].values(elsewhere[tested.section]), tested)
            for tested in with_elsewhere
        ]
        controls[PATIENT_MEAN] = score_sections(PATIENT_MEAN, with_elsewhere, mean, task)
    if position is not None:
        near = [_neighbour_means(tested.measured, position[tested.rows]) for tested in task.held_out]
        controls[NEIGHBOURS] = score_sections(NEIGHBOURS, task.held_out, near, task)
    return controls


@dataclass(frozen=True, eq=False)
class ShuffledTask(ProfileTask):
    """The same, but that models are trained on profiles shuffled within their sections.

    Attributes
    ----------
    shuffle
        The number of the shuffle.
    """

    shuffle: int

    def target(self, fold: Fold) -> FloatArray:
        """Return the training rows' profiles, shuffled."""
        seed = (self.settings.seed, fold.number, self.shuffle, *((fold.repeat,) if fold.repeat else ()))
        return self.targets_of(fold).values(shuffled_within(self, fold.train, seed))


def shuffled_jobs(entry: ModelEntry[Any], rows: Rows, task: ProfileTask) -> list[list[FoldJob[None]]]:
    """Return the jobs of a model that is trained on shuffled profiles, for each shuffle one for each fold.

    Parameters
    ----------
    entry
        The model.
    rows
        What it takes.
    task
        What is predicted.
    """
    attributes = {attribute.name: getattr(task, attribute.name) for attribute in fields(ProfileTask)}
    return [
        fold_jobs(
            entry,
            rows,
            ShuffledTask(**attributes, shuffle=number),
            task.folds,
            title=f"{entry.name}, shuffled {number + 1}:",
        )
        for number in range(task.settings.shuffles)
    ]


def shuffled_control(
    outcomes: Sequence[Sequence[FoldOutcome[None]]], task: ProfileTask
) -> tuple[Mapping[str, ProfileResult], float]:
    """Return what a model reaches that was trained on shuffled profiles, the mean of several shuffles, and their spread.

    Parameters
    ----------
    outcomes
        Of `shuffled_jobs`.
    task
        What is predicted.
    """
    results = [score_sections(SHUFFLED, task.held_out, task.by_section(each), task) for each in outcomes]
    if not results:
        return {}, float("nan")
    values = [result.pearson.value for result in results]
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return {SHUFFLED: averaged(SHUFFLED, results, task.settings)}, spread


def shuffled_within(task: ProfileTask, rows: IndexArray, seed: tuple[int, ...]) -> IndexArray:
    """Return for each of ``rows`` another of the same section, each once; the draw doesn't know in which order rows came.

    Parameters
    ----------
    task
        Whose sections the rows are of.
    rows
        ``(k,)`` row numbers.
    seed
        Of the draw.
    """
    generator = np.random.default_rng(seed)
    swapped: IndexArray = np.arange(len(task.section))
    taken = np.zeros(len(task.section), dtype=bool)
    taken[rows] = True
    ordered = task.order[taken[task.order]]
    for name in sorted(set(task.section[rows])):
        of_section = ordered[task.section[ordered] == name]
        swapped[of_section] = generator.permutation(of_section)
    return swapped[rows]


def _constant(values: FloatArray, tested: HeldOutSection) -> FloatArray:
    return np.repeat(values.mean(axis=0, keepdims=True), len(tested.rows), axis=0)


def _elsewhere_in_patient(tested: HeldOutSection, task: ProfileTask) -> IndexArray:
    return np.flatnonzero((task.patient == tested.patient) & (task.section != tested.section))


def _neighbour_means(values: FloatArray, position: FloatArray) -> FloatArray:
    from scipy.spatial import cKDTree

    count = min(_NEIGHBOURS + 1, len(values))
    if count == 1:
        return values
    _, near = cKDTree(position).query(position, k=count)
    near = np.asarray(near)
    # The row itself is left out wherever it stands among rows at the same place.
    elsewhere = near != np.arange(len(values))[:, None]
    elsewhere[elsewhere.all(axis=1), -1] = False
    chosen: IndexArray = near[elsewhere].reshape(len(values), count - 1)
    mean: FloatArray = np.mean(values[chosen], axis=1)  # (k, neighbours, t) -> (k, t)
    return mean
