"""Members that are trained as one network become what each would have become alone."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.networks.compact import Compact
from spectra_dl.spectra.networks.compact_group import CompactGroup
from spectra_dl.training import TrainingInterrupted, TrainingSettings, cross_entropy
from spectra_dl.training.dropout import PackedDropout
from spectra_dl.training.grouped.batches import GroupBatches
from spectra_dl.training.grouped.each_member import EachAugment, EachLoss
from spectra_dl.training.loop import fit
from spectra_dl.training.member import Examples, seeded_network, train_group, train_member

POINTS, CLASSES = 100, 3
LOSSES = (cross_entropy([1.0, 1.0, 1.0], 0.1), cross_entropy([0.5, 1.0, 2.0]), cross_entropy())
SETTINGS = TrainingSettings(epochs=4, batch_size=16, learning_rate=3e-3, device="cpu")


def examples(seed: int, rows: int = 40) -> Examples:
    drawn = np.random.default_rng(seed)
    targets = np.arange(rows) % CLASSES
    return Examples((drawn.normal(size=(rows, POINTS)) + targets[:, None]).astype(np.float32), targets)


def without_dropout() -> nn.Module:
    network = Compact(POINTS, CLASSES)
    for layer in network.modules():
        if isinstance(layer, PackedDropout):
            layer.p = 0.0
    return network


def group(build: Callable[[], nn.Module] = lambda: Compact(POINTS, CLASSES)) -> CompactGroup:
    return CompactGroup([seeded_network(build, number) for number in range(3)])


def trained(
    members: CompactGroup, rows: tuple[int, ...] = (40, 40, 40), **options: object
) -> list[nn.Module]:
    learn = [(examples(number, count), number) for number, count in enumerate(rows)]
    return list(train_group(members, EachLoss(LOSSES), learn, SETTINGS, **options))


def test_they_say_what_members_trained_alone_say() -> None:
    together = trained(group(without_dropout))
    held_out = torch.from_numpy(examples(9).inputs)
    for number, network in enumerate(together):
        alone = train_member(
            without_dropout,
            LOSSES[number],
            examples(number),
            None,
            replace(SETTINGS, seed=number),
            weights_seed=number,
            progress=False,
        )
        torch.testing.assert_close(network(held_out), alone(held_out), rtol=1e-4, atol=1e-4)
        # Where nothing decides, AdamW turns rounding into steps: weights are less alike than what they say.
        for name, tensor in alone.state_dict().items():
            torch.testing.assert_close(network.state_dict()[name], tensor, rtol=1e-2, atol=1e-2)


def test_before_any_step_they_are_the_networks_they_were_made_of() -> None:
    members = [seeded_network(partial(Compact, POINTS, CLASSES), number) for number in range(3)]
    before = [{name: tensor.clone() for name, tensor in one.state_dict().items()} for one in members]
    spectra = torch.randn(5, 3, POINTS)
    said = CompactGroup(members).eval()(spectra)
    for number, network in enumerate(CompactGroup(members).separate()):
        assert all(torch.equal(tensor, before[number][name]) for name, tensor in network.state_dict().items())
        torch.testing.assert_close(said[:, number], network.eval()(spectra[:, number]))


@pytest.mark.parametrize("rows", [(40, 40, 40), (40, 31, 36)])
def test_what_one_member_learns_from_changes_no_other(rows: tuple[int, ...]) -> None:
    augment = EachAugment(Augmentation(mixing=0.5), CLASSES)
    learn = [(examples(number, count), number) for number, count in enumerate(rows)]
    first = train_group(group(), EachLoss(LOSSES), learn, SETTINGS, augment=augment)
    learn[1] = (Examples(-7 * learn[1][0].inputs, learn[1][0].targets), 1)
    again = train_group(group(), EachLoss(LOSSES), learn, SETTINGS, augment=augment)
    for number, same in enumerate([True, False, True]):
        for name, tensor in first[number].named_parameters():
            if tensor.requires_grad:
                assert torch.equal(tensor, dict(again[number].named_parameters())[name]) is same


def test_a_training_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    augment = EachAugment(Augmentation(), CLASSES)
    whole = trained(group(), augment=augment)
    asked = iter([False] * 4 + [True])
    path = tmp_path / "group.safetensors"
    batches = tuple(examples(number).batches(replace(SETTINGS, seed=number)) for number in range(3))
    with pytest.raises(TrainingInterrupted):
        fit(
            group(),
            EachLoss(LOSSES),
            GroupBatches(batches),
            None,
            SETTINGS,
            augment=augment,
            checkpoint=path,
            stop_requested=lambda: next(asked),
        )
    resumed = trained(group(), augment=augment, checkpoint=path, resume=True)
    for one, other in zip(whole, resumed, strict=True):
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[name])


def test_networks_that_were_trained_before_are_taken_over_whole() -> None:
    before = trained(group())
    spectra = torch.randn(5, 3, POINTS)
    said = CompactGroup(before).eval()(spectra)
    for number, network in enumerate(before):
        torch.testing.assert_close(said[:, number], network(spectra[:, number]), rtol=1e-4, atol=1e-4)
