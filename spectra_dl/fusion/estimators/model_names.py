"""The models of each kind of block by the names that users type; nothing heavy is imported."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from spectra_dl.spectra.estimators.model_names import CLASS_MODELS, NUMBER_MODELS, SURVIVAL_MODELS
from spectra_dl.tissue.estimators.model_names import CLASSICAL, NUMBERS, OF_FEATURES, TIMES

BlockKind = Literal["spectra", "tissue", "clinical"]
OutcomeKind = Literal["classes", "number", "survival"]
BOOSTING: Final = "gradient-boosting"
CLINICAL: Final[Mapping[str, str]] = MappingProxyType(
    {"logistic": "logistic regression", BOOSTING: "gradient boosting"}
)
MODELS: Final[Mapping[BlockKind, tuple[str, ...]]] = MappingProxyType(
    {
        "spectra": CLASS_MODELS.names,
        "tissue": (*OF_FEATURES, *CLASSICAL),
        "clinical": tuple(CLINICAL),
    }
)
DEFAULT: Final = "logistic"
#: Cheap ones; on simulated serum of 200 patients principal components come nearest to the best possible AUC of those of spectra.
DEFAULTS: Final[Mapping[BlockKind, str]] = MappingProxyType(
    {"spectra": "pca-lda", "tissue": DEFAULT, "clinical": DEFAULT}
)
#: Those of a number per patient and of the time to an event; the first of each is the default.
OUTCOME_MODELS: Final[Mapping[OutcomeKind, Mapping[BlockKind, tuple[str, ...]]]] = MappingProxyType(
    {
        "number": {
            "spectra": tuple(NUMBER_MODELS.classical),
            "tissue": tuple(NUMBERS.classical),
            "clinical": ("ridge", BOOSTING),
        },
        "survival": {
            "spectra": tuple(SURVIVAL_MODELS.classical),
            "tissue": tuple(TIMES.classical),
            "clinical": ("cox",),
        },
    }
)
#: Those that a model file can hold.
STORED: Final[Mapping[BlockKind, tuple[str, ...]]] = MappingProxyType(
    {"spectra": CLASS_MODELS.stored, "tissue": OF_FEATURES, "clinical": (DEFAULT,)}
)
#: Those of a number and of the time to an event that a model file can hold: they are weighted sums.
STORED_OUTCOMES: Final[Mapping[OutcomeKind, Mapping[BlockKind, tuple[str, ...]]]] = MappingProxyType(
    {
        "number": {"spectra": ("pls", "ridge"), "tissue": ("pls", "ridge"), "clinical": ("ridge",)},
        "survival": {"spectra": ("cox",), "tissue": ("cox", "pca-cox"), "clinical": ("cox",)},
    }
)


def models_of(outcome: OutcomeKind, kind: BlockKind) -> tuple[tuple[str, ...], str]:
    """Return the names of the models of a kind of block, and the default.

    Parameters
    ----------
    outcome
        What is predicted.
    kind
        Of the block.

    Examples
    --------
    >>> models_of("survival", "tissue")
    (('cox', 'pca-cox'), 'cox')
    """
    if outcome == "classes":
        return MODELS[kind], DEFAULTS[kind]
    names = OUTCOME_MODELS[outcome][kind]
    return names, names[0]
