import torch
from torch import nn

from spectra_dl.training.distributed.launch import read_launch
from spectra_dl.training.engine import Engine, start_engine
from spectra_dl.training.settings import TrainingSettings

CPU = torch.device("cpu")


def test_what_was_asked_for_is_taken() -> None:
    for precision, bfloat16 in (("32-true", False), ("bf16-mixed", True)):
        engine = start_engine(TrainingSettings(device="cpu", precision=precision), read_launch())
        assert engine == Engine(CPU, bfloat16)


def test_single_precision_is_the_network_itself() -> None:
    network, rows = nn.Linear(5, 3), torch.randn(7, 5)
    assert torch.equal(Engine(CPU, False).outputs(network, rows), network(rows))


def test_bfloat16_rounds_products_and_answers_in_single_precision() -> None:
    network, rows = nn.Linear(5, 3), torch.randn(7, 5)
    found = Engine(CPU, True).outputs(network, rows)
    rounded = nn.functional.linear(rows.bfloat16(), network.weight.bfloat16(), network.bias.bfloat16())
    assert found.dtype == torch.float32
    assert torch.equal(found, rounded.float())
    found.sum().backward()
    assert network.weight.grad.dtype == torch.float32


def test_whole_numbers_reach_the_network_as_they_are() -> None:
    network = nn.Embedding(300, 4)
    tokens = torch.tensor([[257, 258]])  # bfloat16 has no 257
    assert torch.equal(Engine(CPU, True).outputs(network, tokens), network(tokens))
