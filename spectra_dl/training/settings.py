"""What a user may choose about a training."""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from spectra_dl.errors import UsageError
from spectra_dl.execution.facts import checked_device

Precision = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of the training loop, checked on creation.

    Attributes
    ----------
    epochs
        Of ``passes`` over the training rows each, at most; more where ``least_steps`` asks for them.
    passes
        Over the training rows in an epoch.
    least_steps
        Optimiser steps at least, so that few rows are passed over more often; see `for_rows`.
    batch_size
        Rows per optimiser step, over all processes together.
    learning_rate
        Peak of the schedule: linear warm-up, then half a cosine down to 0.
    weight_decay
        AdamW's; biases and normalisation layers are left out of it.
    warmup
        Fraction of all steps over which the learning rate rises.
    patience
        Epochs without a lower validation loss after which training stops; unused without validation rows.
    gradient_clip
        Largest norm of the gradient over all parameters; a longer one is shortened to it.
    seed
        The same seed, data and settings on the same machine's CPU give the same weights, byte for byte.
    device
        ``"auto"`` takes what was chosen for the process (`spectra_dl.execution.facts.chosen_device`), else a GPU where there is one; a
        device that is named (``"cpu"``, ``"cuda"``, ``"cuda:1"``) must be there.
    precision
        ``"bf16-mixed"`` only on hardware with bfloat16 units: on most CPUs it is ten times slower.
    checkpoint_every
        Epochs between checkpoints.

    Raises
    ------
    UsageError
        A value makes no sense; all of them are listed.

    Examples
    --------
    >>> TrainingSettings(epochs=5).batch_size
    64
    """

    epochs: int = 60
    passes: int = 1
    least_steps: int = 1
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    warmup: float = 0.05
    patience: int = 15
    gradient_clip: float = 1.0
    seed: int = 0
    device: str = "auto"
    precision: Precision = "32-true"
    checkpoint_every: int = 1

    def __post_init__(self) -> None:
        counts = ("epochs", "passes", "least_steps", "batch_size", "patience", "checkpoint_every")
        problems = [
            self._problem(name, "a whole number of at least 1")
            for name in counts
            if not self._counts(name, 1)
        ]
        if not self._counts("seed", 0):
            problems.append(self._problem("seed", "a whole number of at least 0"))
        for name in ("learning_rate", "gradient_clip"):
            if not (self._is_finite(name) and getattr(self, name) > 0):
                problems.append(self._problem(name, "a number above 0"))
        if not (self._is_finite("weight_decay") and self.weight_decay >= 0):
            problems.append(self._problem("weight_decay", "a number of at least 0"))
        if not (self._is_finite("warmup") and 0 <= self.warmup < 1):
            problems.append(self._problem("warmup", "a fraction from 0 to below 1"))
        if self.precision not in get_args(Precision):
            problems.append(self._problem("precision", " or ".join(get_args(Precision))))
        try:
            checked_device(self.device)
        except (UsageError, TypeError):
            problems.append(self._problem("device", "auto, cpu, cuda or cuda:N"))
        if problems:
            raise UsageError("training settings: " + "; ".join(problems))

    def for_rows(self, rows: int) -> "TrainingSettings":
        """Return the settings with as many passes over so many training rows as ``least_steps`` needs.

        Epochs are made of several passes rather than multiplied: each ends in a look at all weights, and in a checkpoint.

        Examples
        --------
        >>> settings = TrainingSettings(epochs=25, least_steps=600, batch_size=64).for_rows(120)
        >>> settings.epochs, settings.passes
        (25, 12)
        """
        steps = math.ceil(rows / self.batch_size)
        needed = math.ceil(self.least_steps / steps)
        if needed <= self.epochs * self.passes:
            return self
        passes = max(self.passes, needed // self.epochs)
        return replace(self, epochs=math.ceil(needed / passes), passes=passes)

    def _problem(self, name: str, needed: str) -> str:
        return f"{name}={str(getattr(self, name))[:30]!r} must be {needed}"

    def _counts(self, name: str, least: int) -> bool:
        value = getattr(self, name)
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    def _is_finite(self, name: str) -> bool:
        value = getattr(self, name)
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
