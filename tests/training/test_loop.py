"""The loop: what it computes, when it stops, what it refuses and what it leaves alone."""

import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from spectra_dl.errors import EnvironmentFault, SpectraDLWarning, TrainingDivergedError, UsageError
from spectra_dl.training import EpochRecord, TensorBatches, TrainingSettings, cross_entropy, fit
from spectra_dl.training.optimiser import learning_rate_at

Pair = tuple[torch.Tensor, torch.Tensor]


def rows(n_rows: int = 90, *, batch_size: int = 16, flipped: bool = False) -> TensorBatches:
    draw = torch.Generator().manual_seed(5)
    inputs = torch.randn(n_rows, 12, generator=draw)
    targets = (inputs[:, :4].sum(dim=1) > 0).long()
    return TensorBatches(inputs, 1 - targets if flipped else targets, batch_size=batch_size, seed=0)


def small_network(dropout: float = 0.0) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 2))


def settings(
    epochs: int = 4, *, seed: int = 0, learning_rate: float = 0.01, patience: int = 15
) -> TrainingSettings:
    return TrainingSettings(
        epochs=epochs, batch_size=16, seed=seed, learning_rate=learning_rate, patience=patience, device="cpu"
    )


def weights(network: nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())


def test_fit_computes_what_a_plain_torch_loop_computes() -> None:
    chosen, batches, ours, theirs = settings(), rows(), small_network(), small_network()
    history = fit(ours, cross_entropy(), batches, None, chosen)
    decayed, plain = [theirs[0].weight, theirs[3].weight], [theirs[0].bias, theirs[3].bias]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": chosen.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    )
    steps = len(batches)
    for epoch in range(chosen.epochs):
        total = 0.0
        for step, batch in enumerate(batches.shuffled(epoch)):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate_at(epoch * steps + step, chosen.epochs * steps, chosen)
            optimiser.zero_grad()
            loss = functional.cross_entropy(theirs(batch.inputs), batch.targets)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(theirs.parameters(), chosen.gradient_clip)
            optimiser.step()
            total += float(loss.detach()) * len(batch.rows)
        assert history.epochs[epoch].train_loss == pytest.approx(total / batches.n_rows, rel=1e-5)
    for actual, expected in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-6)


def test_row_weights_count_like_repeated_rows() -> None:
    whole = rows(32, batch_size=64)
    weight = torch.ones(32)
    weight[:8] = 3
    repeats = weight.long()
    repeated = TensorBatches(
        whole.inputs.repeat_interleave(repeats, 0),
        whole.targets.repeat_interleave(repeats),
        batch_size=64,
        seed=0,
    )
    weighted = TensorBatches(whole.inputs, whole.targets, batch_size=64, seed=0, weight=weight)
    first, second = small_network(), small_network()
    history = fit(first, cross_entropy(), weighted, weighted, settings(epochs=3))
    two = fit(second, cross_entropy(), repeated, repeated, settings(epochs=3))
    assert [row.valid_loss for row in history.epochs] == pytest.approx(
        [row.valid_loss for row in two.epochs], rel=1e-5
    )


def test_the_same_seed_gives_the_same_bytes() -> None:
    trained = [small_network(dropout=0.5) for _ in range(3)]
    for network, seed, disturbance in zip(trained, (0, 0, 1), (10, 20, 30), strict=True):
        torch.manual_seed(disturbance)
        fit(network, cross_entropy(), rows(), rows(40), settings(seed=seed))
    assert weights(trained[0]) == weights(trained[1])
    assert weights(trained[0]) != weights(trained[2])


def test_the_callers_random_numbers_are_left_alone() -> None:
    torch.manual_seed(11)
    wanted = torch.rand(4)
    torch.manual_seed(11)
    fit(small_network(dropout=0.5), cross_entropy(), rows(), None, settings(epochs=1))
    assert torch.rand(4).equal(wanted)


def test_training_stops_when_validation_gets_worse_and_keeps_the_best_weights() -> None:
    network, valid = small_network(), rows(40, flipped=True)
    history = fit(network, cross_entropy(), rows(), valid, settings(epochs=50, patience=3))
    losses = [row.valid_loss for row in history.epochs]
    assert len(losses) == history.best_epoch + 3 < 50
    assert losses[history.best_epoch - 1] == min(loss for loss in losses if loss is not None)
    with torch.no_grad():
        kept = functional.cross_entropy(network(valid.inputs), valid.targets)
    assert float(kept) == pytest.approx(losses[history.best_epoch - 1], rel=1e-5)
    assert not network.training


def test_without_validation_rows_the_last_weights_are_kept() -> None:
    history = fit(small_network(), cross_entropy(), rows(), None, settings(epochs=3))
    assert history.best_epoch == 3
    assert [row.valid_loss for row in history.epochs] == [None, None, None]


def test_augmentation_draws_by_seed_epoch_and_step() -> None:
    draws: list[list[float]] = []

    def augment(inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator) -> Pair:
        draws[-1].append(float(torch.rand((), generator=generator)))
        return inputs, targets

    for seed in (0, 0, 1):
        draws.append([])
        fit(small_network(), cross_entropy(), rows(), None, settings(epochs=2, seed=seed), augment=augment)
    assert draws[0] == draws[1]
    assert not set(draws[0]) & set(draws[2])
    assert len(set(draws[0])) == 2 * len(rows())


def test_augmentation_never_touches_validation_rows() -> None:
    sizes: list[int] = []

    def augment(inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator) -> Pair:
        sizes.append(len(inputs))
        return inputs, targets

    fit(small_network(), cross_entropy(), rows(90), rows(40), settings(epochs=1), augment=augment)
    assert sum(sizes) == 90


def test_a_loss_that_is_not_finite_stops_the_step_and_names_the_rows(tmp_path: Path) -> None:
    good, checkpoint, network = rows(), tmp_path / "checkpoint", small_network()
    targets = torch.zeros(90)
    targets[17] = 3e38  # finite, but not its square
    bad = TensorBatches(good.inputs, targets, batch_size=16, seed=0)
    with pytest.raises(
        TrainingDivergedError, match=r"epoch 1, step \d, learning rate .* rows 17, counted"
    ) as caught:
        fit(
            network,
            lambda outputs, wanted: (outputs[:, 0] - wanted) ** 2,
            bad,
            None,
            settings(),
            checkpoint=checkpoint,
        )
    assert caught.value.exit_code == 7
    assert len(str(caught.value)) <= 500
    assert all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values())
    assert checkpoint.exists()


def test_a_gradient_that_is_not_finite_stops_the_step() -> None:
    class RootOfZero(nn.Linear):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            outputs: torch.Tensor = super().forward(inputs * 0).sqrt()
            return outputs

    network = RootOfZero(12, 2, bias=False)
    before = weights(network)
    with pytest.raises(TrainingDivergedError, match="gradient nan"):
        fit(network, cross_entropy(), rows(), None, settings())
    assert weights(network) == before


def test_an_enormous_learning_rate_never_leaves_weights_that_are_not_finite(tmp_path: Path) -> None:
    network = small_network()
    with pytest.raises(TrainingDivergedError):
        fit(
            network,
            lambda outputs, targets: outputs[:, 0].pow(4),
            rows(),
            rows(40),
            settings(learning_rate=1e12),
            checkpoint=tmp_path / "checkpoint",
        )
    assert all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values())


def test_weights_that_overflow_in_the_last_step_are_refused_too(tmp_path: Path) -> None:
    network, one_step = small_network(), settings(epochs=1, learning_rate=3e37)
    for parameter in network.parameters():
        nn.init.constant_(parameter, 5.0)  # decay takes it beyond the largest float32 in one step
    with pytest.raises(TrainingDivergedError, match="is not finite"):
        fit(
            network,
            lambda outputs, targets: outputs[:, 0],
            rows(16),
            None,
            replace(one_step, weight_decay=10, warmup=0.0),
            checkpoint=tmp_path / "checkpoint",
        )


class ShortOfMemory(nn.Linear):
    """A network that has memory for so many rows only."""

    def __init__(self, fits: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            super().__init__(12, 2)
        self.fits = fits

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.training and len(inputs) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().forward(inputs)


def test_short_memory_halves_the_rows_at_a_time_and_keeps_the_batch() -> None:
    batches, roomy, tight = rows(64, batch_size=32), ShortOfMemory(100), ShortOfMemory(16)
    fit(roomy, cross_entropy(), batches, None, settings())
    with pytest.warns(SpectraDLWarning, match="in 2 micro-batches; the batch size stays 32"):
        fit(tight, cross_entropy(), batches, None, settings())
    torch.testing.assert_close(roomy.weight, tight.weight)


def test_memory_that_is_never_enough_ends_with_a_batch_size_to_try() -> None:
    with (
        pytest.warns(SpectraDLWarning),
        pytest.raises(EnvironmentFault, match="8 rows at a time; try batch_size=4"),
    ):
        fit(ShortOfMemory(0), cross_entropy(), rows(64, batch_size=32), None, settings())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused_and_never_replaced() -> None:
    chosen = TrainingSettings(epochs=1, device="cuda")
    with pytest.raises(UsageError, match="no usable GPU"):
        fit(small_network(), cross_entropy(), rows(), None, chosen)


def test_half_precision_trains_when_it_is_asked_for() -> None:
    chosen = TrainingSettings(
        epochs=8, batch_size=16, learning_rate=0.05, device="cpu", precision="bf16-mixed"
    )
    network = small_network()
    history = fit(network, cross_entropy(), rows(), None, chosen)
    assert history.epochs[-1].train_loss < 0.8 * history.epochs[0].train_loss
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())


def test_a_loss_that_returns_a_mean_is_refused() -> None:
    with pytest.raises(UsageError, match="one value per row"):
        fit(small_network(), nn.CrossEntropyLoss(), rows(), None, settings())


def test_callbacks_get_every_record() -> None:
    seen: list[EpochRecord] = []
    history = fit(small_network(), cross_entropy(), rows(), rows(40), settings(), callbacks=[seen.append])
    assert tuple(seen) == history.epochs
    assert all(row.seconds is not None and row.seconds >= 0 and math.isfinite(row.train_loss) for row in seen)
    assert str(history).count("\n") == 4


def test_nothing_is_printed_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    fit(small_network(), cross_entropy(), rows(), None, settings(epochs=2))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("progress", [True, False])
def test_a_terminal_shows_the_progress_bar_unless_it_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, progress: bool
) -> None:
    ours, terminals = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with open(terminals, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        fit(small_network(), cross_entropy(), rows(), rows(40), settings(epochs=2), progress=progress)
        terminal.write("end")
    output = b""
    while not output.endswith(b"end"):  # one read may return a part only
        output += os.read(ours, 100_000)
    os.close(ours)
    assert (b"epoch 2" in output) == progress


def test_validation_rows_change_no_weight_but_by_the_epoch_they_choose() -> None:
    def trained(valid: TensorBatches) -> bytes:
        network = small_network()
        fit(network, cross_entropy(), rows(), valid, settings(epochs=1))
        return weights(network)

    garbage = TensorBatches(
        torch.full((20, 12), 40.0), torch.zeros(20, dtype=torch.int64), batch_size=16, seed=0
    )
    assert trained(rows(40)) == trained(garbage) == trained(rows(40, flipped=True))
