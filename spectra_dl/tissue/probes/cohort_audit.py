"""The audit of a cohort of images by itself."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from spectra_dl.evaluation.audit import Audit, audit
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.tissue.cohort import ImageCohort
from spectra_dl.tissue.probes import image_audit_inputs

_FOLDS = 5


def audit_cohort(cohort: ImageCohort, features: NDArray[np.float32], *, seed: int = 0) -> Audit:
    """Look for what besides biology goes with the classes, in folds by patient.

    Parameters
    ----------
    cohort
        The images with their patients.
    features
        ``(n, d)`` of them.
    seed
        Of folds, resamples and permutations.

    Raises
    ------
    DataError
        An image is damaged, or a split is impossible.
    """
    fewest = min(Counter(dict(zip(cohort.patient, cohort.label, strict=True)).values()).values())
    return audit(
        cohort.label,
        cohort.patient,
        image_audit_inputs(cohort, features),
        folds=patient_folds(cohort.patient, cohort.label, folds=max(2, min(_FOLDS, fewest)), seed=seed),
        multiplicity=read_patients(cohort.patient, cohort.label).draw(seed=seed),
        seed=seed,
    )
