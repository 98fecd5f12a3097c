"""A cleaning step: its fields are its settings, and are stored in the model file."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spectra_dl.spectra.preprocessing.step import Stage, StatelessStep, StepResult


@dataclass(frozen=True)
class Clip(StatelessStep):
    """Cut what lies so many standard deviations of a spectrum from its mean."""

    stage: ClassVar[Stage] = Stage.SMOOTH

    deviations: float = 6.0

    def apply(self, intensity, wavenumber):
        """Return new spectra; the given ones stay as they are."""
        mean, spread = intensity.mean(axis=1, keepdims=True), intensity.std(axis=1, keepdims=True)
        limit = self.deviations * spread
        return StepResult(np.clip(intensity, mean - limit, mean + limit), wavenumber)
