"""Predictions as an AnnData folder of zarr's format 3 or 2, as the library at hand writes it."""

import warnings
from pathlib import Path

from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.expression.output.predictions_h5ad import predictions_table
from spectra_dl.storage.atomic import whole_folder

FOLDER = "predictions_anndata.zarr"


def write_anndata_zarr(folder: Path, prediction: SectionPrediction) -> list[str]:
    """Write ``predictions_anndata.zarr``, which holds what ``predictions.h5ad`` holds.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.

    Raises
    ------
    EnvironmentFault
        The folder can't be written.
    """
    table = predictions_table(prediction)
    with whole_folder(folder / FOLDER) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, on formats to come
        table.write_zarr(temporary)
    return [FOLDER]
