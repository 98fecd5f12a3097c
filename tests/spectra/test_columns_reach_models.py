"""A table keeps its columns on the way to the models of an evaluation."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable, as_table
from spectra_dl.training.settings import TrainingSettings

QUICK = EvaluationSettings(folds=2, resamples=100, permutations=100, leaky=False)
STUDY = simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=64)).table
AGE = text_array([40 + 30 * (label == "bone metastasis") for label in STUDY.label])
TABLE = SpectraTable(
    STUDY.intensity, STUDY.wavenumber, STUDY.sample_id, STUDY.patient, STUDY.label, metadata={"age": AGE}
)


class ByAge(ClassifierMixin, BaseEstimator):
    """Looks at a column and at no spectrum."""

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(self.ages(X), y)
        self.classes_ = self.model_.classes_
        return self

    def ages(self, X):
        return X.metadata["age"].astype(float)[:, None]

    def predict_proba(self, X):
        return self.model_.predict_proba(self.ages(X))


def test_a_model_that_asks_for_a_column_gets_it():
    found = evaluate({"age": ByAge()}, TABLE, TABLE.label, TABLE.patient, QUICK)
    assert found.models["age"].patient_level["auc"].value == 1.0


@pytest.mark.parametrize("name", ["PCA-LDA", "MiniRocket"])
def test_a_classical_model_says_the_same_of_a_table_and_of_its_matrix(name):
    model = classical_models(TABLE.wavenumber, Preprocessing.default())[name]
    of_table = model.fit(TABLE, TABLE.label).predict_proba(TABLE)
    of_matrix = model.fit(TABLE.intensity, TABLE.label).predict_proba(TABLE.intensity)
    np.testing.assert_array_equal(of_table, of_matrix)


def test_a_network_says_the_same_of_a_table_and_of_its_matrix():
    def fitted(rows):
        training = TrainingSettings(epochs=1, device="cpu")
        model = SpectraClassifier(TABLE.wavenumber, members=2, training=training)
        return model.fit(rows, TABLE.label, TABLE.patient).predict_proba(rows)

    np.testing.assert_array_equal(fitted(TABLE), fitted(TABLE.intensity))


def test_a_table_on_another_axis_is_refused():
    with pytest.raises(DataError, match="wavenumbers are not those"):
        as_table(TABLE, TABLE.wavenumber + 1.0)
