"""The models of a number per patient and of the time to an event from images that are no networks."""

from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.outcomes.regressions import outcome_regressions
from spectra_dl.evaluation.outcomes.survival.pooled_cox import KaplanMeierOnly, PooledCox
from spectra_dl.tissue.estimators.model_names import NUMBERS, TIMES
from spectra_dl.tissue.estimators.outcomes.patient_means import PatientMeans

_VARIANCE = 0.9  # that the principal components keep


def number_models(seed: int = 0) -> dict[str, BaseEstimator]:
    """Return the models of a number by title, unfitted; each takes images in bags of patients.

    Parameters
    ----------
    seed
        Of the forest and of inner folds.
    """
    models = outcome_regressions(StandardScaler(), NUMBERS.classical, seed)
    return {
        name: PatientMeans(model) for name, model in (models | {NUMBERS.control: DummyRegressor()}).items()
    }


def survival_models(seed: int = 0) -> dict[str, BaseEstimator]:
    """Return the models of the time to an event by title, unfitted; each takes images in bags of patients.

    Parameters
    ----------
    seed
        Of inner folds.
    """
    components = make_pipeline(StandardScaler(), PCA(_VARIANCE, svd_solver="full"))
    return {
        TIMES.classical["cox"]: PatientMeans(PooledCox(seed=seed)),
        TIMES.classical["pca-cox"]: PatientMeans(PooledCox(components, seed=seed)),
        TIMES.control: PatientMeans(KaplanMeierOnly()),
    }
