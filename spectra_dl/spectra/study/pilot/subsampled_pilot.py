"""A pilot from spectra or from predictions of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.planning.pilot import Pilot, pilot_of_scores
from spectra_dl.planning.precision import effective_patients
from spectra_dl.planning.subsampling import nested_subsampling
from spectra_dl.spectra.cohort import labelled_cohort
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.study.predictions_file import read_predictions
from spectra_dl.spectra.study.score import TruthColumns
from spectra_dl.spectra.table import SpectraTable


def subsampled_pilot(
    table: SpectraTable, *, model: str | None = None, positive: str | None = None, seed: int = 0
) -> Pilot:
    """Return a pilot from spectra, with the learning curve of a classical model over nested subsets of the patients.

    Parameters
    ----------
    table
        Raw spectra with labels and patients.
    model
        A classical model by the name that users type; None takes logistic regression.
    positive
        The class whose sensitivity is planned.
    seed
        Of the divisions and subsets.

    Raises
    ------
    DataError
        Labels or patients are missing, or too few.
    UsageError
        There is no such model.
    """
    name = model or "logistic"
    if name not in CLASS_MODELS.classical:
        raise UsageError(f"--model {name!r:.80}: learning curves are of {', '.join(CLASS_MODELS.classical)}")
    steps = Preprocessing.default()
    cohort = labelled_cohort(table, within=used_range(steps.steps))
    chosen, _ = positive_class(cohort.label, positive)
    title = CLASS_MODELS.classical[name]
    estimator = classical_models(cohort.table.wavenumber, steps, seed)[title]
    found = nested_subsampling(
        cohort.table.intensity, cohort.label, text_array(cohort.subject), estimator, chosen, seed=seed
    )
    columns = [found.probability, 1 - found.probability]
    first = chosen == sorted(set(cohort.label))[0]
    probability = np.stack(columns if first else columns[::-1], axis=1)
    pilot = pilot_of_scores(
        f"{title} on the pilot's spectra",
        probability,
        cohort.label,
        text_array(cohort.subject),
        positive=chosen,
    )
    known = 0 < found.auc < 1 and found.standard_error > 0
    effective = effective_patients(found.auc, found.standard_error**2) / pilot.patients if known else None
    return replace(
        pilot,
        auc=found.auc,
        effective=effective,
        folds=found.folds,
        training=found.training,
        curve=found.curve,
    )


def predicted_pilot(
    predictions: Path, truth: Path, columns: TruthColumns | None = None, *, positive: str | None = None
) -> Pilot:
    """Return a pilot from predictions of any program and the truth.

    Parameters
    ----------
    predictions
        A table with an id and a column ``p_<class>`` for each class.
    truth
        A table with the id, the class and the patient of each row.
    columns
        Their names; the default if None.
    positive
        The class whose sensitivity is planned.

    Raises
    ------
    DataError
        The tables can't be joined, or there are not two classes.
    """
    columns = columns or TruthColumns()
    joined = read_predictions(
        [predictions], truth, id_column=columns.id_column, label=columns.label, patient=columns.patient
    )
    (probability,) = joined.probability.values()
    return pilot_of_scores(predictions.name, probability, joined.label, joined.patient, positive=positive)
