"""Save and read a model: one sealed .safetensors file, nothing in it that could run."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.errors import ModelFileError
from spectra_dl.storage.sealed import read_sealed, write_sealed

if TYPE_CHECKING:
    from spectra_dl.models.header import Input, InputPart, ModelHeader

_KIND = "spectra_dl"
_OLD_VERSION = 1
_LONGEST_LIST = 380


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model file that is whole, before its description is checked against a modality's schema.

    Attributes
    ----------
    path
        As it was given; for messages.
    description
        The JSON object in the layout of the present format.
    format_version
        The format the file was written in.
    tensors
        Every array by name.
    sha256
        The digest that seals the file.
    """

    path: str
    description: dict[str, Any]
    format_version: int
    tensors: dict[str, np.ndarray]
    sha256: str

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return Path(self.path).name

    @property
    def kind(self) -> object:
        """What the input part calls itself; a text in every file that can be read."""
        part = self.description.get("input")
        return part.get("kind") if isinstance(part, dict) else None

    def header(self, part: "type[Input]") -> "ModelHeader[Input]":
        """Check the description, the weights and that they belong together, and return the description.

        Parameters
        ----------
        part
            The class of the input part.

        Raises
        ------
        ModelFileError
            The input part is of another kind or version, the description is not valid, or the weights are not the
            ones it names or not finite.
        """
        from pydantic import ValidationError

        from spectra_dl.models.header import ModelHeader

        description = {**self.description, "input": self._input_part(part)}
        try:
            header = ModelHeader[part].model_validate_json(json.dumps(description))  # type: ignore[valid-type]
        except ValidationError as err:
            raise ModelFileError(
                f"{self.name}: its description is not valid ({_problems(err)}); take a fresh copy"
            ) from err
        except RecursionError as err:
            raise ModelFileError(
                f"{self.name}: its description is nested too deeply; take a fresh copy"
            ) from err
        if weights_sha256(self.tensors) != header.weights_sha256:
            raise ModelFileError(
                f"{self.name}: its weights are not the ones its description names; take a fresh copy"
            )
        _refuse_non_finite(self.tensors, self.name)
        return header

    def _input_part(self, part: "type[InputPart]") -> dict[str, Any]:
        """Return the input part's values in its present version, of the kind that ``part`` reads."""
        kind, versions = part.known_kind(), part.known_versions()
        if self.kind != kind:
            raise ModelFileError(
                f"{self.path}: a model of {self.kind!s:.60}, not of {kind}; name another model"
            )
        values: dict[str, Any] = self.description["input"]
        if self.format_version == _OLD_VERSION:
            return part.upgraded(values)
        if values.get("version") not in versions:
            raise ModelFileError(
                f"{self.name}: its part {kind!r} is written in version {values.get('version')!s:.60}, this program reads "
                f"version {' and '.join(map(str, versions))}; update spectra-dl"
            )
        return values


def weights_sha256(tensors: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 over every tensor's name, type, shape and bytes, in the order of names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        array = np.asarray(tensors[name], order="C")
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save_model(
    path: str | os.PathLike[str], header: "ModelHeader[InputPart]", tensors: Mapping[str, np.ndarray]
) -> str:
    """Write a model file, whole or not at all, and return the SHA-256 that seals it.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    header
        The model's description; its ``weights_sha256`` is that of ``tensors``.
    tensors
        Every array by name, finite.

    Raises
    ------
    ModelFileError
        A weight is not finite.
    EnvironmentFault
        The file can't be written.
    """
    _refuse_non_finite(tensors, Path(path).name)
    # Earlier versions read a model of classes, which has no such entry.
    without = {"outcome"} if header.outcome is None else None
    text = json.dumps(header.model_dump(mode="json", exclude=without), ensure_ascii=True, allow_nan=False)
    return write_sealed(path, _KIND, text, tensors)


def read_model_file(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model file of any modality; a file of format 1 is brought to the layout of the present format.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code; nothing was executed.
    ModelFileError
        The file is damaged, altered or of a format that is not known.
    """
    from spectra_dl.models.format_1 import upgraded
    from spectra_dl.models.header import FORMAT_VERSION

    name = Path(path).name
    sealed = read_sealed(path, _KIND)
    try:
        description = json.loads(sealed.text)
        version = description.get("format_version")
    except (ValueError, RecursionError, AttributeError) as err:
        raise ModelFileError(f"{name}: its description is not a JSON object; take a fresh copy") from err
    if type(version) is not int or version not in (_OLD_VERSION, FORMAT_VERSION):
        raise ModelFileError(
            f"{name}: written in format {version!s:.60}, this program reads formats {_OLD_VERSION} and {FORMAT_VERSION}; update spectra-dl"
        )
    if version == _OLD_VERSION:
        description = upgraded(description)
    return ModelFile(str(path), description, version, sealed.tensors, sealed.sha256)


def _problems(err: Any) -> str:
    """Return the first five of a ValidationError's problems, each with its place."""
    problems = "; ".join(
        ": ".join([*filter(None, [".".join(map(str, e["loc"]))]), e["msg"].removeprefix("Value error, ")])
        for e in err.errors(include_input=False)[:5]
    )
    return problems[:_LONGEST_LIST]


def _refuse_non_finite(tensors: Mapping[str, np.ndarray], name: str) -> None:
    for key, array in tensors.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f'{name}: non-finite weights in "{key}"; train the model again')
