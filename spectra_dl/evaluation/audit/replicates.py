"""Patients that follow one another and look like one: replicates whose common patient nobody named."""

import math

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit.finding import Finding
from spectra_dl.evaluation.audit.surrogate import binned_shape, patient_means
from spectra_dl.evaluation.classes.metrics import mid_ranks
from spectra_dl.evaluation.patients import Patients

_NAME = "hidden replicates"
_LONGEST_RUN = 25
_FEWEST_PAIRS = 5
_FEWEST_COLUMNS = 16
_COMPONENTS = 5
# Standard deviations above chance of the best of 24 run lengths. Highest in 200 clean simulated studies 3.4; sixty
# rows of twenty patients reach 3.3 to 5.5, the serum study 10.1.
_WARN_ABOVE = 3.7
_STOP_ABOVE = 6.0
_LEAST_SHARE = 0.7


def check_hidden_replicates(rows: FloatArray, patients: Patients) -> Finding:
    """Look for runs of 2 to 25 consecutive patients that resemble one another more than patients of the next run.

    Runs are counted from the first patient of each class. If neighbours within runs of k are nearer than neighbours on
    both sides of a run's end, the "patients" of a run are probably one person: row order and drift know no runs of fixed length.
    Only patients of one class are compared, so that the disease itself doesn't count.

    Parameters
    ----------
    rows
        ``(n, p)`` finite, in the order in which they came.
    patients
        Whose each row is.
    """
    lengths = range(2, _LONGEST_RUN + 1) if rows.shape[1] >= _FEWEST_COLUMNS else ()
    steps = [_steps(each) for each in _sequences(rows, patients)] if lengths else []
    score, length, share = max((_contrast(steps, k) for k in lengths), default=(0.0, 0, 0.0))
    if score < _WARN_ABOVE or share < _LEAST_SHARE:
        return Finding(_NAME, "fine", "Consecutive patients don't look like replicates of one.")
    each = "rows" if len(patients.names) == len(patients.of_row) else "patients"
    sentence = (
        f"Consecutive {each} look like replicates of {length}: within runs of {length} neighbours are more alike than across their "
        f"ends in {share:.0%} of comparisons (chance 50 %). If they are replicates, say --replicates "
        f"{length * len(patients.of_row) // len(patients.names)}, or every figure is inflated."
    )
    return Finding(_NAME, "stop" if score >= _STOP_ABOVE else "warn", sentence)


def _sequences(rows: FloatArray, patients: Patients) -> list[FloatArray]:
    """Return, per class, the patients' mean shapes ``(m, k)`` in the order in which the patients came."""
    # Steps between neighbouring columns: slow backgrounds, which vary within a patient, weigh less than bands.
    shape = binned_shape(np.diff(binned_shape(rows), axis=1))
    mean = patient_means(shape, patients)
    centred = mean - mean.mean(axis=0)
    left, _, _ = np.linalg.svd(centred, full_matrices=False)
    place = left[:, :_COMPONENTS]  # each component counts alike
    first = np.unique(patients.of_row, return_index=True)[1]
    return [
        place[members[np.argsort(first[members])]]
        for members in (
            np.flatnonzero(patients.class_of_patient == code) for code in range(len(patients.classes))
        )
    ]


def _steps(place: FloatArray) -> FloatArray:
    """Return the distance of each patient from the one before, ``(m - 1,)``."""
    steps: FloatArray = np.linalg.norm(np.diff(place, axis=0), axis=1)
    return steps


def _contrast(steps: list[FloatArray], length: int) -> tuple[float, int, float]:
    """Compare steps within runs of ``length`` with steps across their ends, by Mann and Whitney's test.

    Returns
    -------
    score, length, share
        Standard deviations above chance, the length, and the share of comparisons in which the step across is longer.
    """
    size = np.concatenate(steps)
    across = np.concatenate([(np.arange(1, each.size + 1) % length) == 0 for each in steps])
    n_across = int(np.count_nonzero(across))
    n_within = size.size - n_across
    if min(n_across, n_within) < _FEWEST_PAIRS:
        return 0.0, length, 0.0
    wins = float(mid_ranks(size)[across].sum()) - n_across * (n_across + 1) / 2
    pairs = n_across * n_within
    return (wins - pairs / 2) / math.sqrt(pairs * (size.size + 1) / 12), length, wins / pairs
