"""The correlation to expect of each gene in a section nobody has counted: calibrated, or withheld with the reason."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.person_ids import spelling_key
from spectra_dl.evaluation.profiles.units import known_mean, unit_means
from spectra_dl.expression.registration.tile_flags import strange_colour

if TYPE_CHECKING:
    from spectra_dl.evaluation.profiles.results import ProfileEvaluation
    from spectra_dl.expression.input_part import ExpressionInput
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.expression.section import TissueSection

FEWEST_PATIENTS = (
    4  # of three, the slope was .34 to .79 in four simulated cohorts; of four to six, .58 to 1.21 in fourteen
)
_FEWEST_GENES = 5
_SHARED_TRAINING = 0.25  # of what would be added if all left-out patients had had one training set; a quarter was chosen on simulated cohorts, with her2st in sight (docs/expression.md)


def expected_pearson(
    predictor: "ExpressionPredictor", section: "TissueSection"
) -> tuple[FloatArray, str | None]:
    """Return the correlation to expect of each gene in this section, ``(g,)``, and why it is withheld.

    It is withheld, all NaN, where it was not measured on what this section is: another patient than those trained on while scores are of left-out
    sections, too few patients, or a stain unlike that of all training sections.

    Parameters
    ----------
    predictor
        The model.
    section
        The section that is predicted; its patient is compared with those trained on.

    Returns
    -------
    tuple of FloatArray and (str or None)
        Values, NaN where unknown; the reason is None where they are given.
    """
    part = predictor.header.input
    reason = withheld_reason(part, section.patient)
    if reason is None and strange_colour(section, part.training.tissue_colours) is not None:
        reason = "the colour of this section's tissue lies outside that of all training sections, on which it was measured"
    if reason is not None:
        return np.full(len(part.genes), np.nan), f"expected correlations are withheld: {reason}"
    calibrated = part.expected or [None] * len(part.genes)
    values = [
        gene.pearson if value is None else value for gene, value in zip(part.genes, calibrated, strict=True)
    ]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64), None


def withheld_reason(part: "ExpressionInput", patient: str | None) -> str | None:
    """Return why a model can't say what to expect of a section of this patient; None where it can.

    Parameters
    ----------
    part
        The model's description.
    patient
        Whose section it is; None where not known.
    """
    training = part.training
    people = {spelling_key(name) for name in training.sections.values()}
    if patient is not None and spelling_key(patient) in people:
        return None
    who = (
        "the patient of this section is not known (a column patient of an .h5ad says it)"
        if patient is None
        else "this section is of another patient"
    )
    if len(people) == 1:
        return f"the model was trained on one patient, and {who}"
    if training.left_out == "section":
        return f"they were measured on left-out sections of the patients trained on, and {who}"
    if len(people) < FEWEST_PATIENTS:
        return f"they were measured on {len(people)} left-out patients, and fewer than {FEWEST_PATIENTS} do not show how genes differ between patients"
    if all(value is None for value in part.expected):
        few = f"the model has {len(part.genes)} genes, too few to learn how genes differ; {_FEWEST_GENES} are needed"
        return (
            few
            if part.expected
            else "the model file is of a version that did not calibrate them; train the model again"
        )
    return None


def calibrated_pearson(evaluation: "ProfileEvaluation") -> Mapping[str, float]:
    """Return the correlation to expect of each gene in a new patient (or section), from the first model's left-out ones.

    Each gene's mean correlation is drawn towards the mean of all genes, by as much as it would change with other patients: in the two-way model
    r = mean + gene + patient + rest, by the share of the variance of the gene's mean that is the rest's (empirical Bayes). A gene that was measured in
    one patient is drawn further than one of five. The rests of left-out patients are alike, as their models share training patients, so a quarter of the
    correction for one shared training set is added. Empty with fewer than two patients (or sections) or five genes that two of them share.

    Parameters
    ----------
    evaluation
        With the first model's sections.

    References
    ----------
    Efron & Morris 1975, doi 10.1080/01621459.1975.10479864; variance components by the method of moments, Searle 1971, doi 10.2307/2528928;
    shared training sets, Nadeau & Bengio 2003, doi 10.1023/A:1024068626366.
    """
    names, values = _by_unit(evaluation)
    count = np.isfinite(values).sum(axis=0)
    paired = count >= 2
    if len(values) < 2 or paired.sum() < _FEWEST_GENES:
        return {}
    centred = values - _unit_levels(values)[:, None]
    mean = known_mean(centred)
    rest = float(np.nansum((centred - mean)[:, paired] ** 2) / (count[paired] - 1).sum())
    overall = float(known_mean(mean[paired]))
    share = _share_of_rest(count)
    between = max(0.0, float(np.var(mean[paired], ddof=1)) - rest * float(np.mean(share[paired])))
    kept = np.divide(between, between + rest * share, out=np.zeros(len(mean)), where=between + rest > 0)
    expected = overall + kept * (mean - overall)
    return {name: float(value) for name, value in zip(names, expected, strict=True) if np.isfinite(value)}


def _share_of_rest(count: FloatArray) -> FloatArray:
    """Return the variance of a mean of so many left-out patients, in units of one's: 1 / count, and more, as their models share training patients."""
    known = np.maximum(count, 1.0)
    share: FloatArray = 1.0 / known + _SHARED_TRAINING / np.maximum(known - 1.0, 1.0)
    return share


def _unit_levels(values: FloatArray) -> FloatArray:
    """Return ``(u,)`` how much higher each unit's correlations are than those of the same genes in all units."""
    return known_mean(values - known_mean(values), axis=1)


def _by_unit(evaluation: "ProfileEvaluation") -> tuple[list[str], FloatArray]:
    """Return the genes, and ``(u, g)`` the first model's correlation in each left-out patient or section, NaN where not scored."""
    sections = evaluation.first.sections
    names = sorted({name for section in sections for name in section.names})
    place = {name: at for at, name in enumerate(names)}
    values = np.full((len(sections), len(names)), np.nan)
    for row, section in zip(values, sections, strict=True):
        row[[place[name] for name in section.names]] = section.skill.pearson
    by_patient = evaluation.settings.group == "patient"
    return names, unit_means(values, [each.patient if by_patient else each.section for each in sections])
