"""The models of a study of images, as the evaluation takes them."""

from dataclasses import replace

from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.tissue.estimators.classical import classical_models
from spectra_dl.tissue.estimators.classifier import TissueClassifier
from spectra_dl.tissue.estimators.model_names import CLASSICAL, CONTROL, NETWORK_TITLE, chosen_models
from spectra_dl.tissue.study.settings import TissueStudySettings

_WORDS = {
    NETWORK_TITLE: "an ensemble of multilayer perceptrons with one hidden layer",
    CLASSICAL["svm"]: "a support vector machine with a radial kernel, calibrated on inner folds by patient",
}


def study_models(settings: TissueStudySettings) -> list[ModelEntry[Estimator]]:
    """Return the unfitted models that the settings name, the network first.

    Raises
    ------
    UsageError
        There is no model of a name.
    """
    network, classical = chosen_models(settings.models)
    seed = settings.evaluation.seed
    neural = TissueClassifier(settings.members, training=settings.training, seed=seed)
    entries = chosen_entries(
        {NETWORK_TITLE: neural} if network else {},
        classical_models(seed),
        classical,
        control=CONTROL,
        what="classical model",
    )
    return [replace(entry, words=_WORDS.get(entry.name, "")) for entry in entries]
