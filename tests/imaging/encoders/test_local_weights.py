"""Local weights: recognised by their tensors whatever the file's name, and nothing else is taken for them."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.imaging.encoders.densenet import DenseNet121
from spectra_dl.imaging.encoders.efficientnet import EfficientNetLite0
from spectra_dl.imaging.encoders.registry import build_encoder, is_encoder_name, recorded_name
from spectra_dl.imaging.encoders.resnet import ResNet50


def state_of(build):
    """Return the tensors of a network with drawn weights, under the names it has here."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build().eval().state_dict()


@pytest.fixture(scope="module")
def dense():
    """The tensors of a DenseNet-121."""
    return state_of(DenseNet121)


@pytest.fixture
def written(tmp_path):
    """Write tensors and return the encoder's name."""

    def write(tensors, name="weights.safetensors"):
        save_file({key: value.contiguous() for key, value in tensors.items()}, tmp_path / name)
        return f"file:{tmp_path / name}"

    return write


@pytest.mark.parametrize(
    ("build", "architecture", "width"),
    [
        (DenseNet121, "densenet121", 1024),
        (ResNet50, "resnet50", 2048),
        (EfficientNetLite0, "efficientnet-lite0", 1280),
    ],
)
def test_an_architecture_is_recognised_by_its_tensors(written, build, architecture, width):
    name = written(state_of(build))
    encoder = build_encoder(name)
    assert encoder.name.startswith(f"file:{architecture}-")
    assert encoder.name == recorded_name(name)
    assert is_encoder_name(encoder.name)
    assert not is_encoder_name(name)
    assert encoder.width == width


def test_a_wrapped_network_with_a_classifier_and_the_older_names_gives_the_same_features(written, dense):
    tile = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), dtype=np.uint8)
    older = {
        f"module.{key.replace('.norm1.', '.norm.1.').replace('.conv2.', '.conv.2.')}": value
        for key, value in dense.items()
        if not key.endswith("num_batches_tracked")
    }
    older["module.classifier.weight"] = torch.zeros(3, 1024)
    plain, wrapped = build_encoder(written(dense)), build_encoder(written(older, "other.safetensors"))
    np.testing.assert_array_equal(plain.encode(tile), wrapped.encode(tile))
    assert plain.weights != wrapped.weights


def test_efficientnet_is_recognised_by_the_names_of_timm(written):
    state = state_of(EfficientNetLite0)
    ends = {"stem": "conv_stem", "stem_norm": "bn1", "head": "conv_head", "head_norm": "bn2"}
    first = {"depthwise": "conv_dw", "depthwise_norm": "bn1", "project": "conv_pw", "project_norm": "bn2"}
    layers = {"expand": "conv_pw", "expand_norm": "bn1", "depthwise": "conv_dw", "depthwise_norm": "bn2"}
    layers |= {"project": "conv_pwl", "project_norm": "bn3"}
    places = [(stage, at) for stage, n in enumerate((1, 2, 2, 3, 3, 4, 1)) for at in range(n)]
    named = {}
    for key, value in state.items():
        head, *rest = key.split(".")
        if head == "blocks":
            stage, at = places[int(rest[0])]
            layer = (first if stage == 0 else layers)[rest[1]]
            named[f"blocks.{stage}.{at}.{layer}.{rest[2]}"] = value
        else:
            named[".".join([ends[head], *rest])] = value
    tile = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), dtype=np.uint8)
    expected = build_encoder(written(state)).encode(tile)
    np.testing.assert_array_equal(build_encoder(written(named, "timm.safetensors")).encode(tile), expected)


def test_a_network_that_is_none_of_those_known_is_refused_with_the_closest(written, dense):
    fewer = {key: value for key, value in dense.items() if not key.startswith("features.norm5")}
    with pytest.raises(DataError, match=r"no architecture this program knows .* closest to densenet121"):
        build_encoder(written(fewer))


def test_weights_that_are_no_numbers_are_refused(written, dense):
    broken = dense | {"features.norm5.bias": torch.full((1024,), float("nan"))}
    with pytest.raises(DataError, match=r"features\.norm5\.bias holds values that are no numbers"):
        build_encoder(written(broken))


@pytest.mark.parametrize("older", [True, False])
def test_a_checkpoint_of_torch_is_refused_with_how_to_convert_it(tmp_path, older):
    torch.save({"a": torch.zeros(2)}, tmp_path / "w.pth", _use_new_zipfile_serialization=not older)
    with pytest.raises(UnsafeError, match=r"never loaded.*safetensors\.torch import save_file") as refused:
        build_encoder(f"file:{tmp_path / 'w.pth'}")
    assert len(str(refused.value)) <= 500


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"some text", "not a .safetensors file"),
        (b"\x10\0\0\0\0\0\0\0{" + b" " * 40, "can't be read"),
        (b"", "not a .safetensors file"),
    ],
)
def test_a_file_that_holds_no_weights_is_refused(tmp_path, content, words):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(DataError, match=words):
        build_encoder(f"file:{tmp_path / 'w.safetensors'}")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file of weights"):
        build_encoder(f"file:{tmp_path / 'none.safetensors'}")
