"""A trained model from its file, whatever its modality; only what the file needs is imported.

`MODALITIES` is the one place that knows every modality: a new one adds its line here, and its input part and predictor
in its own room.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from spectra_dl.errors import ModelFileError
from spectra_dl.models.file import ModelFile, read_model_file

if TYPE_CHECKING:
    from spectra_dl.expression.input_part import ExpressionInput
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.fusion.input_part import FusionInput
    from spectra_dl.fusion.outcomes.input_part import FusionOutcomeInput
    from spectra_dl.fusion.outcomes.predictor import FusionOutcomePredictor
    from spectra_dl.fusion.predictor import FusionPredictor
    from spectra_dl.models.header import InputPart, ModelHeader
    from spectra_dl.models.predictor import Predictor
    from spectra_dl.spectra.input_part import SpectraInput
    from spectra_dl.spectra.outcomes.input_part import SpectraOutcomeInput
    from spectra_dl.spectra.outcomes.predictor import SpectraOutcomePredictor
    from spectra_dl.spectra.predictor import SpectraPredictor
    from spectra_dl.tissue.input_part import TissueInput
    from spectra_dl.tissue.outcome_input_part import TissueOutcomeInput
    from spectra_dl.tissue.outcome_predictor import TissueOutcomePredictor
    from spectra_dl.tissue.predictor import TissuePredictor


@dataclass(frozen=True)
class Modality:
    """Where a modality's classes are; each is imported when it is asked for.

    Attributes
    ----------
    input_part
        Returns the class of the header's input part.
    predictor
        Returns the class of the trained model.
    """

    input_part: "Callable[[], type[InputPart]]"
    predictor: "Callable[[], type[Predictor[Any]]]"


def _spectra_input() -> "type[SpectraInput]":
    from spectra_dl.spectra.input_part import SpectraInput

    return SpectraInput


def _spectra_predictor() -> "type[SpectraPredictor]":
    from spectra_dl.spectra.predictor import SpectraPredictor

    return SpectraPredictor


def _spectra_outcome_input() -> "type[SpectraOutcomeInput]":
    from spectra_dl.spectra.outcomes.input_part import SpectraOutcomeInput

    return SpectraOutcomeInput


def _spectra_outcome_predictor() -> "type[SpectraOutcomePredictor]":
    from spectra_dl.spectra.outcomes.predictor import SpectraOutcomePredictor

    return SpectraOutcomePredictor


def _expression_input() -> "type[ExpressionInput]":
    from spectra_dl.expression.input_part import ExpressionInput

    return ExpressionInput


def _expression_predictor() -> "type[ExpressionPredictor]":
    from spectra_dl.expression.predictor import ExpressionPredictor

    return ExpressionPredictor


def _tissue_input() -> "type[TissueInput]":
    from spectra_dl.tissue.input_part import TissueInput

    return TissueInput


def _tissue_predictor() -> "type[TissuePredictor]":
    from spectra_dl.tissue.predictor import TissuePredictor

    return TissuePredictor


def _tissue_outcome_input() -> "type[TissueOutcomeInput]":
    from spectra_dl.tissue.outcome_input_part import TissueOutcomeInput

    return TissueOutcomeInput


def _tissue_outcome_predictor() -> "type[TissueOutcomePredictor]":
    from spectra_dl.tissue.outcome_predictor import TissueOutcomePredictor

    return TissueOutcomePredictor


def _fusion_input() -> "type[FusionInput]":
    from spectra_dl.fusion.input_part import FusionInput

    return FusionInput


def _fusion_predictor() -> "type[FusionPredictor]":
    from spectra_dl.fusion.predictor import FusionPredictor

    return FusionPredictor


def _fusion_outcome_input() -> "type[FusionOutcomeInput]":
    from spectra_dl.fusion.outcomes.input_part import FusionOutcomeInput

    return FusionOutcomeInput


def _fusion_outcome_predictor() -> "type[FusionOutcomePredictor]":
    from spectra_dl.fusion.outcomes.predictor import FusionOutcomePredictor

    return FusionOutcomePredictor


MODALITIES: Final[Mapping[str, Modality]] = MappingProxyType(
    {
        "spectra": Modality(_spectra_input, _spectra_predictor),
        "spectra outcome": Modality(_spectra_outcome_input, _spectra_outcome_predictor),
        "expression": Modality(_expression_input, _expression_predictor),
        "tissue": Modality(_tissue_input, _tissue_predictor),
        "tissue outcome": Modality(_tissue_outcome_input, _tissue_outcome_predictor),
        "fusion": Modality(_fusion_input, _fusion_predictor),
        "fusion outcome": Modality(_fusion_outcome_input, _fusion_outcome_predictor),
    }
)


def load_model(path: str | os.PathLike[str], plugins: Collection[str] = ()) -> "Predictor[Any]":
    """Load a trained model of any modality.

    Parameters
    ----------
    path
        Of the model file.
    plugins
        Names of plugins, as ``plugin:NAME``, that may be imported if the model needs them; a file alone imports none.

    Returns
    -------
    Predictor
        A `spectra_dl.spectra.predictor.SpectraPredictor`, a `spectra_dl.spectra.outcomes.predictor.SpectraOutcomePredictor`, a `spectra_dl.expression.predictor.ExpressionPredictor`, a
        `spectra_dl.tissue.predictor.TissuePredictor`, a `spectra_dl.tissue.outcome_predictor.TissueOutcomePredictor`, a
        `spectra_dl.fusion.predictor.FusionPredictor` or a `spectra_dl.fusion.outcomes.predictor.FusionOutcomePredictor`; ``header.input.kind`` says which.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code; nothing was executed.
    ModelFileError
        The file is damaged, altered, or of a format, modality or version that is not known.
    UsageError
        The model needs a plugin that is not among ``plugins``, or not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import spectra_dl as sdl
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table
    >>> model = sdl.SpectraClassifier(table.wavenumber, members=2, training=sdl.TrainingSettings(epochs=2))
    >>> predictor = model.fit(table.intensity, table.label, groups=table.patient).predictor_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.safetensors")
    ...     digest = predictor.save(path)
    ...     loaded = sdl.load_model(path)
    >>> type(loaded).__name__, loaded.sha256 == digest
    ('SpectraPredictor', True)
    """
    file = read_model_file(path)
    return _modality(file).predictor().from_file(file, plugins)


def read_header(path: str | os.PathLike[str]) -> "tuple[ModelHeader[Any], str]":
    """Return a model file's description, checked, and the SHA-256 that seals it; no network is built.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code; nothing was executed.
    ModelFileError
        The file is damaged, altered, or of a format, modality or version that is not known.
    """
    file = read_model_file(path)
    return file.header(_modality(file).input_part()), file.sha256


def _modality(file: ModelFile) -> Modality:
    if not isinstance(file.kind, str) or file.kind not in MODALITIES:
        raise ModelFileError(
            f"{file.name}: a model of {file.kind!r:.60}; this program knows {' and '.join(MODALITIES)}"
        )
    return MODALITIES[file.kind]
