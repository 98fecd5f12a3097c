"""How models of what came of patients are evaluated, whatever it is."""

from dataclasses import dataclass

from spectra_dl.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class PatientSettings:
    """Folds, resamples and refits.

    Attributes
    ----------
    folds, repeats, seed
        Of the split by patient.
    resamples
        Patient bootstrap.
    refits
        Of a linear model without a relation between rows and what came: what chance reaches.
    leaky
        Also run the split by row, for the leaky estimate of such a split.
    """

    folds: int = 5
    repeats: int = 1
    seed: int = 0
    resamples: int = 2000
    refits: int = 499
    leaky: bool = True

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.seed < 0:
            raise UsageError(
                f"folds={self.folds}, repeats={self.repeats}, seed={self.seed}: at least 2 folds, 1 repeat and a seed from 0"
            )
        if self.resamples < 100 or self.refits < 39:
            raise UsageError(
                f"resamples={self.resamples}, refits={self.refits}: take at least 100 and 39; fewer give no interval and no p worth printing"
            )
