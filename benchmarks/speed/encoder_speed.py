"""Tiles a CPU second of the encoders: batch norm folded and channels last, and ONNX Runtime where it is installed, beside torch's eager way.

Run: ``python benchmarks/speed/encoder_speed.py [--encoders efficientnet-lite0 slidl] [--tiles 32] [--pairs 5]``. The ways take turns in one process, on one
thread; a figure is the median over the turns of its own CPU time, and a ratio the median of the ratios within a turn. Features must agree within 1e-4.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Callable

import numpy as np
from cpu_time import cpu_seconds
from torch import nn

from spectra_dl.imaging.encoders.efficientnet_weights import pretrained
from spectra_dl.imaging.encoders.encoder import IMAGENET, TENSORFLOW, Colours
from spectra_dl.imaging.encoders.folding import folded
from spectra_dl.imaging.encoders.network_encoder import NetworkEncoder
from spectra_dl.imaging.encoders.slidl_weights import slidl_network
from spectra_dl.imaging.image import Pixels

SIDE = 224
LEAST = {"folded": 1.15, "ONNX Runtime": 1.5}
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Colours]] = {
    "efficientnet-lite0": (pretrained, TENSORFLOW),
    "slidl": (slidl_network, IMAGENET),
}


class Contiguous(nn.Module):
    """A network that takes its tiles as torch lays them out by default."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x):  # noqa: ANN001, ANN201, D102
        return self.network(x)

    def to(self, *_: object, **__: object) -> nn.Module:  # noqa: D102
        return self


def ways(name: str) -> dict[str, NetworkEncoder]:
    """Return an encoder in each way that is there."""
    build, (mean, std) = NETWORKS[name]
    network = build()
    pairs = network.foldable
    found = {
        "eager": NetworkEncoder(Contiguous(network), mean, std, device="cpu"),
        "folded": NetworkEncoder(folded(build(), pairs), mean, std, device="cpu"),
    }
    by_runtime = NetworkEncoder(folded(build(), pairs), mean, std, side=SIDE, device="cpu")
    if not isinstance(by_runtime._run, nn.Module):
        found["ONNX Runtime"] = by_runtime
    return found


def main() -> None:
    """Print tiles a CPU second of each way, and its ratio to eager."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoders", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--tiles", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    generator = np.random.default_rng(0)
    small = generator.integers(0, 256, (asked.tiles, SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
    tiles: list[Pixels] = list(small.repeat(8, axis=1).repeat(8, axis=2))
    for name in asked.encoders:
        there = ways(name)
        features = {way: encoder(tiles[:8]) for way, encoder in there.items()}  # the first call prepares
        seconds = {way: [] for way in there}
        for _ in range(asked.pairs):
            for way, encoder in there.items():
                seconds[way].append(cpu_seconds(lambda encoder=encoder: encoder(tiles)))
        for way, taken in seconds.items():
            rate = len(tiles) / float(np.median(taken))
            ratio = float(np.median(np.array(seconds["eager"]) / np.array(taken)))
            apart = np.abs(features[way] - features["eager"]).max() / np.abs(features["eager"]).max()
            missed = "  MISSED" if ratio < LEAST.get(way, 0) or apart > 1e-4 else ""
            print(
                f"{name:<20} {way:<13} {rate:6.1f} tiles a CPU s, {ratio:.2f} x eager, features apart {apart:.1e}{missed}",
                flush=True,
            )


if __name__ == "__main__":
    main()
