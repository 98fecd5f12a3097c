"""A checkpoint that was sealed again with another description or other tensors is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from spectra_dl.errors import ModelFileError
from spectra_dl.storage.sealed import read_sealed, write_sealed
from spectra_dl.training.checkpoint import read_checkpoint, write_checkpoint
from spectra_dl.training.history import EpochRecord
from spectra_dl.training.settings import TrainingSettings
from spectra_dl.training.state import TrainingState

KIND = "spectra_dl_checkpoint"
IDENTITY = {"seed": "0"}


def state() -> TrainingState:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TrainingState.start(nn.Linear(3, 2), TrainingSettings(epochs=3, batch_size=4, device="cpu"))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A training after one epoch."""
    done = state()
    done.records.append(EpochRecord(epoch=1, train_loss=0.7, valid_loss=0.6, learning_rate=0.01))
    done.best_epoch = 1
    write_checkpoint(tmp_path / "c.safetensors", done, IDENTITY)
    return tmp_path / "c.safetensors"


def sealed_again(path: Path, **changes: object) -> None:
    sealed = read_sealed(path, KIND)
    write_sealed(path, KIND, json.dumps({**json.loads(sealed.text), **changes}), sealed.tensors)


def test_what_was_written_is_read(checkpoint):
    restored = state()
    read_checkpoint(checkpoint, restored, IDENTITY)
    assert restored.best_epoch == 1
    assert restored.records[0].valid_loss == 0.6


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format_version": 2}, "not one this program writes in format 1"),
        ({"step": -1}, r"step: .*greater than or equal to 0"),
        ({"strange": 1}, "strange: Extra inputs"),
        ({"best_epoch": 2}, "its best epoch is not one of its epochs"),
        (
            {"history": [{"epoch": 2, "train_loss": 0.7, "valid_loss": None, "learning_rate": 0.1}]},
            "its epochs are not numbered from 1 on",
        ),
    ],
)
def test_a_description_that_can_not_be_is_refused_and_the_state_left(checkpoint, changes, said):
    sealed_again(checkpoint, **changes)
    restored = state()
    with pytest.raises(ModelFileError, match=said):
        read_checkpoint(checkpoint, restored, IDENTITY)
    assert restored.records == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_by_name(checkpoint, value):
    sealed = read_sealed(checkpoint, KIND)
    sealed.tensors["network/weight"][0, 0] = value
    write_sealed(checkpoint, KIND, sealed.text, sealed.tensors)
    with pytest.raises(ModelFileError, match="network/weight is not finite"):
        read_checkpoint(checkpoint, state(), IDENTITY)
