"""What a model of images says of its input where it predicts what comes of patients."""

from typing import Literal, Self

from pydantic import Field, model_validator

from spectra_dl.models.header import Classification, Closed
from spectra_dl.tissue.estimators.model_names import POOLING, Pooling
from spectra_dl.tissue.input_part import ImagesInput


class PooledNetwork(Closed):
    """The network by name, and the numbers it is built from."""

    name: Pooling
    n_features: int = Field(ge=1, le=100_000)
    members: int = Field(ge=1, le=100)


class TissueOutcomeInput(ImagesInput):
    """The encoders, the networks that pool all images of a patient, and the training images."""

    kind: Literal["tissue outcome"] = "tissue outcome"
    version: Literal[1] = 1
    network: PooledNetwork

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        self.check_encoders(self.network.n_features)
        return self

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the model has classes."""
        if classification is not None:
            raise ValueError("a model of what comes of patients has no classes")

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is."""
        return [
            f"Network        {POOLING[self.network.name]}, {self.network.members} members",
            self.encoder_line(),
        ]
