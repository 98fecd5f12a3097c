"""Local weights of a known architecture in a .safetensors file, recognised by the names and shapes of their tensors."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load
from torch import nn

from spectra_dl.errors import DataError, EnvironmentFault, UnsafeError
from spectra_dl.imaging.encoders.densenet import DenseNet121
from spectra_dl.imaging.encoders.efficientnet import STAGES, EfficientNetLite0
from spectra_dl.imaging.encoders.encoder import IMAGENET, TENSORFLOW, Colours, Encoder, Pairs, network_encoder
from spectra_dl.imaging.encoders.resnet import ResNet50
from spectra_dl.storage.unsafe_contents import unsafe_content

_MOST_BYTES = 2 << 30
_DIGITS = 16
# What may stand before all names, as training code wraps networks.
_WRAPPING = re.compile(r"^(module|model|encoder|backbone|network)\.")
_CLASSIFIER = re.compile(r"^(classifier|fc|head\.fc)\.")
_OLD_DENSE = re.compile(r"\.(norm|conv)\.([12])\.")
_COUNTER = "num_batches_tracked"
# EfficientNet-Lite0 as timm names it: stage, block, layer; a first block has no expansion, so that its layers count from another place.
_TIMM_BLOCK = re.compile(r"^blocks\.(\d+)\.(\d+)\.(\w+)\.")
_TIMM_ENDS = {"conv_stem.": "stem.", "bn1.": "stem_norm.", "conv_head.": "head.", "bn2.": "head_norm."}
_TIMM_WIDENING = {
    "conv_pw": "expand",
    "bn1": "expand_norm",
    "conv_dw": "depthwise",
    "bn2": "depthwise_norm",
    "conv_pwl": "project",
    "bn3": "project_norm",
}
_TIMM_FIRST = {"conv_dw": "depthwise", "bn1": "depthwise_norm", "conv_pw": "project", "bn2": "project_norm"}


@dataclass(frozen=True)
class _Architecture:
    build: Callable[[], nn.Module]
    foldable: Pairs
    colours: Colours


_ARCHITECTURES: Mapping[str, _Architecture] = MappingProxyType(
    {
        "densenet121": _Architecture(DenseNet121, DenseNet121.foldable, IMAGENET),
        "resnet50": _Architecture(ResNet50, ResNet50.foldable, IMAGENET),
        "efficientnet-lite0": _Architecture(EfficientNetLite0, EfficientNetLite0.foldable, TENSORFLOW),
    }
)


def local_encoder(path: Path) -> Encoder:
    """Return the encoder of the weights in a file.

    Raises
    ------
    UnsafeError
        The file can run code when it is loaded.
    DataError
        There is no such file, it is damaged, or it holds no architecture this program knows.
    """
    content = _content(path)
    tensors = _renamed(_tensors(content, path))
    name, digest = _recognised(tensors, path), hashlib.sha256(content).hexdigest()
    known = _ARCHITECTURES[name]
    network = known.build()
    wanted = network.state_dict()
    weights = {
        key: torch.from_numpy(tensors[key]) if key in tensors else value for key, value in wanted.items()
    }
    network.load_state_dict(weights, strict=True)
    return network_encoder(
        _described(name, digest), network.eval(), known.foldable, known.colours, weights=digest
    )


def local_name(path: Path) -> str:
    """Return the name of that encoder, ``"file:"`` with architecture and digest, without building it.

    Raises
    ------
    UnsafeError
        The file can run code when it is loaded.
    DataError
        There is no such file, it is damaged, or it holds no architecture this program knows.
    """
    content = _content(path)
    name = _recognised(_renamed(_tensors(content, path)), path)
    return _described(name, hashlib.sha256(content).hexdigest())


def _described(architecture: str, digest: str) -> str:
    return f"file:{architecture}-{digest[:_DIGITS]}"


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise DataError(f"{path}: no such file of weights; name a .safetensors file")
    try:
        with open(path, "rb") as stream:
            head = stream.read(512)
            # The first eight bytes of a .safetensors file are a length, which may begin like anything; JSON follows it.
            if head[8:9] != b"{":
                _refuse_other_kind(head, path)
            content = head + stream.read(_MOST_BYTES)
    except OSError as err:
        raise EnvironmentFault(
            f"{path}: can't be read ({err.strerror or err}); check it and try again"
        ) from err
    if len(content) > _MOST_BYTES:
        raise DataError(f"{path.name}: more than {_MOST_BYTES >> 30} GiB; no known architecture is so large")
    return content


def _refuse_other_kind(head: bytes, path: Path) -> None:
    what = unsafe_content(head)
    if what or path.suffix.lower() in (".pth", ".pt", ".bin", ".ckpt"):
        raise UnsafeError(
            f"{path.name}: {what or 'a checkpoint of torch'} is never loaded. Where you trust it, convert it: python -c "
            f"\"import torch; from safetensors.torch import save_file; s = torch.load('{path.name:.60}', weights_only=True); "
            "save_file({k: v.contiguous() for k, v in s.items()}, 'weights.safetensors')\""
        )
    raise DataError(
        f"{path.name}: not a .safetensors file; convert the weights with safetensors.torch.save_file"
    )


def _tensors(content: bytes, path: Path) -> dict[str, np.ndarray]:
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, OverflowError, TypeError) as err:
        raise DataError(
            f"{path.name}: its tensors can't be read ({' '.join(str(err).split())[:120]}); take a fresh copy, in 32-bit floats"
        ) from err
    for name, values in tensors.items():
        if values.dtype.kind == "f":
            tensors[name] = values.astype(np.float32)
            if not np.isfinite(tensors[name]).all():
                raise DataError(
                    f"{path.name}: {name:.80} holds values that are no numbers; take a fresh copy"
                )
    return tensors


def _renamed(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the tensors under the names that the networks here give them, without a classifier."""
    while tensors and all(_WRAPPING.match(name) for name in tensors):
        tensors = {_WRAPPING.sub("", name, count=1): values for name, values in tensors.items()}
    kept = {
        _OLD_DENSE.sub(r".\1\2.", name): values
        for name, values in tensors.items()
        if not _CLASSIFIER.match(name) and not name.endswith(_COUNTER)
    }
    return {_lite_name(name): values for name, values in kept.items()} if "conv_stem.weight" in kept else kept


def _lite_name(name: str) -> str:
    """Return a layer of timm's EfficientNet-Lite0 under the name it has here."""
    block = _TIMM_BLOCK.match(name)
    if block is None:
        first = name.split(".")[0] + "."
        return _TIMM_ENDS.get(first, first) + name.removeprefix(first)
    stage, number, layer = int(block[1]), int(block[2]), block[3]
    layers = _TIMM_FIRST if stage == 0 else _TIMM_WIDENING
    place = sum(STAGES[before][0] for before in range(min(stage, len(STAGES)))) + number
    return f"blocks.{place}.{layers.get(layer, layer)}.{name[block.end() :]}"


def _recognised(tensors: dict[str, np.ndarray], path: Path) -> str:
    """Return the architecture that has exactly these tensors."""
    found = {name: values.shape for name, values in tensors.items()}
    closest, fewest = "", len(found) + 1
    for name, known in _ARCHITECTURES.items():
        with torch.device("meta"):
            state = known.build().state_dict()
        wanted = {key: tuple(value.shape) for key, value in state.items() if not key.endswith(_COUNTER)}
        differing = dict(wanted.items() ^ found.items())
        if not differing:
            return name
        if len(differing) < fewest:
            closest, fewest = f"{name}, but for {', '.join(sorted(differing)[:2])}", len(differing)
    closest = f"; it is closest to {closest}" if closest else ""
    raise DataError(
        f"{path.name}: {len(found)} tensors of no architecture this program knows ({', '.join(_ARCHITECTURES)}){closest:.160}; "
        "compute features with your own code and give them as features:PATH"
    )
