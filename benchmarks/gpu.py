"""What a GPU changes: digits, bits of a resumed training, and the time of training, predicting, saliency and encoding.

Run: ``python benchmarks/gpu.py [--dry]``, on one GPU, within 8 minutes: a part that would begin after that is left out, and said so.
``--dry`` runs every part once, tiny, on the processor: it shows that the script works and measures nothing. Without a GPU and without
``--dry`` it says so and ends.
"""

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import nn

from spectra_dl.execution.facts import chosen_device
from spectra_dl.models.members import network_output
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.saliency.attributions import integrated_gradients
from spectra_dl.training.batches import TensorBatches
from spectra_dl.training.loop import TrainingInterrupted, fit
from spectra_dl.training.losses import cross_entropy
from spectra_dl.training.member import seeded_network
from spectra_dl.training.settings import TrainingSettings

DRY = "--dry" in sys.argv
GPU = "cpu" if DRY else "cuda"
TITLE = "in place of a GPU" if DRY else "GPU"
LIMIT, POINTS, REPEATS = 440.0, 100 if DRY else 1000, 1 if DRY else 3
ROWS, MANY, EPOCHS = (64, 64, 1) if DRY else (1281, 20_000, 5)
NETWORKS = ("compact",) if DRY else ("compact", "lenet5", "resnet")
STARTED = time.monotonic()

State = dict[str, torch.Tensor]


def main() -> None:
    """Print one line per figure."""
    if not DRY and not torch.cuda.is_available():
        print("no GPU was found: nothing is measured; --dry shows on the processor that the script runs")
        return
    if DRY:
        print("dry: tiny sizes on the processor; no figure below is one of a GPU\n")
    else:
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, CUDA {torch.version.cuda}\n")
    for part in (digits, bits, training, large_network, predicting, saliency, tiles):
        if time.monotonic() - STARTED > LIMIT:
            print(f"{part.__name__}: left out, {LIMIT:.0f} s are over")
            continue
        print(f"{part.__name__}: {part.__doc__}")
        try:
            part()
        except Exception as err:
            print(f"  failed: {type(err).__name__}: {str(err)[:300]}")
    if not DRY:
        print(f"\npeak memory of the GPU {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB")


def digits() -> None:
    """Logits on the GPU against the processor, largest difference over the largest logit; 1e-4 at most without --fast."""
    inputs = spectra(256).numpy()
    for name in NETWORKS:
        with chosen_device("cpu"):
            expected = network_output(network(name), inputs)
        with chosen_device(GPU):
            found = network_output(network(name), inputs)
        line(f"{name}, predicted in float64", f"{relative(found, expected):.1e}")
        single = network(name).eval()
        with torch.inference_mode():
            for fast in (False, True):
                with chosen_device(GPU, fast=fast):
                    found = single.to(GPU)(torch.from_numpy(inputs).to(GPU)).cpu().numpy()
                line(f"{name}, float32{', --fast' * fast}", f"{relative(found, expected):.1e}")


def bits() -> None:
    """Two trainings, and one that was stopped after four steps and resumed: the same weights to the bit?"""
    for name in NETWORKS:
        first, second = (trained(name, GPU, n=ROWS // 4, epochs=3) for _ in range(2))
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = Path(folder) / "checkpoint.safetensors"
            with contextlib.suppress(TrainingInterrupted):
                trained(
                    name,
                    GPU,
                    n=ROWS // 4,
                    epochs=3,
                    checkpoint=checkpoint,
                    stop=chain([False] * 3, [True]).__next__,
                )
            resumed = trained(name, GPU, n=ROWS // 4, epochs=3, checkpoint=checkpoint, resume=True)
        line(name, f"two runs equal: {same(first, second)}, resumed equal: {same(first, resumed)}")


def training() -> None:
    """The default network with its augmentation: rows a second."""
    for n in (ROWS, MANY):
        if n == ROWS:
            rate("processor", n * EPOCHS, lambda n=n: trained("compact", "cpu", n=n))
        for fast in (False, True):
            rate(
                f"{TITLE}{', --fast' * fast}, {n} rows",
                n * EPOCHS,
                lambda n=n, fast=fast: trained("compact", GPU, n=n, fast=fast),
            )
        rate(f"written by hand, {TITLE}, {n} rows, no augmentation", n * EPOCHS, lambda n=n: by_hand(n))


def large_network() -> None:
    """The residual network: rows a second."""
    name, n = NETWORKS[-1], ROWS
    rate("processor", 64, lambda: trained(name, "cpu", n=64, epochs=1))
    for fast in (False, True):
        rate(f"{TITLE}{', --fast' * fast}", n, lambda fast=fast: trained(name, GPU, n=n, epochs=1, fast=fast))


def predicting() -> None:
    """Networks of a model file in float64: spectra a second."""
    n = 512 if DRY else 20_000
    inputs, one = spectra(n).numpy(), network(NETWORKS[-1])
    for device, count in (("cpu", n // 20), (GPU, n)):
        with chosen_device(device):
            rate(
                f"{NETWORKS[-1]}, {device}",
                count,
                lambda count=count: network_output(one, inputs[:count], 4096),
            )


def saliency() -> None:
    """Integrated gradients: spectra a second, and the largest difference."""
    inputs, found = spectra(16 if DRY else 128).double().numpy(), []
    for device in ("cpu", GPU):
        with chosen_device(device):
            one = network("compact")
            found.append(integrated_gradients(one, inputs, inputs.mean(axis=0), 0))
            rate(
                device,
                len(inputs),
                lambda one=one: integrated_gradients(one, inputs, inputs.mean(axis=0), 0),
            )
    line("difference over the largest", f"{relative(found[1], found[0]):.1e}")


def tiles() -> None:
    """EfficientNet-Lite0 on tiles of 224 pixels: tiles a second."""
    from spectra_dl.imaging.encoders.registry import build_encoder

    count = 4 if DRY else 512
    pixels = np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8)
    found = []
    for device, n, fast in (("cpu", 4 if DRY else 16, False), (GPU, count, False), (GPU, count, True)):
        with chosen_device(device, fast=fast):
            encode = build_encoder("efficientnet-lite0").encode
            found.append(encode(pixels[:4]))
            rate(f"{device}{', --fast' * fast}", n, lambda n=n, encode=encode: encode(pixels[:n]))
    for way, one in ((TITLE, found[1]), (f"{TITLE}, --fast", found[2])):
        line(f"{way}, difference over the largest", f"{relative(one, found[0]):.1e}")


def spectra(n: int) -> torch.Tensor:
    """Return ``(n, p)`` noise."""
    return torch.randn(n, POINTS, generator=torch.Generator().manual_seed(0))


def network(name: str) -> nn.Module:
    """Return a network with weights of a seed."""
    return seeded_network(lambda: build_network(name, POINTS, 2), 0)


def trained(
    name: str,
    device: str,
    *,
    n: int,
    epochs: int = EPOCHS,
    fast: bool = False,
    checkpoint: Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] | None = None,
) -> State:
    """Train a network by the package's loop and return its weights."""
    one, inputs = network(name), spectra(n)
    batches = TensorBatches(inputs, (inputs[:, 0] > 0).long(), batch_size=64, seed=0)
    with chosen_device(device, fast=fast):
        fit(
            one,
            cross_entropy(None, 0.1),
            batches,
            None,
            TrainingSettings(epochs=epochs),
            augment=Augmentation(),
            checkpoint=checkpoint,
            resume=resume,
            progress=False,
            stop_requested=stop,
        )
    return {key: tensor.cpu() for key, tensor in one.state_dict().items()}


def by_hand(n: int) -> None:
    """Train the default network as one would by hand: rows on the device, nothing asked of it."""
    one, inputs = network("compact").to(GPU), spectra(n).to(GPU)
    classes = (inputs[:, 0] > 0).long()
    for layer in one.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.momentum = 0.1
    optimiser = torch.optim.AdamW([one for one in one.parameters() if one.requires_grad], fused=True)
    for _ in range(EPOCHS):
        for rows in torch.randperm(n, device=GPU).tensor_split(-(-n // 64)):
            nn.functional.cross_entropy(one(inputs[rows]), classes[rows]).backward()
            nn.utils.clip_grad_norm_(one.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference over the largest expected value."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def same(one: State, other: State) -> bool:
    """Return whether all tensors are equal to the bit."""
    return all(torch.equal(one[name], other[name]) for name in one)


def rate(name: str, count: int, work: Callable[[], object]) -> None:
    """Print how many a second, the best of a few runs after one that isn't timed."""
    work()
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        if GPU == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    line(name, f"{count / min(seconds):,.0f} a second")


def line(name: str, value: str) -> None:
    """Print one figure."""
    print(f"  {name:<62}{value}", flush=True)


if __name__ == "__main__":
    main()
