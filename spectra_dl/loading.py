"""Load a model file, whichever modality it is of."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from spectra_dl.models.file import load_model as load_model_file

if TYPE_CHECKING:
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.spectra.predictor import SpectraPredictor

    Predictor = SpectraPredictor | ExpressionPredictor

# The predictor of each modality; the other modality's modules are never imported.
_PREDICTORS: Final = {
    "expression": ("spectra_dl.expression.predictor", "ExpressionPredictor"),
    "spectra": ("spectra_dl.spectra.predictor", "SpectraPredictor"),
}


def load_model(path: str | os.PathLike[str]) -> "Predictor":
    """Load a model file and return the predictor of its modality.

    Parameters
    ----------
    path
        A ``.safetensors`` file that ``spectra-dl train`` or a predictor's ``save`` wrote.

    Returns
    -------
    SpectraPredictor or ExpressionPredictor
        Ready to predict; ``predictor.header`` describes the model.

    Raises
    ------
    UnsafeError
        The file is of a kind that can run code; nothing was executed.
    ModelFileError
        The file is damaged, altered, or of a version or modality this program does not know.

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
    header, tensors, sha256 = load_model_file(path)
    module, name = _PREDICTORS[header.modality]
    predictor = getattr(import_module(module), name)
    return cast("Predictor", predictor.rebuilt(path, header, tensors, sha256))
