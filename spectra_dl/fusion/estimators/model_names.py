"""The models of each kind of block by the names that users type; nothing heavy is imported."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.tissue.estimators.model_names import CLASSICAL, NETWORKS

BlockKind = Literal["spectra", "tissue", "clinical"]
BOOSTING: Final = "gradient-boosting"
CLINICAL: Final[Mapping[str, str]] = MappingProxyType(
    {"logistic": "logistic regression", BOOSTING: "gradient boosting"}
)
MODELS: Final[Mapping[BlockKind, tuple[str, ...]]] = MappingProxyType(
    {
        "spectra": CLASS_MODELS.names,
        "tissue": (*NETWORKS, *CLASSICAL),
        "clinical": tuple(CLINICAL),
    }
)
DEFAULT: Final = "logistic"
#: Cheap ones; on simulated serum of 200 patients principal components come nearest to the best possible AUC of those of spectra.
DEFAULTS: Final[Mapping[BlockKind, str]] = MappingProxyType(
    {"spectra": "pca-lda", "tissue": DEFAULT, "clinical": DEFAULT}
)
#: Those that a model file can hold.
STORED: Final[Mapping[BlockKind, tuple[str, ...]]] = MappingProxyType(
    {"spectra": CLASS_MODELS.stored, "tissue": tuple(NETWORKS), "clinical": (DEFAULT,)}
)
