"""A trained model with what it was trained on: what every workflow that trains gives back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from spectra_dl.models.card import card_text
from spectra_dl.models.predictor import Predictor
from spectra_dl.storage.run_folder import RunResult, make_run_folder

MODEL_FILE = "model.safetensors"


class Noted(Protocol):
    """Rows of training, and what must be known of them."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences."""


PredictorT = TypeVar("PredictorT", bound=Predictor[Any])
CohortT = TypeVar("CohortT", bound=Noted)


@dataclass(frozen=True, eq=False)
class TrainedModel(RunResult, Generic[PredictorT, CohortT]):
    """A trained model.

    Attributes
    ----------
    predictor
        What predicts.
    cohort
        What it was trained on.
    sha256
        The digest that seals its model file; empty where none was written.
    """

    predictor: PredictorT
    cohort: CohortT
    sha256: str
    unreported: ClassVar[Any] = None  # of the description, as pydantic's ``exclude``

    @classmethod
    def written(cls, folder: Path | None, predictor: PredictorT, cohort: CohortT, **more: Any) -> Self:
        """Write ``model.safetensors``, and return the model.

        Parameters
        ----------
        folder
            Made unless it is there; None writes nothing.
        predictor, cohort
            As of the class.
        more
            Further attributes of a subclass.

        Raises
        ------
        EnvironmentFault
            The file can't be written.
        """
        if folder is None:
            return cls(predictor, cohort, "", **more)
        make_run_folder(folder)
        return cls(predictor, cohort, predictor.save(folder / MODEL_FILE), **more)

    @property
    def report(self) -> dict[str, object]:
        """The model's digest and description, and notes, ready for JSON."""
        return {
            "model_sha256": self.sha256,
            "notes": list(self.cohort.notes),
            **self.more_reported(),
            "results": self.predictor.header.model_dump(mode="json", exclude=self.unreported),
        }

    def more_reported(self) -> dict[str, object]:
        """Return what else a report says of the rows."""
        return {}

    def text(self) -> str:
        """Return the model's description for a terminal."""
        return card_text(self.predictor.header, self.sha256)
