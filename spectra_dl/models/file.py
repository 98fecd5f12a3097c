"""Save and load a model: one sealed .safetensors file, nothing in it that could run."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import ModelFileError
from spectra_dl.storage.sealed import read_sealed, write_sealed

if TYPE_CHECKING:
    from spectra_dl.models.header import ExpressionHeader, ModelHeader

    LoadedModel = tuple[ModelHeader | ExpressionHeader, dict[str, np.ndarray], str]

_KIND = "spectra_dl"


def weights_sha256(tensors: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 over every tensor's name, type, shape and bytes, in the order of names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        array = np.asarray(tensors[name], order="C")
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save_model(
    path: str | os.PathLike[str], header: "ModelHeader | ExpressionHeader", tensors: Mapping[str, np.ndarray]
) -> str:
    """Write a model file, whole or not at all, and return the SHA-256 that seals it.

    Raises
    ------
    ModelFileError
        A weight is not finite.
    EnvironmentFault
        The file can't be written.
    """
    _refuse_non_finite(tensors, Path(path).name)
    text = json.dumps(header.model_dump(mode="json"), ensure_ascii=True, allow_nan=False)
    return write_sealed(path, _KIND, text, tensors)


def load_model(path: str | os.PathLike[str]) -> "LoadedModel":
    """Read a model file and return its header, its tensors and the SHA-256 that seals it.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code; nothing was executed.
    ModelFileError
        The file is damaged, altered, of another version, or holds weights that are not finite.
    """
    from pydantic import ValidationError

    from spectra_dl.models.header import FORMAT_VERSION, HEADERS

    name = Path(path).name
    sealed = read_sealed(path, _KIND)
    try:
        told = json.loads(sealed.text)
        version, modality = told.get("format_version"), told.get("modality")
    except (ValueError, RecursionError, AttributeError) as err:
        raise ModelFileError(f"{name}: its description is not a JSON object; take a fresh copy") from err
    if version != FORMAT_VERSION:
        raise ModelFileError(
            f"{name}: written in format {version}, this program reads format {FORMAT_VERSION}; update spectra-dl"
        )
    if not isinstance(modality, str) or modality not in HEADERS:
        raise ModelFileError(
            f"{name}: a model of {modality!r:.60}; this program knows {' and '.join(HEADERS)}"
        )
    try:
        header = HEADERS[modality].model_validate_json(sealed.text)
    except ValidationError as err:
        problems = "; ".join(
            ": ".join([*filter(None, [".".join(map(str, e["loc"]))]), e["msg"].removeprefix("Value error, ")])
            for e in err.errors(include_input=False)[:5]
        )
        raise ModelFileError(
            f"{name}: its description is not valid ({problems[:300]}); take a fresh copy"
        ) from err
    if weights_sha256(sealed.tensors) != header.weights_sha256:
        raise ModelFileError(f"{name}: its weights are not the ones its description names; take a fresh copy")
    _refuse_non_finite(sealed.tensors, name)
    return header, sealed.tensors, sealed.sha256


def _refuse_non_finite(tensors: Mapping[str, np.ndarray], name: str) -> None:
    for key, array in tensors.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f'{name}: non-finite weights in "{key}"; train the model again')
