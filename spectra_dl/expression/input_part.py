"""What a model of expression says of its input: the header's part of this modality."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from spectra_dl.expression.estimators.head_registry import HEADS, MLP
from spectra_dl.expression.estimators.losses import LOSSES
from spectra_dl.expression.estimators.registry import REGRESSIONS
from spectra_dl.imaging.features.description import EncoderDescription
from spectra_dl.imaging.features.precomputed import PRECOMPUTED
from spectra_dl.models.header import Classification, Closed, InputPart, Text

_OLD_HEADS: Mapping[object, JsonValue] = {"perceptron": MLP}


class ExpressionHead(Closed):
    """The head by name, the numbers it is built from, and what it was trained for."""

    name: str = Field(max_length=200)
    trained_by: str = Field(max_length=200)
    shown: Literal[1, 3]
    n_features: int = Field(ge=1, le=100_000)
    n_outputs: int = Field(ge=1, le=100_000)
    members: int = Field(ge=1, le=100)

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in HEADS:
            raise ValueError(f"no head is called {name!r:.80}; this program knows {', '.join(HEADS)}")
        return name

    @field_validator("trained_by")
    @classmethod
    def _is_a_loss_or_a_regression(cls, name: str) -> str:
        known = (*REGRESSIONS, *LOSSES)
        if name not in known:
            raise ValueError(
                f"no loss or regression is called {name!r:.80}; this program knows {', '.join(known)}"
            )
        return name


class GeneScore(Closed):
    """How well a gene is predicted on left-out tissue, of what its counts' noise allows; None where undefined.

    ``symbol`` is that of the training data where the name is another id; files of earlier versions have none.
    """

    name: Text
    pearson: float | None
    ceiling: float | None
    usable: bool
    symbol: Text | None = None

    @model_serializer(mode="wrap")
    def _without_unknown_symbol(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Write a gene without a symbol as earlier versions did."""
        fields: dict[str, object] = handler(self)
        return {name: value for name, value in fields.items() if name != "symbol" or value is not None}


class TrainingSections(Closed):
    """The sections the model was trained on, each with its patient and the mean colour of its tissue."""

    sections: dict[str, Text] = Field(min_length=1, max_length=10_000)
    spots: int = Field(ge=1)
    tissue_colours: dict[str, list[Annotated[float, Field(ge=0, le=255)]]] = Field(
        min_length=1, max_length=10_000
    )
    left_out: Literal["patient", "section"]


class ExpressionInput(InputPart):
    """The encoders and tiles, the head, the genes it predicts, and the training sections.

    ``expected`` holds the genes' correlations calibrated, in their order; files of earlier versions have none. Whether they hold for a section says
    `expected_accuracy.expected_pearson`.
    """

    kind: Literal["expression"] = "expression"
    version: Literal[1] = 1
    encoders: list[EncoderDescription] = Field(min_length=1, max_length=20)
    tile_sizes_um: list[Annotated[float, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=20)
    head: ExpressionHead
    genes: list[GeneScore] = Field(min_length=1, max_length=100_000)
    training: TrainingSections
    expected: list[Annotated[float, Field(ge=-1, le=1)] | None] = Field(default=[], max_length=100_000)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        expected = len(self.genes) * (2 if self.head.trained_by == "negative-binomial" else 1)
        widths = {True: 0, False: 0}
        for encoder in self.encoders:
            widths[encoder.name == PRECOMPUTED] += encoder.width
        if self.head.n_features != widths[False] * len(self.tile_sizes_um) + widths[True]:
            raise ValueError("the encoders do not match the head's inputs")
        if self.head.n_outputs != expected or len({gene.name for gene in self.genes}) != len(self.genes):
            raise ValueError("the genes do not match the head's outputs")
        if len(self.expected) not in (0, len(self.genes)):
            raise ValueError("the expected correlations do not match the genes")
        return self

    @classmethod
    def upgraded(cls, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return the part's values in a file of format 1 under the present names of heads."""
        head = values.get("head")
        if not isinstance(head, dict):
            return dict(values)
        name = head.get("name")
        known = _OLD_HEADS.get(name, name) if isinstance(name, str) else name
        return {**values, "head": {**head, "name": known} if "name" in head else head}

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the model has classes."""
        if classification is not None:
            raise ValueError("a model of expression has no classes")

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is."""
        head, usable = self.head, sum(gene.usable for gene in self.genes)
        around = "with" if head.shown > 1 else "without"
        sizes = ", ".join(f"{size:g}" for size in self.tile_sizes_um)
        return [
            f"Head           {head.name}, trained by {head.trained_by}, {head.members} members, {around} the tissue around a spot",
            f"Encoder        {', '.join(encoder.name for encoder in self.encoders)}, tiles of {sizes} um",
            f"Genes          {len(self.genes)}, of which {usable} are predicted well enough to be used",
            f"Expected r     {self._expectation()}",
        ]

    def _expectation(self) -> str:
        """Return for whom the expected correlations of genes hold."""
        from spectra_dl.expression.expected_accuracy import withheld_reason

        reason = withheld_reason(self, "a patient not trained on")
        if reason is None:
            return "calibrated, given for every section whose stain is like that of the training sections"
        return f"given for sections of the patients trained on, withheld for others: {reason}"

    def training_rows(self) -> str:
        """Return how many patients, sections and spots the model was trained on."""
        sections = self.training.sections
        return (
            f"{len(set(sections.values()))} patients, {len(sections)} sections, {self.training.spots} spots"
        )
