"""Simulated patients: which of them are positive, and the table of their spectra."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.spectra.table import SpectraTable

#: What stands in the column "origin" of every simulated table, also after a trip through a file.
SIMULATED_ORIGIN = "simulated"


def draw_classes(generator: np.random.Generator, patients: int, positive_share: float) -> NDArray[np.bool_]:
    """Return ``(m,)`` whether each patient is positive; at least one is and one isn't.

    Parameters
    ----------
    generator
        Source of random numbers.
    patients
        How many, ``m``.
    positive_share
        Share of them that are positive, rounded to whole patients.
    """
    number = min(max(round(positive_share * patients), 1), patients - 1)
    return generator.permutation(patients) < number


def patients_table(
    intensity: FloatArray,
    wavenumber: FloatArray,
    patient: TextArray,
    *,
    label: Iterable[str],
    batch: Iterable[str],
    source: str,
    notes: tuple[str, ...],
) -> SpectraTable:
    """Return the table of simulated spectra, the same number of each patient's, one patient after the next.

    Parameters
    ----------
    intensity, wavenumber
        ``(n, p)`` counts on the axis ``(p,)``, cm⁻¹.
    patient, label, batch
        ``(m,)`` for each patient.
    source
        Where all of them come from.
    notes
        Sentences for the reader of the table.
    """
    each = len(intensity) // len(patient)

    def repeated(column: Iterable[str]) -> TextArray:
        return np.repeat(text_array(column), each)

    return SpectraTable(
        intensity=intensity,
        wavenumber=wavenumber,
        sample_id=text_array([f"{one}-{number}" for one in patient for number in range(1, each + 1)]),
        patient=repeated(patient),
        label=repeated(label),
        batch=repeated(batch),
        source=text_array([source] * len(intensity)),
        metadata={"origin": text_array([SIMULATED_ORIGIN] * len(intensity))},
        notes=notes,
    )
