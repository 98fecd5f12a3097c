"""What a model of spectra says of its input: the header's part of this modality."""

import json
from collections.abc import Sequence
from typing import Annotated, Literal, Self, cast

from pydantic import Field, JsonValue, field_validator, model_validator

from spectra_dl.models.header import Classification, Closed, InputPart
from spectra_dl.spectra.class_spectra import ClassSpectra, ClassSpectraDescription
from spectra_dl.spectra.networks import FITTED_NAMES, NETWORKS
from spectra_dl.spectra.preprocessing.cover import AxisNeeds
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing

SpectrumHash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class NetworkDescription(Closed):
    """The architecture by name, and the numbers it is built from."""

    name: str = Field(max_length=200)
    n_wavenumbers: int = Field(ge=1, le=65_536)
    n_classes: int = Field(ge=2, le=1_000)
    members: int = Field(ge=1, le=100)

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = (*NETWORKS, *FITTED_NAMES)
        if name not in known:
            raise ValueError(f"no network is called {name!r:.80}; this program knows {', '.join(known)}")
        return name


class FittedDescription(Closed):
    """A network that was fitted in one go beside the members, by name; it takes and gives what they do."""

    name: Literal["minirocket"]


class AxisContract(Closed):
    """The wavenumber axis in cm⁻¹ that an input must cover; the laser and by what the axis was corrected, where that is known.

    Files of before state all of the training spectra's axis, also where a crop leaves a part of it out; what is needed then is
    `SpectraInput.axis_needs`.
    """

    first: float
    last: float
    points: int = Field(ge=1, le=65_536)
    unit: Literal["cm-1"] = "cm-1"
    laser_nm: float | None = None
    calibration: Annotated[str, Field(max_length=300)] | None = None  # not in files of before


class TrainingSpectra(Closed):
    """How many spectra the model was trained on, and digests by which each is known again."""

    spectra: int = Field(ge=1)
    spectrum_hashes: list[SpectrumHash]


class SpectraInput(InputPart):
    """The axis, the cleaning, the networks and the training spectra."""

    kind: Literal["spectra"] = "spectra"
    version: Literal[1, 2] = (
        2  # 1: `compact` has a linear path on bands, see `spectra_dl.spectra.networks.earlier_compact`
    )
    network: NetworkDescription
    beside: list[FittedDescription] = Field(default=[], max_length=10)
    preprocessing: list[dict[str, JsonValue]] = Field(min_length=1, max_length=100)
    preprocessing_of_member: list[Annotated[int, Field(ge=0)]] = Field(max_length=100)
    axis: AxisContract
    training: TrainingSpectra
    class_spectra: ClassSpectraDescription | None = None  # not in files of before

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        used = self.preprocessing_of_member
        if len(used) != self.network.members + len(self.beside) or set(used) != set(
            range(len(self.preprocessing))
        ):
            raise ValueError("each network must have one of the preprocessings, and each of them a network")
        return self

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the network has other classes than the model."""
        if classification is None or len(classification.classes) != self.network.n_classes:
            raise ValueError("the class names do not match the network's number of classes")
        named = self.class_spectra.classes if self.class_spectra else []
        if len(set(named)) < len(named) or not set(named) <= set(classification.classes):
            raise ValueError("class_spectra: each must be of another one of the model's classes")

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is."""
        network = self.network
        return [
            f"Network        {network.name}, {network.members} members, {network.n_classes} classes",
            *(f"Beside it      {model.name}" for model in self.beside),
            *(
                [
                    f"Class means    mean and SD over the training patients of {', '.join(self.class_spectra.classes)}, for the page of predict"
                ]
                if self.class_spectra
                else []
            ),
        ]

    def axis_needs(self) -> AxisNeeds:
        """Return what the axis of an input must be.

        Raises
        ------
        DataError
            The stored preprocessing is damaged.
        """
        return AxisNeeds.of(FittedPreprocessing.from_json(self.preprocessing[0]).axis)

    def needs(self) -> dict[str, JsonValue]:
        """Return what to measure for this model, as plain JSON values."""
        needs = self.axis_needs()
        return {
            "ranges": [list(part) for part in needs.ranges],
            "unit": self.axis.unit,
            "points": needs.points,
            "largest_step": needs.largest_step,
            "each_end_may_lack": needs.slack,
            "laser_nm": self.axis.laser_nm,
            "calibration": self.axis.calibration,
            "sentence": needs.sentence,
        }

    def needs_lines(self) -> list[str]:
        """Return lines of the card that say what an input must be and what is done to it."""
        steps = self.preprocessing[0].get("steps")
        names = (
            [str(step["step"]) for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
        )
        needs = self.axis_needs()
        ranges = " and ".join(f"{low:g} to {high:g}" for low, high in needs.ranges)
        laser, calibrated = self.axis.laser_nm, self.axis.calibration
        return [
            f"Needs          {ranges} cm-1 ({needs.points} points, to which wider and finer spectra are brought)",
            f"Recommended    {needs.sentence}",
            *([] if laser is None else [f"Laser          {laser:g} nm, as the training spectra"]),
            *([] if calibrated is None else [f"Calibration    {calibrated}; give yours as --calibration"]),
            f"Preprocessing  {' -> '.join(names)}",
        ]

    def training_rows(self) -> str:
        """Return how many spectra the model was trained on."""
        return f"{self.training.spectra} spectra"


def describe_input(
    network: str,
    fitted: Sequence[FittedPreprocessing],
    *,
    beside: Sequence[Literal["minirocket"]] = (),
    n_classes: int,
    spectrum_hashes: Sequence[str],
    laser_nm: float | None = None,
    calibration: str | None = None,
    class_spectra: ClassSpectra | None = None,
) -> tuple[SpectraInput, tuple[FittedPreprocessing, ...]]:
    """Return the input part, and the preprocessings it describes: what members share is stored and applied once.

    Parameters
    ----------
    network
        The members' architecture, or the model that stands alone: a name that `spectra_dl.spectra.networks.build_network` takes.
    fitted
        The preprocessing of each member, and of each model beside them.
    beside
        Names of the models fitted beside the members.
    n_classes
        Classes the networks separate.
    spectrum_hashes
        One for each training spectrum.
    laser_nm
        With which all training spectra were measured, where it is known.
    calibration
        By what the axis of all of them was corrected, in words.
    class_spectra
        What the file keeps of them.
    """
    texts = [json.dumps(steps.to_json()) for steps in fitted]
    distinct = list(dict.fromkeys(texts))
    preprocessing = tuple(fitted[texts.index(text)] for text in distinct)
    axis = preprocessing[0].axis
    part = SpectraInput(
        network=NetworkDescription(
            name=network,
            n_wavenumbers=len(preprocessing[0].wavenumber),
            n_classes=n_classes,
            members=len(fitted) - len(beside),
        ),
        beside=[FittedDescription(name=name) for name in beside],
        preprocessing=[cast("dict[str, JsonValue]", steps.to_json()) for steps in preprocessing],
        preprocessing_of_member=[distinct.index(text) for text in texts],
        axis=AxisContract(
            first=float(axis[0]),
            last=float(axis[-1]),
            points=len(axis),
            laser_nm=laser_nm,
            calibration=calibration,
        ),
        training=TrainingSpectra(spectra=len(spectrum_hashes), spectrum_hashes=list(spectrum_hashes)),
        class_spectra=class_spectra.description if class_spectra else None,
    )
    return part, preprocessing
