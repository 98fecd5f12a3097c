"""Models of a number per patient from spectra, in scikit-learn's shape, each cleaning spectra in its own fold."""

from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.pipeline import make_pipeline

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.regressions import outcome_regressions
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import NUMBER_MODELS
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing

MEAN = NUMBER_MODELS.control


def outcome_models(
    wavenumber: FloatArray, preprocessing: Preprocessing, seed: int = 0, memory: FoldMemory | None = None
) -> dict[str, BaseEstimator]:
    """Return the models by name, unfitted; what each chooses it chooses on its training patients.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    preprocessing
        Fitted anew in each fold.
    seed
        Of the forest and of inner folds.
    memory
        What the models share with one another; None makes one for these alone.
    """
    cleaning = SpectraPreprocessor(wavenumber, preprocessing, FoldMemory() if memory is None else memory)
    return {
        **outcome_regressions(cleaning, NUMBER_MODELS.classical, seed),
        MEAN: make_pipeline(cleaning, DummyRegressor(strategy="mean")),
    }
