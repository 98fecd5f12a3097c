"""What a fusion says of its input: the header's part of this modality, which holds the whole description of each block's model."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from spectra_dl.fusion.clinical.powers import LARGEST_POWER, SMALLEST_POWER, ColumnPowers
from spectra_dl.fusion.readers.stated import MOST_BLOCKS, printable
from spectra_dl.models.header import Classification, Closed, InputPart, ModelHeader
from spectra_dl.plugins import NeededPlugin
from spectra_dl.spectra.input_part import SpectraInput
from spectra_dl.tissue.input_part import TissueInput

Name = Annotated[str, Field(min_length=1, max_length=200)]
BlockName = Annotated[Name, AfterValidator(printable)]
NEEDS_BLOCKS = (
    "Needs          a study file that names at least one of these blocks; a patient may lack blocks"
)


class Block(Closed):
    """A block by name, and how many training patients had it."""

    name: BlockName
    patients: int = Field(ge=1)


def check_names(blocks: Sequence[Block]) -> None:
    """Raise a ValueError where two blocks have one name."""
    if len({block.name for block in blocks}) < len(blocks):
        raise ValueError("two blocks have one name")


def block_lines(described: Iterable[tuple[Block, str]]) -> list[str]:
    """Return a line of the card for each block, with its model in a few words."""
    lines = [f"{block.name}: {words}, {block.patients} patients" for block, words in described]
    return [f"{'Fusion of' if at == 0 else '':<15}{line}" for at, line in enumerate(lines)]


class FusedSpectra(Block):
    """A block of spectra with the description of its model."""

    kind: Literal["spectra"] = "spectra"
    model: ModelHeader[SpectraInput]


class FusedTissue(Block):
    """A block of tissue images with the description of its model."""

    kind: Literal["tissue"] = "tissue"
    model: ModelHeader[TissueInput]


class FusedPower(Closed):
    """The Yeo-Johnson power that is taken of a skewed column's values, after they are divided by ``scale``."""

    scale: float = Field(gt=0, allow_inf_nan=False)
    exponent: float = Field(ge=SMALLEST_POWER, le=LARGEST_POWER)


class FusedColumn(Closed):
    """A clinical column as `spectra_dl.fusion.clinical.table.ClinicalColumn` has it; ``date``: it was read from dates; ``power`` of a skewed one."""

    name: Name
    kind: Literal["numeric", "ordinal", "category"]
    levels: list[Name] = Field(default=[], max_length=1_000)
    unit: str = Field(default="", max_length=40)
    date: bool = False
    power: FusedPower | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("a column has a level twice")
        if bool(self.levels) == (self.kind == "numeric"):
            raise ValueError("a column has levels where it is ordinal or a category, and there alone")
        if self.date and self.kind != "numeric":
            raise ValueError("a column of dates is numeric")
        if self.power and self.kind != "numeric":
            raise ValueError("a power is taken of a numeric column alone")
        return self

    @property
    def width(self) -> int:
        """How many numbers the column is made into."""
        return len(self.levels) if self.kind == "category" else 1


class FusedClinical(Block):
    """A block of clinical columns, whose weighted sums stand in tensors."""

    kind: Literal["clinical"] = "clinical"
    columns: list[FusedColumn] = Field(min_length=1, max_length=1_000)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len({column.name for column in self.columns}) < len(self.columns):
            raise ValueError("two columns have one name")
        return self

    @property
    def width(self) -> int:
        """How many numbers the columns are made into."""
        return sum(column.width for column in self.columns)

    def powers(self) -> ColumnPowers:
        """Return the powers of all numbers that the columns are made into."""
        powers = ColumnPowers.none(self.width)
        ends = accumulate(column.width for column in self.columns)
        for column, end in zip(self.columns, ends, strict=True):
            if column.power:
                powers.scale[end - 1], powers.exponent[end - 1] = column.power.scale, column.power.exponent
        return powers


FusedBlock = Annotated[FusedSpectra | FusedTissue | FusedClinical, Field(discriminator="kind")]


class FusionInput(InputPart):
    """The blocks, each with its model; weights and offsets stand in tensors."""

    kind: Literal["fusion"] = "fusion"
    version: Literal[1] = 1
    blocks: list[FusedBlock] = Field(min_length=2, max_length=MOST_BLOCKS)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        check_names(self.blocks)
        return self

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where a block's model has other classes, or another one is positive."""
        models = [block.model for block in self.blocks if not isinstance(block, FusedClinical)]
        each = [model.classification for model in models]
        if classification is None or any(
            own is None or own.classes != classification.classes for own in each
        ):
            raise ValueError("a block's model has other classes than the fusion")
        if any(own is not None and own.positive_class != classification.positive_class for own in each):
            raise ValueError("a block's model has another positive class than the fusion")

    def plugins(self) -> tuple[NeededPlugin, ...]:
        """Return what the blocks' models need of other packages."""
        models = [block.model for block in self.blocks if not isinstance(block, FusedClinical)]
        return tuple(dict.fromkeys(plugin for model in models for plugin in model.input.plugins()))

    def model_lines(self) -> list[str]:
        """Return a line of the card for each block."""
        return block_lines((block, _said(block)) for block in self.blocks)

    def needs_lines(self) -> list[str]:
        """Return a line of the card that says what an input must be."""
        return [NEEDS_BLOCKS]

    def training_rows(self) -> str:
        """Return how many blocks the model was trained on."""
        return f"{len(self.blocks)} blocks"


def _said(block: FusedSpectra | FusedTissue | FusedClinical) -> str:
    if isinstance(block, FusedClinical):
        return f"logistic regression of {', '.join(column.name for column in block.columns)}"[:120]
    return block.model.input.network.name
