"""Networks written here: their layers, and that folding, a device or another runtime changes no feature."""

import copy
import importlib.util

import numpy as np
import pytest
import torch
from torch import nn

from spectra_dl.errors import DataError, EnvironmentFault, UnsafeError, UsageError
from spectra_dl.imaging.encoders import slidl_weights
from spectra_dl.imaging.encoders.densenet import DenseNet121
from spectra_dl.imaging.encoders.encoder import IMAGENET
from spectra_dl.imaging.encoders.folding import folded
from spectra_dl.imaging.encoders.network_encoder import NetworkEncoder
from spectra_dl.imaging.encoders.onnx_runtime import onnx_runner
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.imaging.encoders.resnet import ResNet50
from spectra_dl.imaging.encoders.timm_models import encoder_of_timm

HAS_ONNX = all(importlib.util.find_spec(name) is not None for name in ("onnx", "onnxruntime"))
HAS_SLIDL = importlib.util.find_spec("slidl") is not None


def drawn(build):
    """Return a network in evaluation mode whose normalisations are not the identity, the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build().eval()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.data.uniform_(0.5, 1.5)
                module.bias.data.normal_(0, 0.1)
    return network


@pytest.fixture(scope="module")
def tiles():
    """Three tiles of 64 pixels."""
    return np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def dense():
    """A DenseNet-121 with drawn weights."""
    return drawn(DenseNet121)


# Of the published networks, less the classifier of 1,000 classes.
@pytest.mark.parametrize(
    ("build", "width", "weights"),
    [(DenseNet121, 1024, 7_978_856 - 1_025_000), (ResNet50, 2048, 25_557_032 - 2_049_000)],
)
def test_a_network_has_the_published_number_of_weights_and_features(build, width, weights):
    with torch.device("meta"):
        network = build().eval()
        assert sum(each.numel() for each in network.parameters()) == weights
        assert network(torch.empty(2, 3, 64, 96)).shape == (2, width)


@pytest.mark.parametrize("build", [DenseNet121, ResNet50])
def test_folding_takes_normalisations_away_and_changes_no_feature(build):
    network, pixels = drawn(build), torch.rand(2, 3, 64, 64)
    fewer = folded(copy.deepcopy(network), build.foldable)
    with torch.inference_mode():
        expected = network(pixels)
        torch.testing.assert_close(
            fewer(pixels), expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max())
        )

    def norms(one):
        return sum(isinstance(module, nn.BatchNorm2d) for module in one.modules())

    assert norms(fewer) < 0.55 * norms(network)
    assert not any(parameter.requires_grad for parameter in fewer.parameters())


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
@pytest.mark.parametrize(("build", "name"), [(DenseNet121, "densenet121"), (ResNet50, "resnet50")])
def test_a_network_gives_what_torchvisions_gives(build, name):
    import torchvision

    theirs, pixels = drawn(lambda: getattr(torchvision.models, name)(weights=None)), torch.rand(2, 3, 96, 96)
    ours = build().eval()
    states = theirs.state_dict()
    ours.load_state_dict({key: states[key] for key in ours.state_dict()})
    setattr(theirs, "classifier" if name == "densenet121" else "fc", nn.Identity())
    with torch.inference_mode():
        torch.testing.assert_close(ours(pixels), theirs(pixels), rtol=1e-5, atol=1e-5)


def test_a_device_that_is_named_is_the_one_that_is_chosen(dense, tiles):
    kinds = ["cpu", "auto", *(["cuda"] if torch.cuda.is_available() else [])]
    found = [NetworkEncoder(copy.deepcopy(dense), *IMAGENET, device=kind)(tiles) for kind in kinds]
    for features in found[1:]:
        np.testing.assert_allclose(features, found[0], rtol=1e-3, atol=1e-3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(dense, tiles):
    with pytest.raises(UsageError, match="no usable GPU"):
        NetworkEncoder(dense, *IMAGENET, device="cuda")(tiles)


def test_a_network_that_gives_no_row_for_each_tile_is_refused(tiles):
    with pytest.raises(DataError, match=r"shape \(3, 3, 64, 64\) for 3 tiles"):
        NetworkEncoder(nn.Identity(), *IMAGENET)(tiles)


@pytest.mark.skipif(not HAS_ONNX, reason="ONNX Runtime is not installed")
def test_onnx_runtime_gives_the_features_of_torch(dense, tiles):
    by_torch = NetworkEncoder(dense, *IMAGENET, device="cpu")
    by_runtime = NetworkEncoder(copy.deepcopy(dense), *IMAGENET, side=64, device="cpu")
    assert not isinstance(by_runtime._run, nn.Module)
    expected = by_torch(tiles)
    np.testing.assert_allclose(by_runtime(tiles), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.skipif(HAS_ONNX, reason="ONNX Runtime is installed")
def test_without_onnx_runtime_torch_runs_the_network(dense):
    assert onnx_runner(dense, torch.zeros(1, 3, 64, 64)) is None


def test_without_slidl_the_command_that_installs_it_is_said(monkeypatch):
    monkeypatch.setattr(slidl_weights, "_PACKAGE", "no_such_package_here")
    with pytest.raises(EnvironmentFault, match=r"pip install --no-deps slidl==0\.1\.dev4"):
        build_encoder("slidl")


def test_weights_of_slidl_that_are_not_the_known_ones_are_not_read(tmp_path, monkeypatch):
    path = tmp_path / "other_slidl" / slidl_weights._FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x80\x02cos\nsystem\n")
    (tmp_path / "other_slidl" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(slidl_weights, "_PACKAGE", "other_slidl")
    with pytest.raises(UnsafeError, match="another SHA-256"):
        build_encoder("slidl")


@pytest.mark.skipif(not HAS_SLIDL, reason="slidl is not installed")
def test_slidls_weights_are_those_that_torch_reads():
    from slidl import __path__ as folder

    network = slidl_weights.slidl_network()
    stored = torch.load(f"{folder[0]}/{slidl_weights._FILE}", map_location="cpu", weights_only=True)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, stored.pop(name))
    assert set(stored) == {"classifier.weight", "classifier.bias"}
    assert build_encoder("slidl").width == 1024


@pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")
@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224"])
def test_a_model_of_timm_encodes_tiles_of_its_own_size_and_is_known_by_its_weights(name):
    import timm

    first, second = (
        encoder_of_timm(f"timm:{name}", timm.create_model(name, pretrained=False, num_classes=0))
        for _ in range(2)
    )
    images = np.random.default_rng(0).integers(0, 256, (3, first.tile_pixels, first.tile_pixels, 3), np.uint8)
    assert first.encode(images).shape == (3, first.width)
    assert first.weights != second.weights
