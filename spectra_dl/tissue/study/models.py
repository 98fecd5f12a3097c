"""The models of a study of images, as the evaluation takes them."""

from collections.abc import Sequence
from dataclasses import replace

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.imaging.fine_tuning.settings import FINE_TUNING
from spectra_dl.tissue.bags.classifier import BagClassifier
from spectra_dl.tissue.bags.of_cohort import Bagging, refuse_unpooled
from spectra_dl.tissue.estimators.classical import classical_models
from spectra_dl.tissue.estimators.classifier import TissueClassifier
from spectra_dl.tissue.estimators.fine_tuned import MOST_MEMBERS, FineTunedClassifier
from spectra_dl.tissue.estimators.model_names import (
    CLASSICAL,
    CONTROL,
    FINE_TUNED,
    NAMES,
    NETWORKS,
    POOLING,
    Network,
    chosen_models,
)
from spectra_dl.tissue.estimators.patient_ensemble import PatientEnsemble
from spectra_dl.tissue.study.settings import TissueStudySettings

_WORDS = {
    NETWORKS["mlp"]: "an ensemble of multilayer perceptrons with one hidden layer",
    NETWORKS[
        "attention"
    ]: "an ensemble of networks that pool all images of a {of} by gated attention (Ilse et al. 2018, arXiv 1802.04712)",
    NETWORKS["mean-pooling"]: "the same networks with the mean of all images in the place of attention",
    NETWORKS[
        FINE_TUNED
    ]: "an ensemble of at most three EfficientNet-Lite0 networks from their ImageNet weights, all of each trained on the images themselves, rotated and mirrored at random",
    CLASSICAL["svm"]: "a support vector machine with a radial kernel, calibrated on inner folds by patient",
}


def study_models(
    settings: TissueStudySettings, bagging: Bagging | None = None
) -> list[ModelEntry[Estimator]]:
    """Return the unfitted models that the settings name, networks first.

    Parameters
    ----------
    settings
        Of the study.
    bagging
        Which images are pooled; None where none can be: models that pool are then no part of "all", and are refused by name.

    Raises
    ------
    UsageError
        There is no model of a name.
    DataError
        A model pools images, and classes are of images.
    """
    names = settings.models
    if names is None and bagging is None:
        names = tuple(name for name in NAMES if name not in POOLING and name != FINE_TUNED)
    networks, classical = chosen_models(names)
    if pooled := [name for name in networks if name in POOLING and bagging is None]:
        refuse_unpooled(pooled)
    entries = chosen_entries(
        {NETWORKS[name]: network_of(name, settings) for name in networks},
        classical_models(settings.evaluation.seed),
        classical,
        control=CONTROL,
        what="classical model",
    )
    of = "" if bagging is None else bagging.of
    return [replace(entry, words=_WORDS.get(entry.name, "").format(of=of)) for entry in entries]


def network_of(name: Network, settings: TissueStudySettings) -> PatientEnsemble:
    """Return an unfitted ensemble.

    Parameters
    ----------
    name
        Of the network, one of `spectra_dl.tissue.estimators.model_names.NETWORKS`.
    settings
        Of the study.
    """
    seed = settings.evaluation.seed
    if name == FINE_TUNED:
        training = (
            None if settings.training is None else replace(FINE_TUNING, epochs=settings.training.epochs)
        )
        return FineTunedClassifier(min(settings.members, MOST_MEMBERS), training=training, seed=seed)
    if name == "mlp":
        return TissueClassifier(settings.members, training=settings.training, seed=seed)
    return BagClassifier(name, settings.members, training=settings.training, seed=seed)


def looks_at_pixels(models: Sequence[ModelEntry[Estimator]]) -> bool:
    """Return whether one of the models is trained on pixels, and so must be given them.

    Parameters
    ----------
    models
        Of the study.

    Raises
    ------
    UsageError
        Another one pools images.
    """
    if not any(isinstance(model.estimator, FineTunedClassifier) for model in models):
        return False
    if pools(models):
        raise UsageError(
            "--models: fine-tuned looks at pixels of each image, and attention and mean-pooling at features of all of a patient's; evaluate it by itself, with --folds-from the folds.csv of the others"
        )
    return True


def pools(models: Sequence[ModelEntry[Estimator]]) -> bool:
    """Return whether one of the models pools images, and so must be given their bags."""
    return any(isinstance(model.estimator, BagClassifier) for model in models)
