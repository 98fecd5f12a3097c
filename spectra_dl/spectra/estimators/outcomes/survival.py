"""Models of the time to an event from spectra: Cox regression, and ensembles of networks with a Cox head or with a hazard for each interval of time."""

from sklearn.base import BaseEstimator

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.outcomes.survival import CoxEnsemble, HazardEnsemble
from spectra_dl.evaluation.outcomes.survival.pooled_cox import KaplanMeierOnly, PooledCox
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import SURVIVAL_MODELS
from spectra_dl.spectra.estimators.outcomes.ensemble import OutcomeNetwork
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing


class CoxNetwork(CoxEnsemble, OutcomeNetwork):
    """Predict log risks from spectra by networks that learn Cox's partial likelihood; parameters as of `OutcomeNetwork`."""


class HazardNetwork(HazardEnsemble, OutcomeNetwork):
    """Predict from spectra the probability of the event in each interval of time; parameters as of `OutcomeNetwork`."""


def survival_models(
    wavenumber: FloatArray, preprocessing: Preprocessing, seed: int = 0, memory: FoldMemory | None = None
) -> dict[str, BaseEstimator]:
    """Return the models that are no networks by name, unfitted.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    preprocessing
        Fitted anew in each fold.
    seed
        Of inner folds.
    memory
        What the models share with one another; None makes one for these alone.
    """
    cleaning = SpectraPreprocessor(wavenumber, preprocessing, FoldMemory() if memory is None else memory)
    return {
        SURVIVAL_MODELS.classical["cox"]: PooledCox(cleaning, seed=seed),
        SURVIVAL_MODELS.control: KaplanMeierOnly(),
    }


def survival_network(name: str) -> tuple[type[CoxNetwork] | type[HazardNetwork], str]:
    """Return the estimator and the architecture of a network's name, which ends in ``-hazard`` for one with hazards of intervals."""
    architecture = name.removesuffix("-hazard")
    return (CoxNetwork if architecture == name else HazardNetwork), architecture
