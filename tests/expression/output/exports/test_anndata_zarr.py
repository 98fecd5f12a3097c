"""Predictions as an AnnData folder hold what the .h5ad holds."""

import anndata
import numpy as np
import pandas as pd
import pytest

from spectra_dl.expression.output.exports.anndata_zarr import write_anndata_zarr
from spectra_dl.expression.output.predictions_h5ad import write_h5ad
from spectra_dl.expression.readers import read_section
from tissue.predictions import example_prediction


@pytest.mark.filterwarnings("ignore")
def test_the_folder_holds_what_the_file_holds_and_is_read_as_a_section(tmp_path):
    prediction = example_prediction()
    assert write_anndata_zarr(tmp_path, prediction) == ["predictions_anndata.zarr"]
    write_h5ad(tmp_path / "predictions.h5ad", prediction)
    folder, file = (
        anndata.read_zarr(tmp_path / "predictions_anndata.zarr"),
        anndata.read_h5ad(tmp_path / "predictions.h5ad"),
    )
    np.testing.assert_array_equal(folder.X, file.X)
    np.testing.assert_array_equal(folder.obsm["spatial"], file.obsm["spatial"])
    pd.testing.assert_frame_equal(folder.obs.astype(str), file.obs.astype(str), check_dtype=False)
    assert list(folder.var_names) == list(file.var_names)
    assert set(folder.uns["spatial"]) == set(file.uns["spatial"])
    again = read_section(tmp_path / "predictions_anndata.zarr", um_per_pixel=prediction.full_um_per_pixel)
    assert list(again.barcode) == list(prediction.section.barcode)
