"""Readers of model files and checkpoints: as they are, and sealed again by somebody who knows how."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load
from torch import nn

from example_models import model_description
from fuzzing.contract import Target
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.models.file import load_model, save_model
from spectra_dl.models.header import ModelHeader
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.predictor import SpectraPredictor, model_tensors
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.storage.sealed import write_sealed
from spectra_dl.training.checkpoint import read_checkpoint, write_checkpoint
from spectra_dl.training.history import EpochRecord
from spectra_dl.training.settings import TrainingSettings
from spectra_dl.training.state import TrainingState

_DIGEST = b'"sha256":"'
IDENTITY = {"seed": "0"}


@cache
def _model() -> bytes:
    """A model of spectra with one untrained member."""
    study = simulate_study(StudySettings(patients=6, spectra_per_patient=2, n_wavenumbers=40)).table
    fitted = Preprocessing.default().fit(study)
    matrix = fitted.transform(study).matrix
    points = matrix.shape[1]
    reference = OutOfDistribution.fit(matrix, list(study.patient))
    tensors = model_tensors((build_network("compact", points, 2),), reference)
    description = model_description(
        tensors,
        network={"name": "compact", "n_wavenumbers": points, "n_classes": 2, "members": 1},
        preprocessing=[fitted.to_json()],
        preprocessing_of_member=[0],
        axis={"first": 400.0, "last": 1800.0, "points": 40, "unit": "cm-1", "laser_nm": None},
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        save_model(path, ModelHeader.model_validate_json(json.dumps(description)), tensors)
        return path.read_bytes()


def _state() -> TrainingState:
    settings = TrainingSettings(epochs=2, batch_size=4, device="cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TrainingState.start(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), settings)


@cache
def _checkpoint() -> bytes:
    """A training after one epoch."""
    state = _state()
    state.records.append(EpochRecord(epoch=1, train_loss=0.7, valid_loss=None, learning_rate=0.01))
    state.best_epoch = 1
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder) / "c.safetensors", state, IDENTITY)
        return (Path(folder) / "c.safetensors").read_bytes()


def _read_model(data: bytes, folder: Path) -> None:
    (folder / "m.safetensors").write_bytes(data)
    loaded = load_model(folder / "m.safetensors")
    _, tensors, sha256 = loaded
    assert len(sha256) == 64
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
    SpectraPredictor.rebuilt(folder / "m.safetensors", *loaded)


def _read_checkpoint(data: bytes, folder: Path) -> None:
    (folder / "c.safetensors").write_bytes(data)
    state = _state()
    read_checkpoint(folder / "c.safetensors", state, IDENTITY)
    assert state.first_not_finite() is None
    assert len(state.records) >= state.best_epoch


def _header(whole: bytes) -> bytes:
    return whole[8 : 8 + int.from_bytes(whole[:8], "little")]


def _read_sealed_header(
    seed: Callable[[], bytes], read: Callable[[bytes, Path], None], header: bytes, folder: Path
) -> None:
    """Read a file whose header is damaged and whose length and digest are right again."""
    body = seed()[8 + len(_header(seed())) :]
    draft = len(header).to_bytes(8, "little") + header + body
    at = draft.find(_DIGEST) + len(_DIGEST)
    if at >= len(_DIGEST):
        blank = draft[:at] + b"0" * 64 + draft[at + 64 :]
        draft = blank[:at] + hashlib.sha256(blank).hexdigest().encode() + blank[at + 64 :]
    read(draft, folder)


def _description(kind: str, seed: Callable[[], bytes]) -> bytes:
    text: str = json.loads(_header(seed()))["__metadata__"][kind]
    return text.encode()


def _read_description(
    kind: str, seed: Callable[[], bytes], read: Callable[[bytes, Path], None], text: bytes, folder: Path
) -> None:
    """Read a file whose description is damaged and sealed again, with the tensors it had."""
    path = folder / "sealed.safetensors"
    write_sealed(path, kind, text.decode("utf-8", "replace"), load(seed()))
    read(path.read_bytes(), folder)


def _targets(
    name: str, kind: str, seed: Callable[[], bytes], read: Callable[[bytes, Path], None]
) -> tuple[Target, ...]:
    return (
        Target(name, "models", lambda: [seed()], read),
        Target(
            f"{name}-header", "models", lambda: [_header(seed())], partial(_read_sealed_header, seed, read)
        ),
        Target(
            f"{name}-description",
            "models",
            lambda: [_description(kind, seed)],
            partial(_read_description, kind, seed, read),
        ),
    )


MODELS = (
    *_targets("model", "spectra_dl", _model, _read_model),
    *_targets("checkpoint", "spectra_dl_checkpoint", _checkpoint, _read_checkpoint),
)
