"""What a model's answer hangs on: how far the log odds fall when a stretch of a patient's mean spectrum is replaced by that of all training spectra.

It takes the model as it is, whatever is in it, and no gradients. Occlusion: Zeiler & Fergus 2014, doi 10.1007/978-3-319-10590-1_53.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.models.members import count_operations, mean_output
from spectra_dl.spectra.predictor import SpectraPredictor

WINDOWS = 24
_OPERATIONS = (
    6e11  # some ten seconds of one core, about what predicting tens of spectra by a deep network takes
)


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What a patient's answer hangs on.

    Attributes
    ----------
    class_name
        The class whose log odds are looked at: of two the positive one, of more the patient's likeliest.
    change
        ``(w,)`` log odds with the patient's own values less those without, in each window.
    """

    class_name: str
    change: FloatArray


def window_starts(n_wavenumbers: int) -> NDArray[np.intp]:
    """Return where windows of one size begin; the last may be smaller."""
    size = -(-n_wavenumbers // min(WINDOWS, n_wavenumbers))
    return np.arange(0, n_wavenumbers, size)


def occluded(predictor: SpectraPredictor, means: Sequence[NDArray[np.float32]]) -> list[Occlusion]:
    """Return for each patient what the log odds hang on, from one pass through the model.

    Parameters
    ----------
    predictor
        The model.
    means
        ``(m, q)`` mean prepared spectra of patients, by each preprocessing.
    """
    starts = window_starts(means[0].shape[1])
    distinct = {id(rows): _with_windows(rows, starts, predictor.reference.mean) for rows in means}
    logits = _logits(predictor, [distinct[id(rows)] for rows in means])
    logits = logits / predictor.classification.calibration.temperature
    by_patient = logits.reshape(len(means[0]), len(starts) + 1, -1)
    classes = predictor.classification.classes
    found = []
    for whole_first in by_patient:
        binary = len(classes) == 2
        at = (
            classes.index(predictor.classification.positive_class) if binary else int(whole_first[0].argmax())
        )
        odds = _log_odds(whole_first, at)
        found.append(Occlusion(classes[at], np.nan_to_num(odds[0] - odds[1:])))
    return found


def affordable(predictor: SpectraPredictor) -> int | None:
    """Return of how many patients at most it is found, from a count of operations: a clock would differ between runs. None: of all.

    Parameters
    ----------
    predictor
        The model.
    """
    if predictor.folded:
        return None
    of_spectrum = count_operations(predictor.networks[0], predictor.header.input.network.n_wavenumbers)
    of_patient = (WINDOWS + 1) * len(predictor.networks) * of_spectrum
    return max(1, int(_OPERATIONS // of_patient))


def _logits(predictor: SpectraPredictor, matrices: Sequence[NDArray[np.float32]]) -> FloatArray:
    if predictor.folded:
        return predictor.prepared_logits(matrices)
    inputs = [matrices[used] for used in predictor.header.input.preprocessing_of_member]
    return mean_output(predictor.networks, inputs, single=True)


def _with_windows(
    rows: NDArray[np.float32], starts: NDArray[np.intp], instead: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return each row as it is, then with each window replaced: ``(m * (w + 1), q)``."""
    spectra = np.repeat(rows[:, None], len(starts) + 1, axis=1)
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], rows.shape[1]], strict=True)):
        spectra[:, number + 1, start:stop] = instead[start:stop]
    return spectra.reshape(-1, rows.shape[1])


def _log_odds(logits: FloatArray, at: int) -> FloatArray:
    others = np.delete(logits, at, axis=1)
    highest = others.max(axis=1)
    odds: FloatArray = logits[:, at] - highest - np.log(np.exp(others - highest[:, None]).sum(axis=1))
    return odds
