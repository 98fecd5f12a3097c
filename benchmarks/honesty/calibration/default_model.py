"""The default model of spectra in whole evaluations: of classes that mean nothing, and of a signal whose AUC on fresh patients is known."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from study import Cell, Columns, Found, Study, holds, said, share, verdicts

from spectra_dl.arrays import text_array
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.metrics import auc, pool_by_patient
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.estimator import Estimator, class_probability
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.spectra.simulation.families.settings import FamilySettings
from spectra_dl.spectra.simulation.families.study import (
    NEGATIVE_LABEL,
    POSITIVE_LABEL,
    SimulatedPatients,
    simulate_family,
)
from spectra_dl.spectra.study.evaluate import study_models
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.table import SpectraTable

_SPECTRA, _POINTS, _FRESH = 3, 300, 600
_EVALUATION = EvaluationSettings(leaky=False, positive=POSITIVE_LABEL)


class FreshAuc:
    """Returns the AUC of a fold's model on patients that nobody has seen."""

    record_types = ()

    def __init__(self, fresh: SimulatedPatients) -> None:
        self.fresh = fresh

    def __call__(self, name: str, fold: Fold, fitted: Estimator) -> float:
        """Return it."""
        probability = class_probability(name, fitted, self.fresh.table, (NEGATIVE_LABEL, POSITIVE_LABEL))
        patient = np.unique(self.fresh.table.patient, return_inverse=True)[1]
        return auc(self.fresh.positive, pool_by_patient(probability, patient, len(self.fresh.positive))[:, 1])


def one(cell: Cell, number: int) -> Found:
    """Evaluate the default model on one study."""
    patients, classes = cell
    study = simulate_family(
        FamilySettings(
            signal="heights",
            patients=patients,
            spectra_per_patient=_SPECTRA,
            best_auc=0.85,
            points=_POINTS,
            seed=20_000 + number,
        )
    )
    table = study.train
    noise = classes == "at random"
    if noise:
        table = exchanged(table, np.random.default_rng(number))
    evaluation = evaluate(
        study_models(table, SpectraStudySettings(classical=(), evaluation=_EVALUATION)),
        table,
        table.label,
        table.patient,
        _EVALUATION,
        observers=[] if noise else [FreshAuc(study.fresh_patients(_FRESH, 1))],
    )
    (result,) = evaluation.models.values()
    interval, chance = result.patient_level["auc"], result.chance
    seen = [each.seen for each in evaluation.observations]
    return {
        **said(interval, chance),
        "truth": 0.5 if noise else float(np.mean(seen)),
    }


def exchanged(table: SpectraTable, random: np.random.Generator) -> SpectraTable:
    """Return spectra whose classes were exchanged between patients at random, so that no model can know them."""
    _, first, of_row = np.unique(table.patient, return_index=True, return_inverse=True)
    label = random.permutation(np.asarray(table.label)[first])
    return replace(table, label=text_array(label[of_row].tolist()))


def summary(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return what is said of the default model, and how often its interval holds the truth."""
    return {
        "true AUC": share(found["truth"]),
        "AUC": share(found["auc"]),
        "holds the truth": holds(found, found["truth"]),
        **verdicts(found),
    }


STUDY = Study(
    "default model",
    "`auto` in whole evaluations of simulated spectra, three of each patient",
    ("patients", "classes"),
    [(n, classes) for n in (24, 60) for classes in ("at random", "heights, best AUC .85")],
    one,
    summary,
    sets=40,
)
