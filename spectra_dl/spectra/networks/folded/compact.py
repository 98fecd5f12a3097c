"""`spectra_dl.spectra.networks.compact.Compact` without torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.networks.bands import FILTERS, HIDDEN, bands_of
from spectra_dl.spectra.networks.folded.tensors import checked_tensors

if TYPE_CHECKING:
    from torch import nn

_EPSILON = 1e-5  # of torch's normalisation layers
_COUNTERS = ("standardise_filtered.num_batches_tracked", "hidden.1.num_batches_tracked")


@dataclass(frozen=True, eq=False)
class FoldedCompact:
    """All that stands before the activation is one affine map of a spectrum, and what stands behind it another.

    Attributes
    ----------
    weight
        ``(H + C, W)``: filters, both normalisations and the hidden layer, and below them the linear path.
    hidden_bias
        ``(H,)`` of the hidden layer.
    output_weight, bias
        ``(C, H)`` of the activations, and ``(C,)`` of both paths.
    """

    weight: FloatArray
    hidden_bias: FloatArray
    output_weight: FloatArray
    bias: FloatArray

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[Any]], n_wavenumbers: int, n_classes: int) -> "FoldedCompact":
        """Return the stored network; see `spectra_dl.spectra.networks.folded.folded_network`.

        Parameters
        ----------
        tensors
            By name, in float32.
        n_wavenumbers
            Points of each spectrum.
        n_classes
            Classes.
        """
        found = checked_tensors(tensors, _shapes(n_wavenumbers, n_classes), _COUNTERS)
        width, places = bands_of(n_wavenumbers)
        # What a filtered spectrum is divided by and what is taken off, as parts of the hidden layer behind it.
        scale = 1 / np.sqrt(found["standardise_filtered.running_var"] + _EPSILON)
        weight = found["hidden.0.weight"] * scale
        bias = found["hidden.0.bias"] - weight @ found["standardise_filtered.running_mean"]
        of_filter = weight.reshape(HIDDEN, FILTERS, places)
        bias = bias + of_filter.sum(axis=2) @ found["filters.bias"]
        gain = found["hidden.1.weight"] / np.sqrt(found["hidden.1.running_var"] + _EPSILON)
        weight = gain[:, None] * _on_points(of_filter, found["filters.weight"][:, 0], n_wavenumbers, width)
        bias = gain * (bias - found["hidden.1.running_mean"]) + found["hidden.1.bias"]
        return cls(
            np.vstack([weight, found["linear.weight"]]),
            bias,
            found["hidden.4.weight"],
            found["hidden.4.bias"] + found["linear.bias"],
        )

    @classmethod
    def of_network(cls, network: "nn.Module", n_wavenumbers: int) -> "FoldedCompact":
        """Return a `Compact` network; one in double precision by now still has the weights of single precision.

        Parameters
        ----------
        network
            In evaluation mode.
        n_wavenumbers
            Points of each spectrum.
        """
        kept = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
        tensors = {
            name: (tensor.float() if tensor.is_floating_point() else tensor).numpy()
            for name, tensor in kept.items()
        }
        return cls.of(tensors, n_wavenumbers, len(tensors["linear.bias"]))

    @classmethod
    def sum_of(cls, networks: "Sequence[FoldedCompact]") -> "FoldedCompact":
        """Return one network whose logits are the sum of those of several: all hidden layers side by side."""
        hidden = [each.weight[: len(each.hidden_bias)] for each in networks]
        linear = sum(each.weight[len(each.hidden_bias) :] for each in networks)
        return cls(
            np.vstack([*hidden, linear]),
            np.concatenate([each.hidden_bias for each in networks]),
            np.hstack([each.output_weight for each in networks]),
            np.sum([each.bias for each in networks], axis=0),
        )

    def logits(self, spectra: NDArray[np.float32]) -> FloatArray:
        """Return logits ``(N, C)`` of spectra ``(N, W)``."""
        products = spectra.astype(np.float64) @ self.weight.T
        n_hidden = len(self.hidden_bias)
        hidden = products[:, :n_hidden] + self.hidden_bias
        activation = 0.5 * hidden * (1.0 + _erf(hidden * math.sqrt(0.5)))
        logits: FloatArray = activation @ self.output_weight.T + products[:, n_hidden:] + self.bias
        return logits

    def attributions(self, start: FloatArray, spectra: FloatArray, toward: int, steps: int) -> FloatArray:
        """Return integrated gradients ``(N, W)`` of a class's logit, with two classes of its lead over the other's.

        The way is straight in the hidden layer too, so that a spectrum passes the filters twice, and not once at each step.

        Parameters
        ----------
        start
            ``(W,)`` where every way begins.
        spectra
            ``(N, W)`` where it ends.
        toward
            The class's number.
        steps
            Points of the Gauss-Legendre quadrature along the way.
        """
        from scipy.special import erf

        of_logit = np.eye(len(self.bias))[toward]
        if of_logit.size == 2:
            of_logit[1 - toward] = -1.0
        n_hidden = len(self.hidden_bias)
        weight = self.weight[:n_hidden]
        first = weight @ start + self.hidden_bias  # (H,)
        way = (spectra - start) @ weight.T  # (N, H)
        slope = np.zeros_like(way)
        for place, share in zip(*np.polynomial.legendre.leggauss(steps), strict=True):
            hidden = first + 0.5 * (1 + place) * way
            below = 0.5 * (1.0 + erf(hidden * math.sqrt(0.5)))
            slope += 0.5 * share * (below + hidden * np.exp(-0.5 * hidden**2) / math.sqrt(2 * math.pi))
        gradient = (slope * (of_logit @ self.output_weight)) @ weight + of_logit @ self.weight[n_hidden:]
        found: FloatArray = (spectra - start) * gradient
        return found


def _erf(values: FloatArray) -> FloatArray:
    """Return the error function; scipy's would take longer to import than a study to predict."""
    found = map(math.erf, values.ravel().tolist())
    return np.fromiter(found, dtype=np.float64, count=values.size).reshape(values.shape)


def _shapes(n_wavenumbers: int, n_classes: int) -> dict[str, tuple[int, ...]]:
    width, places = bands_of(n_wavenumbers)
    filtered = FILTERS * places
    return {
        "linear.weight": (n_classes, n_wavenumbers),
        "linear.bias": (n_classes,),
        "filters.weight": (FILTERS, 1, 2 * width + 1),
        "filters.bias": (FILTERS,),
        "standardise_filtered.running_mean": (filtered,),
        "standardise_filtered.running_var": (filtered,),
        "hidden.0.weight": (HIDDEN, filtered),
        "hidden.0.bias": (HIDDEN,),
        "hidden.1.weight": (HIDDEN,),
        "hidden.1.bias": (HIDDEN,),
        "hidden.1.running_mean": (HIDDEN,),
        "hidden.1.running_var": (HIDDEN,),
        "hidden.4.weight": (n_classes, HIDDEN),
        "hidden.4.bias": (n_classes,),
    }


def _on_points(of_filter: FloatArray, taps: FloatArray, n_wavenumbers: int, width: int) -> FloatArray:
    """Return weights ``(H, F, P)`` of filters (F, 2 width + 1) that step by ``width`` as weights ``(H, W)`` of points."""
    hidden, _, places = of_filter.shape
    padded = np.zeros((hidden, (places + 2) * width + 1))
    for tap in range(taps.shape[1]):
        padded[:, tap : tap + places * width : width] += np.tensordot(of_filter, taps[:, tap], axes=(1, 0))
    return padded[:, width : width + n_wavenumbers]
