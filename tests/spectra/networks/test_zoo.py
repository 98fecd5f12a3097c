"""Every network keeps one contract."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.networks import NETWORKS, build_network
from spectra_dl.storage.sealed import read_sealed, write_sealed

every_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(autouse=True)
def _same_start() -> None:
    torch.manual_seed(0)


@every_network
@pytest.mark.parametrize(("n_wavenumbers", "n_classes"), [(16, 2), (100, 3), (701, 30), (1000, 2), (3471, 3)])
def test_logits_have_one_row_per_spectrum_and_one_column_per_class(
    name: str, n_wavenumbers: int, n_classes: int
) -> None:
    network = build_network(name, n_wavenumbers, n_classes)
    logits = network(torch.randn(3, n_wavenumbers))
    assert logits.shape == (3, n_classes)
    assert bool(logits.isfinite().all())


@every_network
def test_every_parameter_that_learns_gets_a_finite_gradient(name: str) -> None:
    network = build_network(name, 100, 3)
    functional.cross_entropy(network(torch.randn(6, 100)), torch.tensor([0, 1, 2] * 2)).backward()
    learning = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    for parameter_name, parameter in learning.items():
        assert parameter.grad is not None, parameter_name
        assert bool(parameter.grad.isfinite().all()), parameter_name
        assert bool(parameter.grad.any()), parameter_name


@every_network
def test_eight_spectra_can_be_learned_by_heart(name: str) -> None:
    network = build_network(name, 32, 2)
    spectra, classes = torch.randn(8, 32), torch.tensor([0, 1] * 4)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(60):
        loss = functional.cross_entropy(network(spectra), classes)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.equal(network.eval()(spectra).argmax(1), classes)


@every_network
def test_saved_and_loaded_weights_are_equal_bit_by_bit(name: str, tmp_path: Path) -> None:
    network = build_network(name, 100, 3)
    network(torch.randn(8, 100))  # moves the running statistics of normalisation layers off their start
    weights = {key: tensor.detach().numpy() for key, tensor in network.state_dict().items()}
    write_sealed(tmp_path / "weights.safetensors", "test", json.dumps({}), weights)
    stored = read_sealed(tmp_path / "weights.safetensors", "test").tensors
    second = build_network(name, 100, 3)
    second.load_state_dict({key: torch.from_numpy(array) for key, array in stored.items()}, strict=True)
    spectra = torch.randn(5, 100)
    assert torch.equal(network.eval()(spectra), second.eval()(spectra))


@every_network
def test_a_spectrum_is_judged_the_same_alone_and_among_others(name: str) -> None:
    network = build_network(name, 64, 3)
    network(torch.randn(16, 64))
    network = network.double().eval()
    spectra = torch.randn(64, 64, dtype=torch.float64)
    with torch.inference_mode():
        together = network(spectra)
        alone = torch.cat([network(spectrum[None]) for spectrum in spectra])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)


@every_network
def test_same_seed_gives_same_weights(name: str) -> None:
    torch.manual_seed(5)
    first = build_network(name, 64, 2).state_dict()
    torch.manual_seed(5)
    again = build_network(name, 64, 2).state_dict()
    torch.manual_seed(6)
    second = build_network(name, 64, 2).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], second[key]) for key in first)


@every_network
@pytest.mark.parametrize(
    ("n_wavenumbers", "n_classes"), [(15, 2), (0, 2), (100_000, 2), (100, 1), (100, 1001)]
)
def test_sizes_no_network_is_meant_for_are_refused(name: str, n_wavenumbers: int, n_classes: int) -> None:
    with pytest.raises(DataError, match=r"spectra of \d+ wavenumbers|\d+ classes"):
        build_network(name, n_wavenumbers, n_classes)


def test_too_many_parameters_are_refused_before_any_is_allocated() -> None:
    with pytest.raises(DataError, match="parameters"):
        build_network("deepcnn", 65_536, 2)  # would take 4.3 GB


def test_unknown_network_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match="compact, lenet5, deepcnn, resnet"):
        build_network("vgg16", 1000, 2)


def test_networks_have_the_sizes_of_their_papers() -> None:
    # bacteria-ID's ResNet with 1000 points and 30 classes, counted layer by layer from its published code:
    # stem 64*5 + 128; first block 64*500 + 100*500 + 64*100 + 600; five strided blocks 2*50,000 + 10,000 + 600 each;
    # six plain blocks 2*50,000 + 400 each; classifier 3,200*30 + 30.
    expected = 448 + 89_000 + 5 * 110_600 + 6 * 100_400 + 96_030
    assert sum(parameter.numel() for parameter in build_network("resnet", 1000, 30).parameters()) == expected


def test_importing_the_zoo_does_not_import_torch() -> None:
    code = "import sys, spectra_dl.spectra.networks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
