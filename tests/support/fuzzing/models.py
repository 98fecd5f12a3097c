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
from spectra_dl.models.file import read_model_file, save_model
from spectra_dl.models.header import ModelHeader
from spectra_dl.models.members import member_tensors
from spectra_dl.spectra.input_part import SpectraInput
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.predictor import SpectraPredictor
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
    tensors = {**reference.tensors(), **member_tensors([build_network("compact", points, 2)])}
    description = model_description(
        tensors,
        input={
            "version": 2,
            "network": {"n_wavenumbers": points, "members": 1},
            "preprocessing": [fitted.to_json()],
            "preprocessing_of_member": [0],
            "axis": {"points": 40},
        },
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        save_model(path, ModelHeader[SpectraInput].model_validate_json(json.dumps(description)), tensors)
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
    file = read_model_file(folder / "m.safetensors")
    file.header(SpectraInput)
    assert len(file.sha256) == 64
    assert all(np.isfinite(tensor).all() for tensor in file.tensors.values())
    SpectraPredictor.from_file(file)


def _read_checkpoint(data: bytes, folder: Path) -> None:
    (folder / "c.safetensors").write_bytes(data)
    state = _state()
    read_checkpoint(folder / "c.safetensors", state, IDENTITY)
    assert state.first_not_finite() is None
    assert len(state.records) >= state.best_epoch


def _header(whole: bytes) -> bytes:
    return whole[8 : 8 + int.from_bytes(whole[:8], "little")]


def _read_sealed_header(
    made: Callable[[], bytes], read: Callable[[bytes, Path], None], header: bytes, folder: Path
) -> None:
    """Read a file whose header is damaged and whose length and digest are right again."""
    body = made()[8 + len(_header(made())) :]
    draft = len(header).to_bytes(8, "little") + header + body
    at = draft.find(_DIGEST) + len(_DIGEST)
    if at >= len(_DIGEST):
        blank = draft[:at] + b"0" * 64 + draft[at + 64 :]
        draft = blank[:at] + hashlib.sha256(blank).hexdigest().encode() + blank[at + 64 :]
    read(draft, folder)


def _description(kind: str, made: Callable[[], bytes]) -> bytes:
    text: str = json.loads(_header(made()))["__metadata__"][kind]
    return text.encode()


def _read_description(
    kind: str, made: Callable[[], bytes], read: Callable[[bytes, Path], None], text: bytes, folder: Path
) -> None:
    """Read a file whose description is damaged and sealed again, with the tensors it had."""
    path = folder / "sealed.safetensors"
    write_sealed(path, kind, text.decode("utf-8", "replace"), load(made()))
    read(path.read_bytes(), folder)


def _targets(
    name: str, kind: str, made: Callable[[], bytes], read: Callable[[bytes, Path], None]
) -> tuple[Target, ...]:
    return (
        Target(name, "models", lambda: [made()], read),
        Target(
            f"{name}-header", "models", lambda: [_header(made())], partial(_read_sealed_header, made, read)
        ),
        Target(
            f"{name}-description",
            "models",
            lambda: [_description(kind, made)],
            partial(_read_description, kind, made, read),
        ),
    )


MODELS = (
    *_targets("model", "spectra_dl", _model, _read_model),
    *_targets("checkpoint", "spectra_dl_checkpoint", _checkpoint, _read_checkpoint),
)
