"""What ``evaluate --tune`` may choose: a small declared space for each model, chosen in the training patients of a fold.

======================  ==================================================================
model                   candidates, each with the baseline asked for and with none
======================  ==================================================================
CNN ...                 learning rate 0.001, 0.003
logistic regression     C 0.1, 1
PLS-DA                  5, 10, 15 components
PCA-LDA                 15, 30 components
SVM                     C 1, 10
random forest           (the baseline only)
======================  ==================================================================

The majority class has nothing to choose; MiniRocket chooses its penalty itself.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spectra_dl.spectra.estimators.model_names import CLASS_MODELS

if TYPE_CHECKING:
    from spectra_dl.evaluation.estimator import Estimator
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.training.settings import TrainingSettings

# Parameters as scikit-learn names them; None: as it is.
_TITLE = CLASS_MODELS.classical
_CLASSICAL: dict[str, tuple[str | None, tuple[float, ...]]] = {
    _TITLE["logistic"]: ("logisticregression__C", (0.1, 1.0)),
    _TITLE["pls-da"]: ("partialleastsquaresscores__n_components", (5, 10, 15)),
    _TITLE["pca-lda"]: ("principalcomponents__n_components", (15, 30)),
    _TITLE["svm"]: ("estimator__svc__C", (1.0, 10.0)),
    _TITLE["random-forest"]: (None, ()),
}
_LEARNING_RATES = (1e-3, 3e-3)


def without_baseline(steps: "Preprocessing") -> "Preprocessing | None":
    """Return the steps without their baseline correction; None if they have none."""
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.spectra.preprocessing.steps import Baseline

    bare = Preprocessing(tuple(step for step in steps.steps if not isinstance(step, Baseline)))
    return None if bare == steps else bare


def tuned_network(
    network: "Estimator", training: "TrainingSettings", bare: "Preprocessing | None", seed: int
) -> "Estimator":
    """Return a network that chooses its learning rate and whether to correct the baseline.

    Parameters
    ----------
    network
        With the cleaning asked for.
    training
        Its settings.
    bare
        The cleaning without baseline correction, if there is one.
    seed
        Of the inner folds.
    """
    from dataclasses import replace

    from sklearn.base import clone

    from spectra_dl.evaluation.classes.tuning import Tuned

    cleanings: list[dict[str, Preprocessing]] = [{}] if bare is None else [{}, {"preprocessing": bare}]
    return Tuned(
        {
            f"learning rate {rate:g}{', no baseline' if cleaning else ''}": clone(network).set_params(
                training=replace(training, learning_rate=rate), **cleaning
            )
            for cleaning in cleanings
            for rate in _LEARNING_RATES
        },
        seed,
    )


def tuned_classical(
    with_baseline: "Mapping[str, Estimator]", bare: "Mapping[str, Estimator] | None", seed: int
) -> "dict[str, Estimator]":
    """Return classical models that choose for themselves.

    Parameters
    ----------
    with_baseline, bare
        The models with the cleaning asked for, and without baseline correction; None if none was asked for.
    seed
        Of the inner folds.
    """
    from spectra_dl.evaluation.classes.tuning import Tuned

    tuned: dict[str, Estimator] = dict(with_baseline)
    for name, (parameter, values) in _CLASSICAL.items():
        candidates = _variants("", with_baseline[name], parameter, values)
        if bare is not None:
            candidates |= _variants("no baseline", bare[name], parameter, values)
        tuned[name] = Tuned(candidates, seed)
    return tuned


def _variants(
    cleaning: str, model: "Estimator", parameter: str | None, values: tuple[float, ...]
) -> "dict[str, Estimator]":
    from sklearn.base import clone

    if parameter is None:
        return {cleaning or "as asked": model}
    short = parameter.rsplit("__", 1)[-1]
    return {
        ", ".join(filter(None, (f"{short} {value:g}", cleaning))): clone(model).set_params(
            **{parameter: value}
        )
        for value in values
    }
