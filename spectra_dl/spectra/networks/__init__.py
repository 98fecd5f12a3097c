"""Networks that classify spectra: one architecture per file, one paper per file.

Each takes ``(n_wavenumbers, n_classes)`` and maps spectra ``(N, W)`` to logits ``(N, C)``. torch is imported when a
network is built, not when this package is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, EnvironmentFault, UsageError
from spectra_dl.plugins import foreign_code, is_plugin_name, load_plugin
from spectra_dl.spectra.networks.limits import MAX_PARAMETERS, check_sizes

if TYPE_CHECKING:
    from torch import nn

    NetworkClass = Callable[[int, int], nn.Module]


@dataclass(frozen=True)
class NetworkCard:
    """What a user should know before choosing a network.

    Attributes
    ----------
    load
        Import the architecture's file and return its class.
    summary
        One sentence: what it is and when to take it.
    source
        Where it comes from.
    """

    load: Callable[[], "NetworkClass"]
    summary: str
    source: str


def _compact() -> "NetworkClass":
    from spectra_dl.spectra.networks.compact import Compact

    return Compact


def _linear() -> "NetworkClass":
    from spectra_dl.spectra.networks.linear import Linear

    return Linear


def _rocket() -> "NetworkClass":
    from spectra_dl.spectra.networks.minirocket import Rocket

    return Rocket


def _earlier_compact() -> "NetworkClass":
    from spectra_dl.spectra.networks.earlier_compact import EarlierCompact

    return EarlierCompact


def _lenet5() -> "NetworkClass":
    from spectra_dl.spectra.networks.lenet5 import LeNet5

    return LeNet5


def _deepcnn() -> "NetworkClass":
    from spectra_dl.spectra.networks.deepcnn import DeepCNN

    return DeepCNN


def _resnet() -> "NetworkClass":
    from spectra_dl.spectra.networks.resnet import ResNet

    return ResNet


NETWORKS: Final[Mapping[str, NetworkCard]] = MappingProxyType(
    {
        "compact": NetworkCard(
            _compact,
            "The default for some tens to hundreds of patients: linear models in closed form beside a small convolutional path.",
            "this project",
        ),
        "lenet5": NetworkCard(
            _lenet5,
            "Two convolutions and three dense layers, after the network used on serum of prostate-cancer patients.",
            "Shao et al. 2020, doi 10.1016/j.nano.2020.102245",
        ),
        "deepcnn": NetworkCard(
            _deepcnn,
            "Three convolutions and one dense layer of 2048 units; some 16 million parameters for 1000 wavenumbers.",
            "Liu et al. 2017, doi 10.1039/C7AN01371J",
        ),
        "resnet": NetworkCard(
            _resnet,
            "Twelve residual blocks of 100 channels, for thousands of spectra and a GPU.",
            "Ho et al. 2019, doi 10.1038/s41467-019-12898-9",
        ),
    }
)
_EARLIER: Final[Mapping[str, NetworkCard]] = MappingProxyType(
    {
        "compact": NetworkCard(
            _earlier_compact,
            "A linear path on bands, trained in parallel with a small convolutional one.",
            "this project",
        )
    }
)
# Fitted rather than trained: stored models of their own, or beside the network that is trained.
_FITTED: Final[Mapping[str, NetworkCard]] = MappingProxyType(
    {
        "logistic": NetworkCard(
            _linear,
            "Logistic regression on standardised points, with a ridge penalty.",
            "Pedregosa et al. 2011, scikit-learn",
        ),
        "pls-da": NetworkCard(
            _linear,
            "Linear discriminant analysis of partial least squares scores.",
            "Barker and Rayens 2003, doi 10.1002/cem.785",
        ),
        "pca-lda": NetworkCard(
            _linear,
            "Linear discriminant analysis of principal component scores.",
            "Pedregosa et al. 2011, scikit-learn",
        ),
        "minirocket": NetworkCard(
            _rocket,
            "Fixed convolutions and a ridge classifier on how often each is high.",
            "Dempster et al. 2021, doi 10.1145/3447548.3467231",
        ),
    }
)
FITTED_NAMES: Final[tuple[str, ...]] = tuple(_FITTED)
AUTO: Final = "auto"  # the default network with what is fitted beside it
NETWORK_NAMES: Final[tuple[str, ...]] = tuple(NETWORKS)


def build_network(name: str, n_wavenumbers: int, n_classes: int, *, earlier: bool = False) -> "nn.Module":
    """Build the network ``name`` with weights drawn from torch's global generator.

    Parameters
    ----------
    name
        One of `NETWORKS`, or ``plugin:NAME``, which is imported.
    n_wavenumbers
        Points of each spectrum, 16 to 65,536.
    n_classes
        Classes, 2 to 1000.
    earlier
        As it was before its linear path was fitted in closed form, where that was: model files hold such networks.

    Returns
    -------
    torch.nn.Module
        Maps ``(N, n_wavenumbers)`` to logits ``(N, n_classes)``, float32, in training mode.

    Raises
    ------
    UsageError
        There is no such network.
    EnvironmentFault
        A plugin can't be imported, fails, or brings something else.
    DataError
        Too few or too many wavenumbers or classes, or more than 200 million parameters. Nothing was allocated.

    Examples
    --------
    >>> import torch
    >>> network = build_network("compact", 1000, 2)
    >>> network(torch.zeros(4, 1000)).shape
    torch.Size([4, 2])
    """
    check_sizes(n_wavenumbers, n_classes)
    network_class = _network_class(name, earlier=earlier)
    needed = _count_parameters(network_class, n_wavenumbers, n_classes)
    if needed > MAX_PARAMETERS:
        raise DataError(
            f"{name} for {n_wavenumbers} wavenumbers and {n_classes} classes would hold {needed:,} parameters, more than "
            f"{MAX_PARAMETERS:,}; crop or resample the spectra, or choose compact"
        )
    return network_class(n_wavenumbers, n_classes)


def _network_class(name: str, *, earlier: bool) -> "NetworkClass":
    if is_plugin_name(name):
        return partial(_plugin_network, name)
    card = (_EARLIER.get(name) if earlier else None) or NETWORKS.get(name) or _FITTED.get(name)
    if card is None:
        raise UsageError(f"no network is called {name!r}; choose one of {', '.join(NETWORKS)}")
    return card.load()


def _plugin_network(name: str, n_wavenumbers: int, n_classes: int) -> "nn.Module":
    from torch import nn

    from spectra_dl.plugins.checked_network import checked_network

    network_class = load_plugin("networks", name)
    with foreign_code("networks", name):
        network = network_class(n_wavenumbers, n_classes)
    if not isinstance(network, nn.Module):
        raise EnvironmentFault(
            f"{name} gave {type(network).__name__:.60} and not a torch module; tell whoever keeps that package"
        )
    return checked_network(network, name, n_classes)


def fitted_network(name: str, n_wavenumbers: int, values: Mapping[str, FloatArray]) -> "nn.Module":
    """Return a network that is fitted rather than trained, around its values in float32.

    Parameters
    ----------
    name
        One of `FITTED_NAMES`.
    n_wavenumbers
        Points of each spectrum.
    values
        By the names that the network has for them; ``linear.bias`` has one for each class.
    """
    import torch

    network = build_network(name, n_wavenumbers, len(values["linear.bias"]))
    network.load_state_dict({key: torch.from_numpy(array).float() for key, array in values.items()})
    return network


def _count_parameters(network_class: "NetworkClass", n_wavenumbers: int, n_classes: int) -> int:
    """Count parameters on torch's meta device, which allocates nothing and draws no random numbers."""
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in network_class(n_wavenumbers, n_classes).parameters())
