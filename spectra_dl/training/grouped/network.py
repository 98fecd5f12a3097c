"""Networks of one architecture as one network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn


class NetworkGroup(nn.Module):
    """Networks whose weights lie beside one another; none takes part in what another says.

    The first axis of every parameter is made of as many blocks of one size as there are members (M). A batch has ``(N, M, ...)``
    inputs, and ``(N, M, ...)`` outputs.

    Parameters
    ----------
    networks
        The members: `gather` takes their weights over, and `separate` gives them back.
    own_names
        What each parameter and buffer here is called in a member.
    """

    def __init__(self, networks: Sequence[nn.Module], own_names: Mapping[str, str]) -> None:
        super().__init__()
        self.members = len(networks)
        self._networks, self._own_names = tuple(networks), own_names

    def room(self, name: str) -> nn.Parameter:
        """Return a parameter that has room for the members' weights of a name ``(M, ...)``."""
        weight = self._networks[0].state_dict()[name]
        return nn.Parameter(weight.new_empty(self.members, *weight.shape))

    @torch.no_grad()
    def gather(self) -> None:
        """Take over the weights of all members."""
        for block, own in self._blocks():
            block.copy_(own)

    @torch.no_grad()
    def separate(self) -> tuple[nn.Module, ...]:
        """Return the members as networks of their own, with the weights that they have here."""
        for block, own in self._blocks():
            own.copy_(block)
        return self._networks

    def _blocks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the place of each member's parameters and buffers here, and these themselves."""
        here = self.state_dict()
        for number, network in enumerate(self._networks):
            own = network.state_dict()
            for name, own_name in self._own_names.items():
                whole, part = here[name], own[own_name]
                yield (whole.view(self.members, *part.shape)[number] if part.ndim else whole), part


@torch.no_grad()
def clip_each_member(parameters: Iterable[nn.Parameter], members: int, longest: float) -> Tensor:
    """Shorten each member's gradient to ``longest``, and return the longest there was, ``()``.

    Parameters
    ----------
    parameters
        Of a `NetworkGroup`.
    members
        Networks in it.
    longest
        Norm of a member's gradient over all its parameters.
    """
    blocks = [one.grad.view(members, -1) for one in parameters if one.grad is not None]
    norms = torch.stack([torch.linalg.vector_norm(block, dim=1) for block in blocks]).norm(dim=0)  # (M,)
    factors = (longest / (norms + 1e-6)).clamp_(max=1.0).unsqueeze(1)
    # Mostly none is shortened. To ask a GPU for that would keep it waiting.
    if not norms.is_cpu or bool((factors < 1.0).any()):
        for block in blocks:
            block.mul_(factors)
    longest_before: Tensor = norms.max()
    return longest_before
