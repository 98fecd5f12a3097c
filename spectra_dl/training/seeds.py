"""Randomness that is a pure function of a seed and a place in the training.

Nothing random has a state that lives from one step to the next. The order of rows depends on (seed, epoch) and what
augmentation and dropout draw on (seed, epoch, step), so a training that goes on from a checkpoint draws what the
undisturbed one drew, on every process, and a checkpoint needs no generator's state.
"""

import contextlib
import hashlib
from collections.abc import Iterator

import torch


def derive_seed(*parts: int | str) -> int:
    """Return a seed of 63 bits that depends on every part.

    Examples
    --------
    >>> derive_seed(0, "order", 1) == derive_seed(0, "order", 1)
    True
    >>> derive_seed(0, "order", 1) == derive_seed(0, "order", 2)
    False
    """
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def seeded_generator(*parts: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator on ``device`` seeded with `derive_seed` of the parts."""
    return torch.Generator(device).manual_seed(derive_seed(*parts))


@contextlib.contextmanager
def preserved_random_state(device: torch.device) -> Iterator[None]:
    """Restore torch's global generators to their present state when the block ends."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def seed_layers(device: torch.device, *parts: int | str) -> None:
    """Seed the global generator that dropout draws from on ``device``.

    This is not ``torch.manual_seed``: that one formats a traceback for each call where CUDA is not in use.

    Parameters
    ----------
    device
        The device dropout runs on.
    *parts
        What the seed depends on, as for `derive_seed`.
    """
    seed = derive_seed(*parts)
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
