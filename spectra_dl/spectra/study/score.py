"""Score predictions of spectra that any program made."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.scoring import Scoring, score_predictions
from spectra_dl.evaluation.report.classes_json import difference_json, intervals_json
from spectra_dl.spectra.study.predictions_file import read_predictions
from spectra_dl.storage.run_folder import RunResult


@dataclass(frozen=True)
class TruthColumns:
    """Names of the columns of a table of true classes.

    Attributes
    ----------
    id_column
        Joins the table with those of predictions.
    label, patient
        Classes and patient ids.
    """

    id_column: str = "sample_id"
    label: str = "label"
    patient: str = "patient_id"


@dataclass(frozen=True, eq=False)
class ScoredPredictions(RunResult):
    """Predictions scored by patient.

    Attributes
    ----------
    scoring
        Scores and differences.
    notes
        What was left out.
    """

    scoring: Scoring
    notes: tuple[str, ...]

    @property
    def report(self) -> dict[str, object]:
        """Notes and scores, ready for JSON."""
        scoring = self.scoring
        results = {
            "classes": list(scoring.patients.classes),
            "patients": len(scoring.patients.names),
            "positive_class": scoring.positive,
            "positive_class_reason": scoring.positive_reason,
            "scores": {
                name: {
                    "patient_level": intervals_json(score.patient_level),
                    "row_level": intervals_json(score.row_level),
                    "permutation_p": score.permutation_p,
                }
                for name, score in scoring.scores.items()
            },
            "differences": [difference_json(difference) for difference in scoring.differences],
        }
        return {"notes": list(self.notes), "results": results}


def score_study(
    predictions: Sequence[Path],
    truth: Path,
    columns: TruthColumns | None = None,
    settings: EvaluationSettings | None = None,
) -> ScoredPredictions:
    """Score tables of predictions against the truth, and compare them on the same patients.

    Parameters
    ----------
    predictions
        Tables with an id and a column ``p_<class>`` for each class.
    truth
        A table with the id, the class and the patient of each row.
    columns
        Their names; the default if None.
    settings
        Seed, positive class and intervals; the default if None.

    Raises
    ------
    DataError
        A table can't be joined or scored; the sentence names the place.
    """
    columns = columns or TruthColumns()
    joined = read_predictions(
        predictions, truth, id_column=columns.id_column, label=columns.label, patient=columns.patient
    )
    scoring = score_predictions(joined.probability, joined.label, joined.patient, settings)
    return ScoredPredictions(scoring, joined.notes)
