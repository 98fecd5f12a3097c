"""What a model of images says of its input: the header's part of this modality."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from spectra_dl.imaging.encoders.registry import FINE_TUNED_SIDE
from spectra_dl.imaging.features.description import EncoderDescription
from spectra_dl.imaging.features.precomputed import PRECOMPUTED
from spectra_dl.models.header import Classification, ClassName, Closed, InputPart
from spectra_dl.tissue.estimators.model_names import FINE_TUNED, NETWORK, NETWORKS, POOLING, Network

MOST_CLASSES, MOST_PATIENTS = 20, 10_000  # of which counts are kept
Counts = Annotated[list[Annotated[int, Field(ge=0, le=10**9)]], Field(max_length=MOST_CLASSES)]
PatientCounts = Annotated[list[Counts], Field(max_length=MOST_CLASSES)]
ImageHash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class ImageNetwork(Closed):
    """The network by name, and the numbers it is built from."""

    name: Network = NETWORK
    n_features: int = Field(ge=1, le=100_000)
    n_classes: int = Field(ge=2, le=1_000)
    members: int = Field(ge=1, le=100)


class TrainingImages(Closed):
    """How many images the model was trained on, and digests by which each file is known again."""

    images: int = Field(ge=1)
    image_hashes: list[ImageHash] = Field(max_length=10_000_000)


class ShareOfClass(Closed):
    """The share that predict estimates unless another is asked for: part / (part + rest)."""

    part: ClassName
    rest: ClassName


class ImageWidths(Closed):
    """Between which widths in um the training images lay whose um per pixel were stated."""

    least: float = Field(gt=0)
    most: float = Field(gt=0)


class ImagesInput(InputPart):
    """What every model of images says of them: the encoders, the training images, and how wide these were.

    ``tile_um`` is the side of the tiles that slides were cut into, None where none were; ``image_um`` the widths of other images, None where nobody said,
    and in files that don't know it.
    """

    encoders: list[EncoderDescription] = Field(min_length=1, max_length=20)
    training: TrainingImages
    tile_um: float | None = Field(default=None, ge=1.0, le=10_000.0)
    image_um: ImageWidths | None = None

    def check_encoders(self, n_features: int | None) -> None:
        """Raise a ValueError where the encoders can't give what a network takes.

        Parameters
        ----------
        n_features
            That the network takes; None where it looks at the images themselves.
        """
        if any(encoder.name == PRECOMPUTED for encoder in self.encoders):
            raise ValueError("a model of images takes images, not features from elsewhere")
        if n_features not in (None, sum(encoder.width for encoder in self.encoders)):
            raise ValueError("the encoders do not match the network's inputs")

    def encoder_line(self) -> str:
        """Return a line of the card that names the encoders."""
        return f"Encoder        {', '.join(encoder.name for encoder in self.encoders)}, whole images"

    def needs_lines(self) -> list[str]:
        """Return a line of the card that says what an input must be."""
        cut = "" if self.tile_um is None else f"; slides are cut into tiles of {self.tile_um:g} um"
        wide = (
            ""
            if self.image_um is None
            else f", {self.image_um.least:.4g} to {self.image_um.most:.4g} um wide"
        )
        return [f"Needs          images cut and scanned as the training images were{wide}{cut}"]

    def training_rows(self) -> str:
        """Return how many images the model was trained on."""
        return f"{self.training.images} images"


class TissueInput(ImagesInput):
    """The encoders, the networks, the training images, and whether a class is a patient's, a slide's or an image's.

    ``held_out_counts`` has, for each training patient, how many of its images of each class members that never saw it predicted as each; it is empty
    where classes are not of images, and in files that don't know it.
    """

    kind: Literal["tissue"] = "tissue"
    version: Literal[1] = 1
    network: ImageNetwork
    classes_of: Literal["patient", "slide", "image"]
    held_out_counts: list[PatientCounts] = Field(default=[], max_length=MOST_PATIENTS)
    share: ShareOfClass | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        self.check_encoders(None if self.looks_at_pixels else self.network.n_features)
        if self.looks_at_pixels and self.network.n_features != 3 * FINE_TUNED_SIDE**2:
            raise ValueError("the network does not take the pixels of an image")
        if (self.classes_of == "slide" and not self.pools) or (self.classes_of == "image" and self.pools):
            raise ValueError("the network does not fit what classes are of")
        return self

    @property
    def pools(self) -> bool:
        """Whether the network pools the images of a patient or a slide."""
        return self.network.name in POOLING

    @property
    def looks_at_pixels(self) -> bool:
        """Whether the network looks at the images themselves; the encoders then say what is like the training images."""
        return self.network.name == FINE_TUNED

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the network has other classes than the model, or counts and shares of images where classes are of something else."""
        if classification is None or len(classification.classes) != self.network.n_classes:
            raise ValueError("the network has another number of classes than the model")
        if (self.held_out_counts or self.share is not None) and self.classes_of != "image":
            raise ValueError("held-out counts and shares are of images, and classes are not")
        count = self.network.n_classes
        square = (
            len(patient) == count and all(len(row) == count for row in patient)
            for patient in self.held_out_counts
        )
        if not all(square):
            raise ValueError("the held-out counts are of another number of classes")
        if self.share is not None:
            named = {self.share.part, self.share.rest}
            if len(named) != 2 or not named <= set(classification.classes) or not self.held_out_counts:
                raise ValueError("the share is not of two classes whose held-out counts are known")

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is."""
        return [
            f"Network        {NETWORKS[self.network.name]}, {self.network.members} members",
            *(
                [f"Looks at       images of {FINE_TUNED_SIDE} x {FINE_TUNED_SIDE} pixels"]
                if self.looks_at_pixels
                else []
            ),
            self.encoder_line(),
            f"Classes are    of {self.classes_of}s",
            *(
                [f"Share          {self.share.part} / ({self.share.part} + {self.share.rest})"]
                if self.share is not None
                else []
            ),
        ]
