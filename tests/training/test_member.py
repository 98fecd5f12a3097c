"""One network from nothing: the same seed gives the same weights, and the caller's generator is given back."""

import numpy as np
import torch
from torch import nn

from spectra_dl.training.losses import cross_entropy
from spectra_dl.training.member import Examples, train_member
from spectra_dl.training.settings import TrainingSettings

SETTINGS = TrainingSettings(epochs=3, batch_size=8, device="cpu")


def examples(seed: int) -> Examples:
    drawn = np.random.default_rng(seed)
    targets = drawn.integers(0, 2, 24)
    return Examples((drawn.normal(size=(24, 3)) + targets[:, None]).astype(np.float32), targets)


def trained(weights_seed: int = 0, **options: object) -> nn.Module:
    return train_member(
        lambda: nn.Linear(3, 2),
        cross_entropy(),
        examples(0),
        examples(1),
        SETTINGS,
        weights_seed=weights_seed,
        progress=False,
        **options,
    )


def test_the_seed_of_the_weights_decides_where_a_training_starts():
    assert torch.equal(trained(3).weight, trained(3).weight)
    assert not torch.equal(trained(3).weight, trained(4).weight)


def test_the_callers_generator_is_given_back_as_it_was():
    torch.manual_seed(7)
    expected = torch.rand(2)
    torch.manual_seed(7)
    network = trained()
    assert torch.equal(torch.rand(2), expected)
    assert not network.training


def test_a_finished_training_is_taken_from_its_checkpoint(tmp_path):
    first = trained(checkpoint=tmp_path / "member.safetensors")
    again = trained(9, checkpoint=tmp_path / "member.safetensors", resume=True)
    assert torch.equal(first.weight, again.weight)
