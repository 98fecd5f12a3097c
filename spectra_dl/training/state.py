"""Where a training stands."""

from dataclasses import dataclass, field

import torch
from torch import nn

from spectra_dl.training.history import EpochRecord, History
from spectra_dl.training.optimiser import build_adamw
from spectra_dl.training.settings import TrainingSettings


@dataclass(eq=False)
class TrainingState:
    """All that changes while a network trains, and so all that a checkpoint must hold.

    Attributes
    ----------
    network, optimiser
        With their tensors.
    best
        Weights of the best epoch so far; of the last epoch where there are no validation rows.
    best_epoch
        Its number from 1; 0 before the first epoch's end.
    records
        The epochs that are complete.
    step, loss_sum
        Steps done in the epoch under way, and the sum of its rows' losses.
    finished
        True after the last epoch.
    """

    network: nn.Module
    optimiser: torch.optim.AdamW
    best: dict[str, torch.Tensor]
    best_epoch: int = 0
    records: list[EpochRecord] = field(default_factory=list)
    step: int = 0
    loss_sum: float = 0.0
    finished: bool = False

    @classmethod
    def start(cls, network: nn.Module, settings: TrainingSettings) -> "TrainingState":
        """Return the state before the first step.

        Parameters
        ----------
        network
            Its weights are the first best ones, copied.
        settings
            Of the optimiser.
        """
        return cls(network, build_adamw(network, settings), _copy_of_weights(network))

    @property
    def epoch(self) -> int:
        """The number of complete epochs, which is also the number, from 0, of the one under way."""
        return len(self.records)

    @property
    def history(self) -> History:
        """The complete epochs."""
        return History(tuple(self.records), self.best_epoch)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return every tensor of the state by name, not copied."""
        named = {f"network/{name}": tensor for name, tensor in self.network.state_dict().items()}
        named |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        for name, parameter in self.network.named_parameters():
            named |= {
                f"optimiser/{key}/{name}": value
                for key, value in self.optimiser.state.get(parameter, {}).items()
            }
        return named

    def first_not_finite(self) -> str | None:
        """Return the name of a tensor of the network that holds a value that is not finite, or None.

        The optimiser's moments need no such look: they are averages of clipped gradients.
        """
        weights = self.network.state_dict().items()
        return next((name for name, tensor in weights if not bool(tensor.isfinite().all())), None)

    def close_epoch(self, record: EpochRecord, settings: TrainingSettings) -> None:
        """Take the record of the epoch under way; remember its weights if they are the best.

        Parameters
        ----------
        record
            Of the epoch that is now complete.
        settings
            Their ``epochs`` and ``patience`` say whether the training has finished.
        """
        best_loss = self.records[self.best_epoch - 1].valid_loss if self.best_epoch else None
        self.records.append(record)
        self.step, self.loss_sum = 0, 0.0
        if record.valid_loss is None or best_loss is None or record.valid_loss < best_loss:
            self.best, self.best_epoch = _copy_of_weights(self.network), record.epoch
        out_of_patience = record.epoch - self.best_epoch >= settings.patience
        self.finished = out_of_patience or record.epoch == settings.epochs


def _copy_of_weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
