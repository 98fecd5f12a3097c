"""The models of spectra by the names that users type, with the titles that reports give them.

Neither torch nor scikit-learn is imported to say them. A new model of classes is one more line of `CLASS_MODELS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.model_names import StudyModels, refuse_unknown
from spectra_dl.plugins import is_plugin_name, kinds_of
from spectra_dl.spectra.networks import AUTO, FITTED_NAMES, NETWORK_NAMES


@dataclass(frozen=True)
class ChosenModels:
    """Models that were chosen, as settings of a study take them.

    Attributes
    ----------
    networks
        By name, in the order chosen.
    classical
        By title, in the order chosen, the control last; None takes all.
    """

    networks: tuple[str, ...]
    classical: tuple[str, ...] | None


@dataclass(frozen=True)
class ModelNames(StudyModels):
    """The models of spectra of one kind of study; the first network is the default.

    Attributes
    ----------
    plugins
        Whether other packages may bring more of them.
    """

    plugins: bool = False

    @property
    def stored(self) -> tuple[str, ...]:
        """Those that can be written as a model file, networks first."""
        return (*self.networks, *(name for name in self.classical if name in FITTED_NAMES))

    @property
    def default(self) -> str:
        """The network that is taken where none is named."""
        return next(iter(self.networks))

    def chosen(self, names: Sequence[str] | None) -> ChosenModels:
        """Return the models of these names, each once; None takes the default network and every classical model.

        Raises
        ------
        UsageError
            There is no model of a name, or none is named.

        Examples
        --------
        >>> CLASS_MODELS.chosen(["svm", "lenet5"])
        ChosenModels(networks=('lenet5',), classical=('SVM', 'majority class'))
        """
        if names is None:
            return ChosenModels((self.default,), None)
        unknown = [name for name in names if name not in self.names and not self.is_plugin(name)]
        refuse_unknown(names, unknown, self.kind, self.names)
        once = dict.fromkeys(names)
        classical = (self.classical.get(name, name) for name in once if not self.is_network(name))
        return ChosenModels(tuple(name for name in once if self.is_network(name)), (*classical, self.control))

    def is_network(self, name: str) -> bool:
        """Return whether a model that can be chosen is a network; a plugin is what its package says.

        Parameters
        ----------
        name
            As users type it.
        """
        return name in self.networks or (self.is_plugin(name) and "networks" in kinds_of(name))

    def is_plugin(self, name: str) -> bool:
        """Return whether a model can be chosen because another package brings it.

        Parameters
        ----------
        name
            As users type it.
        """
        return self.plugins and is_plugin_name(name)

    def network_title(self, name: str) -> str:
        """Return what reports call a network.

        Raises
        ------
        UsageError
            There is no network of this name.
        """
        if self.is_plugin(name):
            return name
        if name not in self.networks:
            raise UsageError(f"no network is called {name!r:.80}; choose one of {', '.join(self.networks)}")
        return self.networks[name]


_NETWORKS = {name: f"CNN {name}" for name in NETWORK_NAMES}
CLASS_MODELS: Final = ModelNames(
    "model of classes",
    networks=MappingProxyType({AUTO: AUTO, **_NETWORKS}),
    classical=MappingProxyType(
        {
            "logistic": "logistic regression",
            "pls-da": "PLS-DA",
            "pca-lda": "PCA-LDA",
            "svm": "SVM",
            "random-forest": "random forest",
            "minirocket": "MiniRocket",
        }
    ),
    control="majority class",
    plugins=True,
)
NUMBER_MODELS: Final = ModelNames(
    "model of a number",
    networks=MappingProxyType({**_NETWORKS}),
    classical=MappingProxyType(
        {
            "pls": "PLS regression",
            "ridge": "ridge regression",
            "svr": "SVR",
            "random-forest": "random forest",
        }
    ),
    control="mean",
)
_OF_TIME = {name: f"{title}, Cox" for name, title in _NETWORKS.items()}
SURVIVAL_MODELS: Final = ModelNames(
    "model of the time to an event",
    networks=MappingProxyType(
        {**_OF_TIME, **{f"{name}-hazard": f"{title}, hazards" for name, title in _NETWORKS.items()}}
    ),
    classical=MappingProxyType({"cox": "Cox regression"}),
    control="Kaplan-Meier",
)
