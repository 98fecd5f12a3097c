"""The default network: a linear path that is taken over, and a convolutional one that is trained."""

import torch

from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.networks.compact import Compact


def test_the_linear_path_is_silent_and_still_while_the_other_is_trained() -> None:
    torch.manual_seed(0)
    network = Compact(100, 3)
    spectra = torch.randn(8, 100)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)
    for _ in range(3):
        loss = network(spectra).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert not network.linear.weight.any()
    assert not network.linear.bias.any()


def test_with_no_share_for_convolutions_the_network_is_the_linear_model() -> None:
    network = Compact(100, 3).double().eval()
    weight, bias = torch.randn(3, 100, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    network.combine(weight, bias, 0.0)
    spectra = torch.randn(5, 100, dtype=torch.float64)
    expected = spectra @ weight.float().double().T + bias.float().double()
    torch.testing.assert_close(network(spectra), expected)


def test_the_convolutional_path_counts_for_its_share() -> None:
    network = Compact(100, 2).double().eval()
    spectra = torch.randn(5, 100, dtype=torch.float64)
    alone = network(spectra)
    network.combine(torch.zeros(2, 100), torch.ones(2), 0.25)
    torch.testing.assert_close(network(spectra), 0.25 * alone + 1.0, rtol=1e-6, atol=1e-6)


def test_what_is_taken_over_is_rounded_as_a_file_keeps_it() -> None:
    network = Compact(64, 2).double().eval()
    network.combine(torch.full((2, 64), 0.1, dtype=torch.float64), torch.zeros(2), 1 / 3)
    for name, tensor in network.state_dict().items():
        if tensor.dtype == torch.float64 and name.startswith(("linear", "hidden.4")):
            assert torch.equal(tensor, tensor.float().double()), name


def test_model_files_of_an_earlier_version_have_a_linear_path_on_bands() -> None:
    earlier = build_network("compact", 1000, 2, earlier=True)
    assert earlier.linear.in_features == 125
    assert build_network("compact", 1000, 2).linear.in_features == 1000
    assert type(build_network("lenet5", 100, 2, earlier=True)) is type(build_network("lenet5", 100, 2))
