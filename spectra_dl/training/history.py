"""What happened in each epoch."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class EpochRecord:
    """One epoch.

    Attributes
    ----------
    epoch
        Its number, from 1.
    train_loss
        Mean loss over the training rows as they were met, augmentation included.
    valid_loss
        Mean loss over the validation rows after the epoch; None without such rows.
    learning_rate
        Of the epoch's last step.
    seconds
        Wall time; None for an epoch that an earlier, interrupted run did. Not part of a comparison.
    """

    epoch: int
    train_loss: float
    valid_loss: float | None
    learning_rate: float
    seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class History:
    """All epochs of a training; prints as a table.

    Attributes
    ----------
    epochs
        In order.
    best_epoch
        The epoch whose weights the network ended with.

    Examples
    --------
    >>> print(History((EpochRecord(1, 0.7, 0.65, 0.001, 2.0),), best_epoch=1))
    epoch  train loss  valid loss  learning rate  seconds
        1      0.7000      0.6500       1.00e-03     2.00  best
    """

    epochs: tuple[EpochRecord, ...]
    best_epoch: int

    def __str__(self) -> str:
        lines = ["epoch  train loss  valid loss  learning rate  seconds"]
        for row in self.epochs:
            valid = "-" if row.valid_loss is None else f"{row.valid_loss:.4f}"
            seconds = "-" if row.seconds is None else f"{row.seconds:.2f}"
            best = "  best" if row.epoch == self.best_epoch else ""
            lines.append(
                f"{row.epoch:>5}  {row.train_loss:>10.4f}  {valid:>10}  {row.learning_rate:>13.2e}  {seconds:>7}{best}"
            )
        return "\n".join(lines)
