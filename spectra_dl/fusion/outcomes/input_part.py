"""What a fusion that predicts a number or the time to an event says of its input: how each block's rows become one weighted sum."""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from spectra_dl.fusion.input_part import NEEDS_BLOCKS, Block, FusedClinical, block_lines, check_names
from spectra_dl.fusion.readers.stated import MOST_BLOCKS
from spectra_dl.models.header import Classification, InputPart, OutOfDistributionLimits
from spectra_dl.plugins import is_plugin_name
from spectra_dl.spectra.input_part import AxisContract, TrainingSpectra
from spectra_dl.tissue.input_part import ImagesInput


class SummedSpectra(Block):
    """A block of spectra: how they are cleaned, the axis they must cover, the regression, and the training spectra."""

    kind: Literal["spectra"] = "spectra"
    model: Literal["pls", "ridge", "cox"]
    preprocessing: dict[str, JsonValue]
    axis: AxisContract
    training: TrainingSpectra
    out_of_distribution: OutOfDistributionLimits

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        steps = self.preprocessing.get("steps")
        names = (
            [step.get("step") for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
        )
        if any(isinstance(name, str) and is_plugin_name(name) for name in names):
            raise ValueError("spectra of a block are cleaned by steps of this program alone")
        return self


class BlockImages(ImagesInput):
    """The encoders and the training images of a block."""

    kind: Literal["images"] = "images"
    version: Literal[1] = 1

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        self.check_encoders(self.width)
        return self

    @property
    def width(self) -> int:
        """How many features the encoders give."""
        return sum(encoder.width for encoder in self.encoders)


class SummedTissue(Block):
    """A block of tissue images: what encodes them, the regression on each patient's mean features, and the training images."""

    kind: Literal["tissue"] = "tissue"
    model: Literal["pls", "ridge", "cox", "pca-cox"]
    images: BlockImages
    out_of_distribution: OutOfDistributionLimits


SummedBlock = Annotated[SummedSpectra | SummedTissue | FusedClinical, Field(discriminator="kind")]


class FusionOutcomeInput(InputPart):
    """The blocks, each with how it becomes a weighted sum; the sums, and what each block counts, stand in tensors."""

    kind: Literal["fusion outcome"] = "fusion outcome"
    version: Literal[1] = 1
    blocks: list[SummedBlock] = Field(min_length=2, max_length=MOST_BLOCKS)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        check_names(self.blocks)
        return self

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the model has classes."""
        if classification is not None:
            raise ValueError("a model of what comes of patients has no classes")

    def model_lines(self) -> list[str]:
        """Return a line of the card for each block."""
        return block_lines((block, _said(block)) for block in self.blocks)

    def needs_lines(self) -> list[str]:
        """Return a line of the card that says what an input must be."""
        return [NEEDS_BLOCKS]

    def training_rows(self) -> str:
        """Return how many blocks the model was trained on."""
        return f"{len(self.blocks)} blocks"


def _said(block: SummedSpectra | SummedTissue | FusedClinical) -> str:
    if isinstance(block, FusedClinical):
        return f"weighted sum of {', '.join(column.name for column in block.columns)}"[:120]
    if isinstance(block, SummedTissue):
        return f"{block.model} of {', '.join(encoder.name for encoder in block.images.encoders)}"[:120]
    return block.model
