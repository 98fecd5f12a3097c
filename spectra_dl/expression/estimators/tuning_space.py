"""What ``evaluate expression --tune`` may choose: a small declared space for each model, chosen in the training sections of a fold.

=================  ====================================================
model              candidates
=================  ====================================================
ridge, PLS         with the tissue around a spot, without it
networks           learning rate 0.001, 0.003
fine-tuned         nothing: one training takes hours
=================  ====================================================
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from spectra_dl.expression.estimators.head_registry import FINE_TUNED
from spectra_dl.expression.estimators.registry import REGRESSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spectra_dl.evaluation.profiles.results import Regressor
    from spectra_dl.expression.estimators.registry import Model

_LEARNING_RATES = (1e-3, 3e-3)


def tuned_expression(name: str, model: "Model", blocks: tuple[int, ...], seed: int) -> "Regressor":
    """Return a model that chooses among its candidates, or the model itself where it has none.

    Parameters
    ----------
    name
        The model's, of `registry.MODEL_NAMES`.
    model
        Unfitted.
    blocks
        The blocks of features it is given.
    seed
        Of the inner folds.
    """
    from spectra_dl.evaluation.profiles.tuning import TunedProfiles
    from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks

    candidates = _candidates(name, model)
    if not candidates:
        return SelectedBlocks(model, blocks)
    return TunedProfiles({each: SelectedBlocks(one, blocks) for each, one in candidates.items()}, seed=seed)


def _candidates(name: str, model: "Model") -> "Mapping[str, Model]":
    from sklearn.base import clone

    if name in REGRESSIONS:
        return {
            "with surroundings": clone(model).set_params(surroundings=True),
            "without surroundings": clone(model).set_params(surroundings=False),
        }
    if name == FINE_TUNED:
        return {}
    from spectra_dl.expression.estimators.network import DEFAULT_TRAINING

    usual = model.get_params()["training"] or DEFAULT_TRAINING
    return {
        f"learning rate {rate:g}": clone(model).set_params(training=replace(usual, learning_rate=rate))
        for rate in _LEARNING_RATES
    }
