"""A training on disk, so that it can go on after a crash with the same bits.

There is one file, replaced as a whole: a kill at any moment leaves the previous one or the new one, so a second
copy would protect from nothing more. It holds no generator's state, because `spectra_dl.training.seeds` needs none,
and no learning rate, because that follows from the step.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import nn

from spectra_dl.errors import ModelFileError, UsageError
from spectra_dl.storage.identity import differences, listed_problems
from spectra_dl.storage.sealed import read_sealed, write_sealed
from spectra_dl.training.batches import Batches
from spectra_dl.training.history import EpochRecord
from spectra_dl.training.settings import TrainingSettings
from spectra_dl.training.state import TrainingState

_KIND = "spectra_dl_checkpoint"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Row(_Closed):
    epoch: int = Field(ge=1)
    train_loss: float
    valid_loss: float | None
    learning_rate: float


class _Description(_Closed):
    format_version: Literal[1]
    identity: dict[str, str]
    history: list[_Row]
    best_epoch: int = Field(ge=0)
    step: int = Field(ge=0)
    loss_sum: float
    finished: bool


def training_identity(
    settings: TrainingSettings, train: Batches, valid: Batches | None, loss: object, augment: object
) -> dict[str, str]:
    """Return, by name, everything that must be the same for a training to go on from its checkpoint.

    Parameters
    ----------
    settings
        Settings of the loop; all of them belong to the identity.
    train
        The training rows, known by their fingerprint.
    valid
        The validation rows, or None.
    loss
        The loss: a dataclass or module is known by its settings, anything else by its qualified name.
    augment
        The augmentation, known in the same way, or None.

    Returns
    -------
    dict
        Texts by name, the same for the same training.
    """
    identity = {name: str(value) for name, value in asdict(settings).items()}
    identity |= {f"training {name}": value for name, value in train.fingerprint().items()}
    identity |= {
        f"validation {name}": value for name, value in (valid.fingerprint() if valid else {}).items()
    }
    return identity | {"loss": _described(loss), "augmentation": _described(augment)}


def write_checkpoint(path: Path, state: TrainingState, identity: Mapping[str, str]) -> None:
    """Write the state to ``path``, whole or not at all.

    Parameters
    ----------
    path
        The checkpoint; an older one is replaced.
    state
        Where the training stands.
    identity
        As `training_identity` returns it.

    Raises
    ------
    EnvironmentFault
        The file can't be written; the one on disk is left as it is.
    """
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in state.tensors().items()}
    write_sealed(path, _KIND, description_text(state, identity), tensors)


def description_text(state: TrainingState, identity: Mapping[str, str]) -> str:
    """Return all that a checkpoint says of the state but its tensors.

    Parameters
    ----------
    state
        Where the training stands.
    identity
        As `training_identity` returns it.

    Returns
    -------
    str
        JSON text in ASCII.
    """
    description = _Description(
        format_version=1,
        identity=dict(identity),
        history=[
            _Row(**{name: getattr(record, name) for name in _Row.model_fields}) for record in state.records
        ],
        best_epoch=state.best_epoch,
        step=state.step,
        loss_sum=state.loss_sum,
        finished=state.finished,
    )
    return json.dumps(description.model_dump(mode="json"), ensure_ascii=True, allow_nan=False)


def restore_description(text: str, state: TrainingState) -> dict[str, str]:
    """Bring all of ``state`` but its tensors to where a description stands; return the description's identity.

    Parameters
    ----------
    text
        As `description_text` returns it.
    state
        The state to change.

    Raises
    ------
    ModelFileError
        The text is not such a description.
    """
    description = _parse(text, "the first process's state")
    _restore(description, state)
    return description.identity


def read_checkpoint(path: Path, state: TrainingState, identity: Mapping[str, str]) -> None:
    """Bring ``state`` to where the checkpoint at ``path`` stands.

    Parameters
    ----------
    path
        The checkpoint.
    state
        The state to change, with tensors of the same names, shapes and dtypes as those saved.
    identity
        The identity of this training, as `training_identity` returns it.

    Raises
    ------
    UsageError
        There is no checkpoint, or it is of a training with other data, settings, loss or augmentation; each
        difference is listed.
    ModelFileError
        The file is damaged, or of another network; ``state`` is left as it is.
    """
    if not path.is_file():
        raise UsageError(f"resume: there is no checkpoint {path}; leave resume out to start a training")
    sealed = read_sealed(path, _KIND)
    description = _parse(sealed.text, path.name)
    _refuse_differences(description.identity, identity, path.name)
    saved = {name: torch.tensor(array) for name, array in sealed.tensors.items()}
    live = state.tensors()
    _refuse_other_tensors(saved, live, path.name)
    for name, tensor in live.items():
        tensor.copy_(saved[name])
    _restore(description, state)


def _restore(description: _Description, state: TrainingState) -> None:
    state.records = [EpochRecord(**row.model_dump()) for row in description.history]
    state.best_epoch = description.best_epoch
    state.step = description.step
    state.loss_sum = description.loss_sum
    state.finished = description.finished


def _parse(text: str, name: str) -> _Description:
    try:
        description = _Description.model_validate_json(text)
    except ValidationError as err:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors(include_input=False)[:3]
        )
        raise ModelFileError(
            f"{name}: its description is not one this program writes in format 1 ({problems[:250]}); start the training anew"
        ) from err
    if [row.epoch for row in description.history] != list(range(1, len(description.history) + 1)):
        raise ModelFileError(f"{name}: its epochs are not numbered from 1 on; start the training anew")
    if description.best_epoch > len(description.history):
        raise ModelFileError(f"{name}: its best epoch is not one of its epochs; start the training anew")
    return description


def _refuse_differences(saved: Mapping[str, str], now: Mapping[str, str], name: str) -> None:
    if mismatch := differences(saved, now):
        raise UsageError(
            f"resume: {name} is of another training ({mismatch}); use the same data and settings, or start anew"
        )


def _refuse_other_tensors(
    saved: Mapping[str, torch.Tensor], live: Mapping[str, torch.Tensor], name: str
) -> None:
    problems = [f"{key} is missing" for key in sorted(live.keys() - saved.keys())]
    problems += [f"{key} is too many" for key in sorted(saved.keys() - live.keys())]
    for key in sorted(live.keys() & saved.keys()):
        shape = tuple(live[key].shape)
        if tuple(saved[key].shape) != shape or saved[key].dtype != live[key].dtype:
            problems.append(f"{key} has shape {tuple(saved[key].shape)}, not {shape}")
        elif not bool(saved[key].isfinite().all()):
            problems.append(f"{key} is not finite")
    if problems:
        raise ModelFileError(
            f"{name}: not a checkpoint of this network ({listed_problems(problems)}); build the same network"
        )


def _described(part: object) -> str:
    """Name a loss or an augmentation, with its settings where it can show them without a memory address."""
    if part is None:
        return "none"
    return repr(part) if is_dataclass(part) or isinstance(part, nn.Module) else _qualified_name(part)


def _qualified_name(part: object) -> str:
    named = part if hasattr(part, "__qualname__") else type(part)
    return f"{named.__module__}.{getattr(named, '__qualname__', '')}"
