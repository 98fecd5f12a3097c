"""Numbers that stay on the device until the epoch's end, and rows that stay on it: the same training, on a CPU in place of a GPU."""

import pytest
import torch
from torch import nn

from spectra_dl.errors import TrainingDivergedError
from spectra_dl.training import loop
from spectra_dl.training.batches import TensorBatches
from spectra_dl.training.grouped.batches import GroupBatches
from spectra_dl.training.loop import TrainingInterrupted, fit
from spectra_dl.training.losses import cross_entropy
from spectra_dl.training.on_device import Tally, counted_batches, resident
from spectra_dl.training.settings import TrainingSettings

SETTINGS = TrainingSettings(epochs=3, batch_size=16, learning_rate=0.01, device="cpu")
META = torch.device("meta")


def network(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8, momentum=None), nn.ReLU(), nn.Linear(8, 2))


def rows(n=50, seed=0, weight=None):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(n, 6, generator=generator)
    return TensorBatches(inputs, (inputs[:, 0] > 0).long(), batch_size=16, seed=0, weight=weight)


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    monkeypatch.setattr(loop, "tally_for", Tally)


def trained(**how):
    model = network()
    history = fit(model, cross_entropy(), rows(), rows(20, seed=1), SETTINGS, progress=False, **how)
    return model.state_dict(), [(one.train_loss, one.valid_loss) for one in history.epochs]


def test_reading_numbers_once_an_epoch_changes_no_bit(monkeypatch):
    weights, losses = trained()
    monkeypatch.setattr(loop, "tally_for", Tally)
    others, same_losses = trained()
    assert losses == same_losses
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_a_training_that_was_stopped_within_an_epoch_ends_with_the_same_bits(as_on_a_gpu, tmp_path):
    weights, losses = trained()
    asked = iter([False] * 5 + [True])
    checkpoint = tmp_path / "c.safetensors"
    with pytest.raises(TrainingInterrupted):
        trained(checkpoint=checkpoint, stop_requested=lambda: next(asked))
    others, same_losses = trained(checkpoint=checkpoint, resume=True)
    assert losses == same_losses
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_a_step_that_is_not_finite_is_not_taken_and_is_named(as_on_a_gpu):
    model, steps = network(), []

    def breaking(outputs, targets):
        steps.append(1)
        loss = nn.functional.cross_entropy(outputs, targets, reduction="none")
        return loss * (float("nan") if len(steps) == 3 else 1.0)

    with pytest.raises(TrainingDivergedError, match="epoch 1, step 3"):
        fit(model, breaking, rows(), None, SETTINGS, progress=False)
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_rows_on_another_device_are_indexed_there():
    weighted = rows(9, weight=torch.arange(1.0, 10.0))
    moved = weighted.on(META)
    batch = next(moved.shuffled(0))
    assert {tensor.device for tensor in (batch.rows, batch.inputs, batch.targets, batch.weight)} == {META}
    group = GroupBatches((rows(9), rows(7))).on(META)
    assert next(group.shuffled(0)).inputs.device == META


def test_rows_keep_their_weights_and_their_order_where_they_are_moved():
    weighted = rows(9, weight=torch.arange(1.0, 10.0))
    moved = weighted.on(torch.device("cpu"))
    assert moved.fingerprint() == weighted.fingerprint()
    assert moved.n_bytes == 9 * (6 * 4 + 8 + 4)


def test_on_a_processor_rows_stay_as_they_are():
    some = rows()
    assert resident(some, torch.device("cpu")) is some


def test_normalisation_layers_average_over_all_batches_without_asking_their_device():
    one, other = network(), network()
    batches = [batch.inputs for batch in rows().in_order()]
    for inputs in batches:
        one(inputs)
    other(batches[0])
    with counted_batches(other):
        for inputs in batches[1:]:
            other(inputs)
    assert other[1].momentum is None
    assert torch.equal(one[1].running_mean, other[1].running_mean)
    assert torch.equal(one[1].running_var, other[1].running_var)
