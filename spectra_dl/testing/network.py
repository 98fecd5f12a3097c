"""The contract of a network."""

from typing import TYPE_CHECKING

from spectra_dl.testing.claims import claim

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

_SIZES = ((16, 2), (100, 3), (701, 30))


def check_network(build: "Callable[[int, int], nn.Module]") -> None:
    """Check a network of spectra: shapes, gradients, rows apart from one another, the same seed, eight spectra learned by heart.

    Parameters
    ----------
    build
        Takes the number of wavenumbers and of classes, and returns a torch module from ``(N, W)`` to logits ``(N, C)``.

    Raises
    ------
    AssertionError
        It breaks the contract; the sentence says how.

    Examples
    --------
    >>> from spectra_dl.spectra.networks import NETWORKS
    >>> check_network(NETWORKS["lenet5"].load())
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    for wavenumbers, classes in _SIZES:
        logits = _seeded(build, wavenumbers, classes)(torch.randn(3, wavenumbers, generator=generator))
        claim(logits.shape == (3, classes), f"logits are {tuple(logits.shape)}, not (3, {classes})")
        claim(bool(logits.isfinite().all()), "logits are not finite")
    _check_gradients(build, torch.randn(6, 100, generator=generator))
    _check_rows(build, torch.randn(16, 64, generator=generator))
    _check_seed(build)
    _check_learning(build, torch.randn(8, 32, generator=generator))


def _seeded(
    build: "Callable[[int, int], nn.Module]", wavenumbers: int, classes: int, seed: int = 0
) -> "nn.Module":
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(wavenumbers, classes)


def _check_gradients(build: "Callable[[int, int], nn.Module]", spectra: object) -> None:
    import torch
    from torch.nn import functional

    network = _seeded(build, 100, 3)
    torch.autograd.backward(functional.cross_entropy(network(spectra), torch.tensor([0, 1, 2] * 2)))
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            gradient = parameter.grad
            finite = gradient is not None and bool(gradient.isfinite().all())
            claim(finite, f"{name} gets no gradient, or one that is not finite")


def _check_rows(build: "Callable[[int, int], nn.Module]", spectra: object) -> None:
    """Check that a spectrum's logits don't depend on the spectra beside it."""
    import torch

    network = _seeded(build, 64, 3)
    network(spectra)  # moves running statistics off their start
    network = network.double().eval()
    rows = spectra.double()  # type: ignore[attr-defined]
    with torch.inference_mode():
        apart = torch.cat([network(row[None]) for row in rows])
        claim(
            torch.allclose(network(rows), apart, rtol=0, atol=1e-6),
            "a spectrum's logits depend on those beside it",
        )


def _check_seed(build: "Callable[[int, int], nn.Module]") -> None:
    import torch

    first, again = (_seeded(build, 64, 2).state_dict() for _ in range(2))
    claim(all(torch.equal(first[name], again[name]) for name in first), "the same seed gives other weights")


def _check_learning(build: "Callable[[int, int], nn.Module]", spectra: object) -> None:
    import torch
    from torch.nn import functional

    network, classes = _seeded(build, 32, 2), torch.tensor([0, 1] * 4)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(100):
            optimiser.zero_grad()
            torch.autograd.backward(functional.cross_entropy(network(spectra), classes))
            optimiser.step()
    learned = network.eval()(spectra).argmax(1)
    claim(torch.equal(learned, classes), "eight spectra can't be learned by heart in 100 steps")
