"""SpatialData folders for tests, written by the library itself."""

from pathlib import Path

import numpy as np

COUNT, GENES = 60, 12


def written_folder(
    path,
    *,
    pictures=None,
    systems=("global",),
    to_picture=None,
    tables=("table",),
    radius=27.5,
    obs=None,
    pixel=None,
    names=None,
    regions=("spots",),
    channels=("r", "g", "b"),
    reduced=1.0,
):
    """Write 60 circles on a picture of tissue, with counts, and return their places in pixels.

    ``to_picture`` is an affine 3 x 3 matrix from the circles' coordinates to the picture's pixels, the identity if None. Circles are divided
    evenly among the regions, and each table annotates all of them. A ``reduced`` picture has so many pixels per unit of the circles, which lie in the
    coordinate system as they stand, as spatialdata-io writes Visium.
    """
    import spatialdata
    from spatialdata.models import Image2DModel
    from spatialdata.transformations import Affine, Identity, Scale

    if pixel is None:
        pixel = np.stack(np.meshgrid(np.arange(10), np.arange(6)), -1).reshape(-1, 2) * 100.0 + 60
    matrix = np.eye(3) if to_picture is None else np.asarray(to_picture)
    place = (np.column_stack([pixel, np.ones(COUNT)]) @ np.linalg.inv(matrix).T)[:, :2]
    names = names or [f"b{k}" for k in range(COUNT)]
    images = {
        name: Image2DModel.parse(
            values,
            dims=("c", "y", "x"),
            scale_factors=[2] if min(values.shape[1:]) > 200 else None,
            c_coords=list(channels)[: len(values)] if len(channels) >= len(values) else None,
            transformations={
                system: Identity() if reduced == 1.0 else Scale([1 / reduced, 1 / reduced], axes=("x", "y"))
                for system in systems
            },
        )
        for name, values in (pictures or {"he": tissue(np.random.default_rng(0))}).items()
    }
    to_system = Affine(matrix, input_axes=("x", "y"), output_axes=("x", "y"))
    region = np.repeat(regions, COUNT // len(regions))
    shapes = {
        each: _shapes(
            place[region == each], np.array(names)[region == each], radius, dict.fromkeys(systems, to_system)
        )
        for each in regions
    }
    annotated = {name: _table(region, names, obs or {}) for name in tables}
    spatialdata.SpatialData(images=images, shapes=shapes, tables=annotated).write(Path(path))
    return pixel


def _shapes(place, names, radius, transformations):
    from spatialdata.models import ShapesModel

    return ShapesModel.parse(
        place, geometry=0, radius=radius, index=list(names), transformations=transformations
    )


def _table(region, names, obs):
    import anndata
    import pandas as pd
    from scipy.sparse import csr_matrix
    from spatialdata.models import TableModel

    counts = csr_matrix(np.random.default_rng(0).poisson(3.0, (COUNT, GENES)).astype(np.float32))
    columns = {"region": pd.Categorical(region), "instance_id": list(names)} | obs
    table = anndata.AnnData(
        counts,
        obs=pd.DataFrame(columns, index=[f"barcode{k}" for k in range(COUNT)]),
        var=pd.DataFrame(
            {"gene_ids": [f"ENSG{k:011d}" for k in range(GENES)]}, index=[f"GENE{k}" for k in range(GENES)]
        ),
    )
    keys = {"region_key": "region", "instance_key": "instance_id"}
    return TableModel.parse(table, region=sorted(set(region)), **keys)


def tissue(rng, height=700, width=1100):
    """Return a pink picture ``(3, height, width)`` with some noise."""
    colour = np.array([190, 110, 170], dtype=np.uint8)[:, None, None]
    return colour + rng.integers(0, 40, (3, height, width), dtype=np.uint8)
