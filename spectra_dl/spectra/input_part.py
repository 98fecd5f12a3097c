"""What a model of spectra says of its input: the header's part of this modality."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, cast

from pydantic import Field, JsonValue, field_validator, model_validator

from spectra_dl.models.header import Classification, Closed, InputPart
from spectra_dl.plugins import LONGEST_PACKAGE, PACKAGE, NeededPlugin, is_plugin_name, version_of
from spectra_dl.spectra.class_spectra import ClassSpectra, ClassSpectraDescription
from spectra_dl.spectra.networks import FITTED_NAMES, NETWORKS
from spectra_dl.spectra.preprocessing.cover import AxisNeeds
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing

_UNNAMED = "a package that the file does not name"
PackageName = Annotated[str, Field(pattern=PACKAGE, max_length=LONGEST_PACKAGE)]
SpectrumHash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class NetworkDescription(Closed):
    """The architecture by name, and the numbers it is built from."""

    name: str = Field(max_length=200)
    n_wavenumbers: int = Field(ge=1, le=65_536)
    n_classes: int = Field(ge=2, le=1_000)
    members: int = Field(ge=1, le=100)
    package: PackageName | None = None  # what brought it, where it is a plugin

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = (*NETWORKS, *FITTED_NAMES)
        if name not in known and not is_plugin_name(name):
            raise ValueError(f"no network is called {name!r:.80}; this program knows {', '.join(known)}")
        return name


class FittedDescription(Closed):
    """A network that was fitted in one go beside the members, by name; it takes and gives what they do."""

    name: Literal["minirocket"]


class AxisContract(Closed):
    """The wavenumber axis in cm⁻¹ that an input must cover; the laser, and what corrected axis and spectra, where that is known.

    Files of before state all of the training spectra's axis, also where a crop leaves a part of it out; what is needed then is
    `SpectraInput.axis_needs`.
    """

    first: float
    last: float
    points: int = Field(ge=1, le=65_536)
    unit: Literal["cm-1"] = "cm-1"
    laser_nm: float | None = None
    calibration: Annotated[str, Field(max_length=300)] | None = None  # not in files of before
    transfer: Annotated[str, Field(max_length=300)] | None = None  # nor this


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
        packages = [step.get("package", _UNNAMED) for stored in self.preprocessing for step in _steps(stored)]
        if not all(map(_is_package, packages)):
            raise ValueError("the package of a cleaning step is not a name with a version")
        return self

    def check(self, classification: Classification | None) -> None:
        """Raise a ValueError where the network has other classes than the model."""
        if classification is None or len(classification.classes) != self.network.n_classes:
            raise ValueError("the class names do not match the network's number of classes")
        named = self.class_spectra.classes if self.class_spectra else []
        if len(set(named)) < len(named) or not set(named) <= set(classification.classes):
            raise ValueError("class_spectra: each must be of another one of the model's classes")

    def plugins(self) -> tuple[NeededPlugin, ...]:
        """Return what other packages the networks and the cleaning steps come from."""
        steps = [step for stored in self.preprocessing for step in _steps(stored)]
        brought = [NeededPlugin("networks", self.network.name, self.network.package or _UNNAMED)]
        brought += [
            NeededPlugin("steps", str(step["step"]), str(step.get("package", _UNNAMED))) for step in steps
        ]
        return tuple(plugin for plugin in dict.fromkeys(brought) if is_plugin_name(plugin.name))

    def model_lines(self) -> list[str]:
        """Return lines of the card that say what kind of model this is."""
        network = self.network
        return [
            f"Network        {network.name}, {network.members} members, {network.n_classes} classes",
            *(f"Beside it      {model.name}" for model in self.beside),
            *(f"Needs plugin   {needed.name} of {needed.package}" for needed in self.plugins()),
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
        stored = self.preprocessing[0]
        known = [
            step for step in _steps(stored) if not is_plugin_name(str(step["step"]))
        ]  # others keep the axis
        return AxisNeeds.of(FittedPreprocessing.from_json({**stored, "steps": known}).axis)

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
            "transfer": self.axis.transfer,
            "sentence": needs.sentence,
        }

    def needs_lines(self) -> list[str]:
        """Return lines of the card that say what an input must be and what is done to it."""
        names = [str(step["step"]) for step in _steps(self.preprocessing[0])]
        needs = self.axis_needs()
        ranges = " and ".join(f"{low:g} to {high:g}" for low, high in needs.ranges)
        laser, calibrated, transfer = self.axis.laser_nm, self.axis.calibration, self.axis.transfer
        return [
            f"Needs          {ranges} cm-1 ({needs.points} points, to which wider and finer spectra are brought)",
            f"Recommended    {needs.sentence}",
            *([] if laser is None else [f"Laser          {laser:g} nm, as the training spectra"]),
            *([] if calibrated is None else [f"Calibration    {calibrated}; give yours as --calibration"]),
            *([] if transfer is None else [f"Transfer       training spectra {transfer}"]),
            f"Preprocessing  {' -> '.join(names)}",
        ]

    def training_rows(self) -> str:
        """Return how many spectra the model was trained on."""
        return f"{self.training.spectra} spectra"


def _is_package(text: JsonValue) -> bool:
    """Return whether a stored step's package is a name with a version, as a network's must be."""
    return isinstance(text, str) and len(text) <= LONGEST_PACKAGE and re.fullmatch(PACKAGE, text) is not None


def _steps(stored: Mapping[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """Return the stored steps of a preprocessing, as far as they say what they are."""
    steps = stored.get("steps")
    return (
        [step for step in steps if isinstance(step, dict) and "step" in step]
        if isinstance(steps, list)
        else []
    )


def describe_input(
    network: str,
    fitted: Sequence[FittedPreprocessing],
    *,
    beside: Sequence[Literal["minirocket"]] = (),
    n_classes: int,
    spectrum_hashes: Sequence[str],
    laser_nm: float | None = None,
    calibration: str | None = None,
    transfer: str | None = None,
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
    transfer
        By what they were brought to another instrument's, in words.
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
            package=version_of("networks", network) if is_plugin_name(network) else None,
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
            transfer=transfer,
        ),
        training=TrainingSpectra(spectra=len(spectrum_hashes), spectrum_hashes=list(spectrum_hashes)),
        class_spectra=class_spectra.description if class_spectra else None,
    )
    return part, preprocessing
