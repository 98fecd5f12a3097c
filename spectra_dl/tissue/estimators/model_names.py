"""The models of images by the names that users type, with the titles that reports give them; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, cast

from spectra_dl.evaluation.model_names import StudyModels, refuse_unknown

Pooling = Literal["attention", "mean-pooling"]
Network = Literal["mlp", "fine-tuned", Pooling]
NETWORK: Final = "mlp"
FINE_TUNED: Final = "fine-tuned"
POOLING: Final[Mapping[str, str]] = MappingProxyType(
    {"attention": "attention pooling", "mean-pooling": "mean pooling"}
)


class ImageModelNames(StudyModels):
    """The models of images of one kind of study; attributes as of `StudyModels`."""

    def chosen(self, names: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the networks among the models chosen, and the titles of the others, the control last.

        Parameters
        ----------
        names
            As users type them; None takes all but the fine-tuned one.

        Raises
        ------
        UsageError
            There is no model of a name, or none is named.

        Examples
        --------
        >>> TIMES.chosen(["cox"])
        ((), ('Cox regression', 'Kaplan-Meier'))
        """
        if names is None:  # which costs a hundred times as much as the others
            names = [name for name in self.names if name != FINE_TUNED]
        names = tuple(dict.fromkeys(names))
        unknown = [name for name in names if name not in self.names]
        refuse_unknown(names, unknown, self.kind, self.names)
        networks = tuple(name for name in names if name in self.networks)
        return networks, (*(self.classical[name] for name in names if name in self.classical), self.control)


CLASSES: Final = ImageModelNames(
    "model of images",
    networks=MappingProxyType({NETWORK: "MLP", **POOLING, FINE_TUNED: "fine-tuned EfficientNet-Lite0"}),
    classical=MappingProxyType(
        {"logistic": "logistic regression", "svm": "SVM", "random-forest": "random forest"}
    ),
    control="majority class",
)
NUMBERS: Final = ImageModelNames(
    "model of a number from images",
    networks=POOLING,
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
TIMES: Final = ImageModelNames(
    "model of the time to an event from images",
    networks=POOLING,
    classical=MappingProxyType({"cox": "Cox regression", "pca-cox": "PCA-Cox"}),
    control="Kaplan-Meier",
)
NETWORKS: Final = CLASSES.networks
OF_FEATURES: Final = (NETWORK, *POOLING)  # networks that look at features, as blocks of a fusion do
CLASSICAL: Final = CLASSES.classical
CONTROL: Final = CLASSES.control
NAMES: Final = CLASSES.names


def image_model_names(target: str | None, time: str | None) -> ImageModelNames:
    """Return the models there are.

    Parameters
    ----------
    target
        Column of a number per patient; None: classes.
    time
        Column of the time to an event, in place of both.
    """
    if time is not None:
        return TIMES
    return CLASSES if target is None else NUMBERS


def chosen_models(names: Sequence[str] | None) -> tuple[tuple[Network, ...], tuple[str, ...]]:
    """Return the networks among the models of classes chosen, and the titles of the others, the control last.

    Parameters
    ----------
    names
        As users type them; None takes all.

    Raises
    ------
    UsageError
        There is no model of a name, or none is named.

    Examples
    --------
    >>> chosen_models(["svm"])
    ((), ('SVM', 'majority class'))
    """
    networks, classical = CLASSES.chosen(names)
    return cast("tuple[Network, ...]", networks), classical
