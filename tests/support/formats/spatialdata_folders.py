"""SpatialData folders for tests, written by the library itself."""

from pathlib import Path

import numpy as np


def written_folder(
    path, *, pictures=None, systems=("global",), to_picture=None, table=True, radius=27.5, obs=None
):
    """Write 60 circles 100 apart on a picture of tissue, with counts, and return the places in pixels.

    ``to_picture`` is an affine 3 x 3 matrix from the circles' coordinates to the picture's pixels, the identity if None.
    """
    import anndata
    import pandas as pd
    import spatialdata
    from scipy.sparse import csr_matrix
    from spatialdata.models import Image2DModel, ShapesModel, TableModel
    from spatialdata.transformations import Affine, Identity

    rng = np.random.default_rng(0)
    pixel = np.stack(np.meshgrid(np.arange(10), np.arange(6)), -1).reshape(-1, 2) * 100.0 + 60
    matrix = np.eye(3) if to_picture is None else np.asarray(to_picture)
    place = (np.column_stack([pixel, np.ones(60)]) @ np.linalg.inv(matrix).T)[:, :2]
    names = [f"b{k}" for k in range(60)]
    if pictures is None:
        pictures = {"he": tissue(rng)}
    images = {
        name: Image2DModel.parse(
            values,
            dims=("c", "y", "x"),
            scale_factors=[2] if min(values.shape[1:]) > 200 else None,
            transformations={system: Identity() for system in systems},
        )
        for name, values in pictures.items()
    }
    to_system = Affine(matrix, input_axes=("x", "y"), output_axes=("x", "y"))
    shapes = ShapesModel.parse(
        place,
        geometry=0,
        radius=radius,
        index=names,
        transformations=dict.fromkeys(systems, to_system),
    )
    counts = csr_matrix(rng.poisson(3.0, (60, 12)).astype(np.float32))
    columns = {"region": pd.Categorical(["spots"] * 60), "instance_id": names} | (obs or {})
    adata = anndata.AnnData(
        counts,
        obs=pd.DataFrame(columns, index=[f"barcode{k}" for k in range(60)]),
        var=pd.DataFrame(
            {"gene_ids": [f"ENSG{k:011d}" for k in range(12)]}, index=[f"GENE{k}" for k in range(12)]
        ),
    )
    parsed = TableModel.parse(adata, region="spots", region_key="region", instance_key="instance_id")
    tables = {"table": parsed} if table else {}
    spatialdata.SpatialData(images=images, shapes={"spots": shapes}, tables=tables).write(Path(path))
    return pixel


def tissue(rng, height=700, width=1100):
    """Return a pink picture ``(3, height, width)`` with some noise."""
    colour = np.array([190, 110, 170], dtype=np.uint8)[:, None, None]
    return colour + rng.integers(0, 40, (3, height, width), dtype=np.uint8)
