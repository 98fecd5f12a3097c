"""Which of several processes this one is, as torchrun states it; importing this loads no torch."""

import os
from dataclasses import dataclass

from spectra_dl.errors import UsageError


@dataclass(frozen=True)
class Launch:
    """The place of this process among those that work together.

    Attributes
    ----------
    rank
        Its number, from 0, over all machines.
    world_size
        How many there are; 1 without torchrun.
    local_rank
        Its number, from 0, on its own machine.
    """

    rank: int
    world_size: int
    local_rank: int

    @property
    def is_first(self) -> bool:
        """True for the one process that writes files and prints."""
        return self.rank == 0


def read_launch() -> Launch:
    """Return what torchrun set in this process's environment; without RANK and WORLD_SIZE it is alone.

    Raises
    ------
    UsageError
        The numbers make no sense.

    Examples
    --------
    >>> read_launch().world_size
    1
    """
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        return Launch(0, 1, 0)
    rank, world_size = _number("RANK"), _number("WORLD_SIZE")
    if rank >= world_size:
        raise UsageError(
            f"RANK={rank} must be below WORLD_SIZE={world_size}; start the processes with torchrun"
        )
    return Launch(rank, world_size, _number("LOCAL_RANK"))


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise UsageError(
            f"the environment says {name}={text[:30]!r}, which is no count; start the processes with torchrun, or unset RANK and WORLD_SIZE"
        )
    return int(text)
