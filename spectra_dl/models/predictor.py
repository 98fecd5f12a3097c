"""What every trained model is, whatever it takes in: a description, networks, and a file they come from and go to."""

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import numpy as np

from spectra_dl.errors import SpectraDLWarning
from spectra_dl.models.file import ModelFile, read_model_file, save_model
from spectra_dl.models.members import member_tensors, rebuilding, refuse_unused
from spectra_dl.plugins import permitted_plugins

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import InputPart, ModelHeader

Input = TypeVar("Input", bound="InputPart")


@dataclass(frozen=True, eq=False)
class Predictor(ABC, Generic[Input]):
    """A trained model; each modality adds how its inputs become what the networks take.

    Attributes
    ----------
    header
        The model file's description.
    networks
        The members, in evaluation mode and float64, so that no result depends on the batch it stood in.
    sha256
        The digest that seals the model file; empty before it is saved.
    """

    header: "ModelHeader[Input]"
    networks: "Sequence[nn.Module]"
    sha256: str = field(default="", kw_only=True)

    @classmethod
    @abstractmethod
    def input_part(cls) -> type[Input]:
        """Return the class of the header's input part."""

    @classmethod
    @abstractmethod
    def from_tensors(
        cls, header: "ModelHeader[Input]", tensors: Mapping[str, np.ndarray], *, sha256: str = ""
    ) -> Self:
        """Build the model around the tensors of its file.

        Parameters
        ----------
        header
            The description.
        tensors
            Every array of the file by name.
        sha256
            The digest that seals the file.

        Raises
        ------
        KeyError, RuntimeError
            Tensors are missing, mis-shaped or of another type.
        """

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; weights in float32."""
        return member_tensors(self.networks)

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the model file, whole or not at all, and return the SHA-256 that seals it."""
        return save_model(path, self.header, self.tensors())

    @classmethod
    def load(cls, path: str | os.PathLike[str], plugins: Collection[str] = ()) -> Self:
        """Load a model file.

        Parameters
        ----------
        path
            Of the file.
        plugins
            Names of plugins, as ``plugin:NAME``, that may be imported if the model needs them.

        Raises
        ------
        UsageError
            It needs a plugin that is not among these, or not installed.
        UnsafeError
            The file is of a kind that can run code; nothing was executed.
        ModelFileError
            The file is damaged, altered, or a model of another modality.
        """
        return cls.from_file(read_model_file(path), plugins)

    @classmethod
    def from_file(cls, file: ModelFile, plugins: Collection[str] = ()) -> Self:
        """Build the model from a file that was read.

        Parameters
        ----------
        file
            That was read.
        plugins
            Names of plugins, as ``plugin:NAME``, that may be imported if the model needs them.

        Raises
        ------
        UsageError
            It needs a plugin that is not among these, or not installed.
        ModelFileError
            It is a model of another modality, its description is not valid, or its tensors don't fit.
        """
        header = file.header(cls.input_part())
        if needed := header.input.plugins():
            for note in permitted_plugins(needed, plugins):
                warnings.warn(note, SpectraDLWarning, stacklevel=2)
        with rebuilding(file.path):
            predictor = cls.from_tensors(header, file.tensors, sha256=file.sha256)
        refuse_unused(file.path, file.tensors, predictor.tensors())
        return predictor
