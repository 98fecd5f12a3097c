"""What a model of spectra says of its input where it predicts what comes of patients."""

from typing import Literal

from spectra_dl.models.header import Classification
from spectra_dl.spectra.input_part import SpectraInput

OUTPUTS = 2  # of the networks; their difference is what is said


class SpectraOutcomeInput(SpectraInput):
    """The axis, the cleaning, the networks and the training spectra; `compact` has the linear path on bands, which is trained."""

    kind: Literal["spectra outcome"] = "spectra outcome"  # type: ignore[assignment]
    version: Literal[1] = 1

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the model has classes, or another network than one of an outcome."""
        if classification is not None or self.network.n_classes != OUTPUTS:
            raise ValueError(
                "a model of what comes of patients has no classes, and networks with two outputs"
            )
        if self.beside or self.class_spectra is not None:
            raise ValueError("a model of what comes of patients has networks alone")

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is."""
        return [
            f"Network        {self.network.name}, {self.network.members} members",
            *(f"Needs plugin   {needed.name} of {needed.package}" for needed in self.plugins()),
        ]
