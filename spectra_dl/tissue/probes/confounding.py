"""Classes of images that go with the patient, so that few patients can't tell the class from the person."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.audit.batches import cramers_v
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import figure, first_few
from spectra_dl.tissue.images import rows_by

_NAME = "class and patient"
_LEAST_V = 0.3
_FEWEST_PATIENTS = 5  # of a class


def class_goes_with_patient(patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
    """Ask whether the class of single images goes with whose they are, by Cramér's V, and whether enough patients have each class.

    Where each patient has one class it must go with the patient, and folds by patient are made for that. Where patients have images of several
    classes but mostly of one, and a class comes from few patients, a model that knows the patient's stain is as good as one that knows the class.

    Parameters
    ----------
    patients
        Whose each image is.
    folds, seed
        Not looked at.
    """
    if patients.cluster is None:
        return Finding(
            _NAME,
            "fine",
            "Classes are of patients, and patients are never divided between training and test.",
        )
    owner = patients.subject_of_patient[patients.of_row]
    association = cramers_v(patients.class_of_row, owner)
    few = [
        f"{name} {patients.count(code)}"
        for code, name in enumerate(patients.classes)
        if patients.count(code) < _FEWEST_PATIENTS
    ]
    goes = f"Cramér's V of class and patient over images {figure(association)}; 0 is unrelated, 1 is one class a patient"
    if association < _LEAST_V:
        return Finding(_NAME, "fine", f"The class of images doesn't go with the patient ({goes}).")
    if few:
        return Finding(
            _NAME,
            "stop",
            f"The class of images goes with the patient ({goes}), and some classes come from few patients ({first_few(few)}): a split by image or by slide rewards "
            "knowing the patient, and with so few left out nothing can be learnt of new ones. These scores are no evidence.",
        )
    return Finding(
        _NAME,
        "warn",
        f"The class of images goes with the patient ({goes}): believe figures by patient alone, since stain and scanner go with it too.",
    )


def class_goes_with_slide(
    slide: Sequence[str], patients: Patients, folds: Sequence[Fold], *, seed: int
) -> Finding:
    """Say how far the class of images goes with the slide within the study.

    Parameters
    ----------
    slide
        ``(n,)`` text.
    patients
        Whose each image is.
    folds, seed
        Not looked at.
    """
    pure = [np.unique(patients.class_of_row[rows]).size == 1 for rows in rows_by(slide).values()]
    share = float(np.mean(pure))
    sentence = f"{sum(pure)} of {len(pure)} slides have images of one class only"
    if patients.cluster is not None and share > 0.5:
        return Finding(
            "class and slide",
            "warn",
            f"{sentence}: what goes with a slide, as its stain and its focus, goes with the class.",
        )
    return Finding("class and slide", "fine", f"{sentence}.")
