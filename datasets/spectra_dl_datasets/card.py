"""What is known of a dataset: where it comes from, what it may be used for, and what is wrong with it.

A card is a TOML file of a closed schema. Where nothing is known it says "unknown", and "unseen" for files and checksums that nobody
here ever saw, so that an empty place is never taken for a good one.
"""

import os
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self, TypeVar

# Whatever else is installed has no say in validating a card, and looking for it costs 30 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from spectra_dl.errors import DataError

CARDS = Path(__file__).with_name("cards")
UNSEEN = "unseen"

Unknown = Literal["unknown"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Count = Annotated[int, Field(ge=0)] | Literal["unknown", "not applicable"]
_Item = TypeVar("_Item")
# TOML has lists; a card that can't change has tuples.
Many = Annotated[tuple[_Item, ...], Field(strict=False)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DataFile(_Closed):
    """One file of a dataset, with the slashes of a path below the dataset's folder.

    Attributes
    ----------
    path
        Below the dataset's folder.
    sha256, size
        Of the file as it was seen here, in bytes; "unseen" where it never was.
    address
        Where exactly these bytes are downloaded from; None where they have to be brought by hand.
    """

    path: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | Literal["unseen"]
    size: Annotated[int, Field(ge=0)] | Literal["unseen"]
    address: Annotated[str, Field(pattern=r"^https://\S+$", max_length=500)] | None = None

    @field_validator("path")
    @classmethod
    def _stays_below(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or "\\" in path or ":" in path or ".." in parts or "\x00" in path:
            raise ValueError("a path below the dataset's folder is needed")
        return path

    @model_validator(mode="after")
    def _can_be_verified(self) -> Self:
        if self.address is not None and UNSEEN in (self.sha256, self.size):
            raise ValueError(
                "an address needs the file's sha256 and size: what can't be verified is not downloaded"
            )
        return self


class Grouping(_Closed):
    """What keeps the rows of one patient together, and by which rule; of paired samples a patient may carry several classes."""

    kind: Literal["patient", "paired samples", "replicate rule", "spatial block", "none", "unknown"]
    rule: Text


class ClassCount(_Closed):
    """A class with its patients and its spectra or tiles."""

    name: Text
    patients: Count
    items: Count


class Confound(_Closed):
    """Something other than biology that predicts the class, or inflates a score.

    Attributes
    ----------
    finding
        What it is.
    figure
        How strong it was.
    measured
        How that was measured.
    """

    finding: Text
    figure: Text
    measured: Text


class PublishedScore(_Closed):
    """What somebody else reported on this set, and how the set was split for it."""

    model: Text
    metric: Text
    value: float
    split: Text
    source: Text


class DatasetCard(_Closed):
    """Everything that is known of a dataset before it is loaded; the fields' names say what they hold.

    Attributes
    ----------
    axis
        Of the spectra; "not applicable" for tissue.
    address, version
        Where the set is published, and the version or commit that the files are of.
    readable, reading
        Whether the loader gives data, and what it does or why the readers refuse these files.
    files
        "unseen" where the set was never seen here, "generated" where it is simulated and not measured.
    layout
        How the files have to lie in the dataset's folder.
    split
        What is known of the split that the set is published with.
    command
        Which writes a generated set's data to a folder DIR; None where there is none.
    """

    id: Name
    title: Text
    modality: Literal["Raman", "tissue"]
    task: Literal["classification", "regression", "expression", "format example", "reference library"]
    specimen: Text
    instrument: Text
    laser: Text
    axis: Text
    patients: Count
    spectra: Count
    sections: Count
    grouping: Grouping
    classes: Many[ClassCount] | Literal["unknown", "none"]
    licence: Text
    citation: Text
    address: Text
    version: Text
    readable: bool
    reading: Text
    files: Many[DataFile] | Literal["unseen", "generated"]
    layout: Text
    split: Text
    confounds: Many[Confound]
    allowed_use: Text
    published: Many[PublishedScore] = ()
    command: Text | None = None

    @field_validator("files")
    @classmethod
    def _each_once(cls, files: tuple[DataFile, ...] | str) -> tuple[DataFile, ...] | str:
        paths = [] if isinstance(files, str) else [file.path for file in files]
        if len(set(paths)) < len(paths):
            raise ValueError("a path stands twice")
        return files

    @property
    def known_files(self) -> tuple[DataFile, ...]:
        """The files that are named one by one; none where they were never seen."""
        return () if isinstance(self.files, str) else self.files


def read_card(path: Path) -> DatasetCard:
    """Read and check one card.

    Raises
    ------
    DataError
        It is no TOML, a field is missing, unknown or of the wrong kind, or its id is not the file's name.
    """
    try:
        card = DatasetCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise DataError(
            f"{path.name}: {place}: {first['msg']:.150}; complete the card as docs/datasets.md says"
        ) from err
    except (OSError, ValueError) as err:
        raise DataError(f"{path.name}: can't be read as TOML ({str(err)[:150]}); correct the card") from err
    if card.id != path.stem:
        raise DataError(f"{path.name}: its id is {card.id!r}; give the file and the set one name")
    return card
