"""Predictions as a SpatialData store: images, spots as circles, and the table that belongs to them."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.expression.output.frame import images
from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.expression.output.predictions_h5ad import predictions_table
from spectra_dl.storage.atomic import whole_folder
from spectra_dl.storage.text.storable import element_name

if TYPE_CHECKING:
    from anndata import AnnData
    from geopandas import GeoDataFrame
    from spatialdata import SpatialData
    from xarray import DataArray

FOLDER = "predictions.zarr"
_REGION, _INSTANCE = "region", "spot_id"


def require_spatialdata() -> None:
    """Refuse where spatialdata is not installed.

    Raises
    ------
    UsageError
        It says what to install.
    """
    import importlib.util

    if importlib.util.find_spec("spatialdata") is None:
        raise UsageError(
            "--export spatialdata needs the package spatialdata; pip install 'spectra-dl[spatial]'"
        )


def write_spatialdata(folder: Path, prediction: SectionPrediction) -> list[str]:
    """Write ``predictions.zarr``, a store of the SpatialData format, and read it back before it gets its name.

    Spots without a place are in neither shapes nor table, since a circle needs a centre. The coordinate system ``global`` is that of
    the full-resolution image, in pixels.

    Parameters
    ----------
    folder
        An existing folder.
    prediction
        Of a section.

    Raises
    ------
    UsageError
        spatialdata is not installed.
    EnvironmentFault
        The store can't be written, or does not read back as it was written.
    """
    require_spatialdata()
    import spatialdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries about each other
        store = _store(prediction)
        with whole_folder(folder / FOLDER) as temporary:
            store.write(temporary)
            again = spatialdata.read_zarr(temporary)
            same = again.tables["table"].shape == store.tables["table"].shape
            if not same or set(again.shapes) != set(store.shapes) or set(again.images) != set(store.images):
                raise EnvironmentFault(
                    f"{FOLDER}: spatialdata reads something else than was written; export another format, and report it"
                )
    return [FOLDER]


def _store(prediction: SectionPrediction) -> "SpatialData":
    from spatialdata import SpatialData

    section = prediction.section
    name = element_name(section.library_id or section.name)
    rows = np.flatnonzero(np.isfinite(section.full_pixel).all(axis=1))
    drawn = images(prediction)
    if drawn["lowres"][0].shape == drawn["hires"][0].shape:
        del drawn["lowres"]  # of two images of one size nobody knows which is meant
    return SpatialData(
        images={f"{name}_{size}_image": _image(pixels, scale) for size, (pixels, scale) in drawn.items()},
        shapes={name: _circles(prediction, rows)},
        tables={"table": _table(prediction, rows, name)},
    )


def _image(pixels: np.ndarray, scale: float) -> "DataArray":
    from spatialdata.models import Image2DModel
    from spatialdata.transformations import Scale

    to_full = Scale([1 / scale, 1 / scale], axes=("x", "y"))
    parsed: DataArray = Image2DModel.parse(
        np.moveaxis(pixels, -1, 0),
        dims=("c", "y", "x"),
        c_coords=["r", "g", "b"],
        transformations={"global": to_full},
    )
    return parsed


def _circles(prediction: SectionPrediction, rows: np.ndarray) -> "GeoDataFrame":
    from spatialdata.models import ShapesModel
    from spatialdata.transformations import Identity

    circles: GeoDataFrame = ShapesModel.parse(
        prediction.section.full_pixel[rows],
        geometry=0,
        radius=prediction.diameter_um / prediction.full_um_per_pixel / 2,
        index=rows.astype(np.int64),
        transformations={"global": Identity()},
    )
    return circles


def _table(prediction: SectionPrediction, rows: np.ndarray, name: str) -> "AnnData":
    import pandas as pd
    from spatialdata.models import TableModel

    table = predictions_table(prediction)[rows].copy()
    del table.uns["spatial"]  # its images are elements of their own
    table.obs[_REGION] = pd.Categorical([name] * len(rows))
    table.obs[_INSTANCE] = rows.astype(np.int64)
    parsed: AnnData = TableModel.parse(table, region=name, region_key=_REGION, instance_key=_INSTANCE)
    return parsed
