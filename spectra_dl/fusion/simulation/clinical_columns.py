"""Clinical columns of simulated patients: numbers, an ordered grade and categories, which say a given amount of the class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.simulation.information import BlockInformation, Levels, of_auc, probit_levels

GRADES = ("6", "7", "8", "9", "10")
SEXES, BLOOD_GROUPS = ("f", "m"), ("0", "A", "AB", "B")
# How much each column says beside the others: age, PSA, Gleason grade, pain.
_AGE, _PSA, _GRADE, _PAIN = 0.3, 1.0, 0.7, 0.4
_GRADE_CUTS, _PAIN_CUTS = np.array([-0.9, 0.1, 0.8, 1.5]), np.array([0.3])
_MEDIAN_PSA, _SPREAD_PSA = 12.0, 0.8
_MEAN_AGE, _SPREAD_AGE = 68.0, 7.0
_UNKNOWN_BLOOD_GROUP = 0.1


def clinical_information(auc: float) -> BlockInformation:
    """Return what the columns say so that the best score of them has this AUC.

    Parameters
    ----------
    auc
        From 0.5, where they say nothing, to below 1.
    """
    return of_auc(auc, _scaled)


def _scaled(scale: float) -> BlockInformation:
    return BlockInformation(
        scale * np.array([_PSA, _AGE]),
        (probit_levels(scale * _GRADE, _GRADE_CUTS), probit_levels(scale * _PAIN, _PAIN_CUTS)),
    )


@dataclass(frozen=True, eq=False)
class DrawnColumns:
    """Columns of ``m`` patients.

    Attributes
    ----------
    columns
        Age, PSA, Gleason grade, pain, and sex and blood group, which say nothing.
    scores
        ``(m, 2)`` normal scores of PSA and age, from the middle between the classes.
    levels
        ``(m,)`` of the grade and of pain.
    """

    columns: tuple[ClinicalColumn, ...]
    scores: FloatArray
    levels: tuple[IndexArray, ...]


def draw_columns(
    generator: np.random.Generator,
    information: BlockInformation,
    positive: NDArray[np.bool_],
    *,
    follows: FloatArray,
    correlation: float,
) -> DrawnColumns:
    """Draw the columns of patients.

    Parameters
    ----------
    generator
        Of random numbers.
    information
        From `clinical_information`.
    positive
        ``(m,)`` the patients' classes.
    follows
        ``(m,)`` standard normal within each class: PSA goes with it.
    correlation
        How closely, from -1 to 1.
    """
    patients = len(positive)
    normal = generator.standard_normal((patients, 2))
    normal[:, 0] = correlation * follows + np.sqrt(1 - correlation**2) * normal[:, 0]
    scores = normal + (positive[:, None] - 0.5) * information.shift
    levels = tuple(draw_levels(generator, positive, part) for part in information.levels)
    sex, blood = (
        generator.integers(0, len(names), patients).astype(np.float64) for names in (SEXES, BLOOD_GROUPS)
    )
    blood[generator.random(patients) < _UNKNOWN_BLOOD_GROUP] = np.nan
    age = np.round(_MEAN_AGE + _SPREAD_AGE * scores[:, 1], 1)
    psa = np.round(_MEDIAN_PSA * np.exp(_SPREAD_PSA * scores[:, 0]), 2)
    columns = (
        ClinicalColumn("age", "numeric", age, (), "years", True),
        ClinicalColumn("psa", "numeric", psa, (), "ng/mL", True),
        ClinicalColumn("gleason", "ordinal", levels[0].astype(np.float64), GRADES, "", True),
        ClinicalColumn("pain", "category", levels[1].astype(np.float64), ("no", "yes"), "", True),
        ClinicalColumn("sex", "category", sex, SEXES, "", True),
        ClinicalColumn("blood_group", "category", blood, BLOOD_GROUPS, "", True),
    )
    return DrawnColumns(columns, scores, levels)


def draw_levels(generator: np.random.Generator, positive: NDArray[np.bool_], shares: Levels) -> IndexArray:
    """Return ``(m,)`` levels drawn for patients.

    Parameters
    ----------
    generator
        Of random numbers.
    positive
        ``(m,)`` the patients' classes.
    shares
        Of the levels in the positive and in the negative class.
    """
    drawn = generator.random(len(positive))
    of_positive, of_negative = (np.searchsorted(np.cumsum(each)[:-1], drawn) for each in shares)
    return np.where(positive, of_positive, of_negative).astype(np.intp)
