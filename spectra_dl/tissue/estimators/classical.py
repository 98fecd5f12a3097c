"""The classical models of images: on standardised features, which are what frozen encoders make of images."""

from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.tissue.estimators.calibrated import PatientCalibrated
from spectra_dl.tissue.estimators.model_names import CLASSICAL, CONTROL

_TREES = 300


def classical_models(seed: int = 0) -> dict[str, BaseEstimator]:
    """Return the classical models by title, unfitted; each takes ``(n, d)`` features."""
    forest = RandomForestClassifier(
        _TREES, max_features="sqrt", class_weight="balanced", random_state=seed, n_jobs=1
    )
    logistic = LogisticRegression(C=1.0, max_iter=5000, class_weight="balanced")
    return {
        CONTROL: DummyClassifier(strategy="prior"),
        CLASSICAL["logistic"]: make_pipeline(StandardScaler(), logistic),
        CLASSICAL["svm"]: PatientCalibrated(seed),
        CLASSICAL["random-forest"]: forest,
    }
