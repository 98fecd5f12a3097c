"""Whichever operation of the disk fails, a checkpoint is the old one or the new one, and the training goes on from it."""

import errno

import pytest
import torch
from torch import nn

from failing_disk import failing_disk
from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.training import TensorBatches, TrainingSettings, cross_entropy, fit

SETTINGS = TrainingSettings(epochs=2, batch_size=16, learning_rate=0.01, device="cpu")


def network():
    """Return a small network, the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Linear(6, 2)


def train(trained, checkpoint, *, resume=False):
    """Train for two epochs."""
    inputs = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
    batches = TensorBatches(inputs, (inputs[:, 0] > 0).long(), batch_size=16, seed=0)
    return fit(trained, cross_entropy(), batches, None, SETTINGS, checkpoint=checkpoint, resume=resume)


def weights(trained):
    """Return all weights as bytes."""
    return b"".join(tensor.numpy().tobytes() for tensor in trained.state_dict().values())


@pytest.fixture(scope="module")
def undisturbed():
    """The weights of a training without a disk."""
    trained = network()
    train(trained, None)
    return weights(trained)


def operations(monkeypatch, folder):
    """Return how many operations an undisturbed training takes."""
    folder.mkdir()
    with failing_disk(monkeypatch, folder, 0) as disk:
        train(network(), folder / "checkpoint")
    return disk.done


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_every_failure_leaves_a_checkpoint_to_go_on_from(monkeypatch, tmp_path, undisturbed, error):
    count = operations(monkeypatch, tmp_path / "counted")
    assert count >= 12
    for number in range(1, count + 1):
        folder = tmp_path / f"run{number}"
        folder.mkdir()
        with (
            failing_disk(monkeypatch, folder, number, error),
            pytest.raises(EnvironmentFault, match="can't be"),
        ):
            train(network(), folder / "checkpoint")
        assert {path.name for path in folder.iterdir()} <= {"checkpoint"}, number
        resumed = network()
        try:
            train(resumed, folder / "checkpoint", resume=True)
        except UsageError:
            # It failed before there was a first checkpoint: a new training is right.
            assert not (folder / "checkpoint").exists()
            train(resumed, folder / "checkpoint")
        assert weights(resumed) == undisturbed, number
