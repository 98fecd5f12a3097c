"""The networks of a model file: their tensors by name, how they come back from them, and what they say."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import ModelFileError

_NUMBERS_AT_ONCE = 1 << 20

if TYPE_CHECKING:
    from torch import nn


def network_output(
    network: "nn.Module", inputs: NDArray[np.float32], batch_size: int = 256, *, single: bool = False
) -> NDArray[np.float64]:
    """Return a network's outputs ``(n, c)`` in float64, in which a row's result does not depend on its batch.

    Parameters
    ----------
    network
        Changed to float64 and evaluation mode, and left on the device that torch computes on.
    inputs
        ``(n, ...)`` float32.
    batch_size
        At most; fewer rows at a time where a row is a whole tile.
    single
        Compute in float32, in a quarter of the time and to six digits: for what is only drawn.
    """
    import torch

    from spectra_dl.execution.facts import torch_device

    batch_size = max(1, min(batch_size, _NUMBERS_AT_ONCE // max(1, inputs[:1].size)))

    device = torch_device()
    precision = torch.float32 if single else torch.float64
    network = network.to(device, precision).eval()
    with torch.inference_mode():
        starts = range(0, len(inputs), batch_size)
        parts = [
            network(torch.from_numpy(inputs[at : at + batch_size]).to(device, precision)).cpu().numpy()
            for at in starts
        ]
    return np.concatenate(parts).astype(np.float64)


def count_operations(network: "nn.Module", n_inputs: int) -> int:
    """Return how many floating-point operations a network takes for one row, at least 1: what tells costs apart without a clock.

    Parameters
    ----------
    network
        Changed to evaluation mode.
    n_inputs
        Numbers of a row.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    like = next(network.parameters())
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.eval()(like.new_zeros(1, n_inputs))
    return max(1, int(counter.get_total_flops()))


def mean_output(
    networks: "Sequence[nn.Module]",
    inputs: Sequence[NDArray[np.float32]],
    *,
    transform: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    batch_size: int = 256,
    single: bool = False,
) -> NDArray[np.float64]:
    """Return the mean over an ensemble's members of their outputs ``(n, c)``.

    Parameters
    ----------
    networks
        The members.
    inputs
        What each member takes, ``(n, ...)`` float32; the same array may stand for several.
    transform
        Applied to each member's outputs before the mean; None takes them as they are.
    batch_size, single
        See `network_output`.
    """
    total: NDArray[np.float64] | None = None
    for network, rows in zip(networks, inputs, strict=True):
        output = network_output(network, rows, batch_size, single=single)
        output = output if transform is None else transform(output)
        total = output if total is None else total + output
    if total is None:
        raise ValueError("an ensemble has at least one member")
    return total / len(networks)


def member_tensors(networks: "Sequence[nn.Module]") -> dict[str, np.ndarray]:
    """Return every array of an ensemble's networks by name; weights in float32."""
    if isinstance(networks, UnbuiltNetworks):
        return dict(networks.tensors)
    tensors = {}
    for member, network in enumerate(networks):
        for name, tensor in network.state_dict().items():
            array = tensor.detach().cpu().numpy()
            tensors[f"member{member}.{name}"] = (
                array.astype(np.float32) if array.dtype == np.float64 else array
            )
    return tensors


class UnbuiltNetworks(Sequence["nn.Module"]):
    """The networks of a model file that are built once somebody asks for one, since that takes torch.

    Parameters
    ----------
    builds
        For each, what builds it; see `restore_member`.
    tensors
        Every array of the model file by name.
    """

    def __init__(
        self, builds: "Sequence[Callable[[], nn.Module]]", tensors: Mapping[str, np.ndarray]
    ) -> None:
        self._builds = tuple(builds)
        self.tensors = {
            f"member{number}.{name}": array
            for number in range(len(self._builds))
            for name, array in tensors_of_member(tensors, number).items()
        }

    @cached_property
    def _built(self) -> "tuple[nn.Module, ...]":
        return tuple(restore_member(build, self.tensors, number) for number, build in enumerate(self._builds))

    def __len__(self) -> int:
        return len(self._builds)

    @overload
    def __getitem__(self, index: int) -> "nn.Module": ...
    @overload
    def __getitem__(self, index: slice) -> "tuple[nn.Module, ...]": ...
    def __getitem__(self, index: int | slice) -> "nn.Module | tuple[nn.Module, ...]":
        return self._built[index]


def tensors_of_member(tensors: Mapping[str, np.ndarray], member: int) -> dict[str, np.ndarray]:
    """Return the arrays of one member by the names that its network has for them.

    Parameters
    ----------
    tensors
        Every array of the model file by name.
    member
        The member's number, from 0.
    """
    prefix = f"member{member}."
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}


def restore_member(
    build: "Callable[[], nn.Module]", tensors: Mapping[str, np.ndarray], member: int
) -> "nn.Module":
    """Build a network around the weights of one member, and return it in evaluation mode and float64.

    Parameters
    ----------
    build
        Builds the network; it does so without memory for its weights, so that a description can ask for no more than
        its file holds.
    tensors
        Every array of the model file by name.
    member
        The member's number, from 0.

    Raises
    ------
    RuntimeError
        Tensors are missing, extra, mis-shaped or of another type; `rebuilding` makes a sentence of it.
    """
    import torch

    weights = {name: torch.from_numpy(array) for name, array in tensors_of_member(tensors, member).items()}
    with torch.device("meta"):
        network = build()
    for name, expected in network.state_dict().items():
        if name in weights and weights[name].dtype != expected.dtype:
            raise RuntimeError(f"{name} is of type {weights[name].dtype}, not {expected.dtype}")
    network.load_state_dict(weights, strict=True, assign=True)
    return network.double().eval()


@contextlib.contextmanager
def rebuilding(path: str | os.PathLike[str]) -> Iterator[None]:
    """Refuse a model file whose tensors don't make up the model that is built from them in the block.

    Raises
    ------
    ModelFileError
        Tensors are missing, extra or mis-shaped.
    """
    try:
        yield
    except (KeyError, RuntimeError) as err:
        detail = " ".join(str(err).split())[:250]
        raise ModelFileError(
            f"{path}: missing, extra or mis-shaped tensors ({detail}); take a fresh copy"
        ) from err


def refuse_misshapen(
    arrays: Sequence[np.ndarray], shapes: Sequence[tuple[int, ...]], kind: type[np.generic]
) -> None:
    """Refuse arrays of a model file that are not what its description asks for.

    Parameters
    ----------
    arrays, shapes
        As many of each.
    kind
        The type of all of them.

    Raises
    ------
    RuntimeError
        One has another shape or type; `rebuilding` makes a sentence of it.
    """
    for array, shape in zip(arrays, shapes, strict=True):
        if array.shape != shape or array.dtype != kind:
            raise RuntimeError(
                f"a tensor has shape {array.shape} and type {array.dtype}, not {shape} and {kind.__name__}"
            )


def refuse_unused(
    path: str | os.PathLike[str], tensors: Mapping[str, np.ndarray], used: Mapping[str, np.ndarray]
) -> None:
    """Refuse a model file that holds more tensors than the model built from it uses.

    Parameters
    ----------
    path
        The file, for messages.
    tensors
        What the file holds, by name.
    used
        What the model built from it keeps, by name.

    Raises
    ------
    ModelFileError
        It does.
    """
    if len(tensors) != len(used):
        raise ModelFileError(
            f"{path}: the file holds tensors that no part of the model uses; take a fresh copy"
        )
