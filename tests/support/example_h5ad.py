"""Small sections as .h5ad, written with h5py alone, so that any part of them can be broken."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

SPOTS, GENES = 12, 6
Change = Callable[[h5py.File], None]


def write_image(path: Path) -> Path:
    """Write an image of 400 x 300 pixels: pink tissue on white glass."""
    pixels = np.full((300, 400, 3), 245, dtype=np.uint8)
    pixels[60:260, 40:360] = (190, 110, 170)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def made_counts() -> np.ndarray:
    """Raw counts of 12 spots and 6 genes."""
    return np.random.default_rng(0).poisson(3.0, (SPOTS, GENES)).astype(np.float64)


def made_places() -> np.ndarray:
    """Places of the 12 spots on the image, x and y."""
    x, y = np.meshgrid(np.arange(4), np.arange(3))
    return np.stack([80.0 + 60 * x.ravel(), 90.0 + 60 * y.ravel()], axis=1)


def write_h5ad(folder: Path, matrix: np.ndarray, places: np.ndarray, *, sparse: bool = False) -> Path:
    """Write one.h5ad as anndata lays it out, and its image one.png beside it."""
    write_image(folder / "one.png")
    path = folder / "one.h5ad"
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for table, ids in (
            ("obs", [f"spot{k}" for k in range(SPOTS)]),
            ("var", [f"GENE{k}" for k in range(GENES)]),
        ):
            group = file.create_group(table)
            group.attrs.update(
                {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"}
            )
            group.create_dataset("_index", data=ids, dtype=h5py.string_dtype())
        file.create_dataset("obsm/spatial", data=places)
        if sparse:
            write_csr(file, "X", matrix)
        else:
            file.create_dataset("X", data=matrix)
    return path


def write_csr(file: h5py.File, name: str, matrix: np.ndarray) -> None:
    """Store a matrix as anndata stores sparse rows."""
    from scipy.sparse import csr_matrix

    rows = csr_matrix(matrix)
    group = file.create_group(name)
    group.attrs.update(
        {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": np.array(matrix.shape)}
    )
    for part in ("data", "indices", "indptr"):
        group.create_dataset(part, data=getattr(rows, part))


def replaced(name: str, value: object) -> Change:
    """Return a change that puts ``value`` in the place of a data set."""

    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return change


def texts(name: str, values: list[bytes]) -> Change:
    """Return a change that puts texts in the place of a data set."""

    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, data=values, dtype=h5py.string_dtype())

    return change


def library(draw_image: np.ndarray | None, **factors: object) -> Change:
    """Return a change that adds what scanpy stores of a library: an image and scale factors."""

    def change(file: h5py.File) -> None:
        group = file.create_group("uns/spatial/one")
        if draw_image is not None:
            group["images/hires"] = draw_image
        for name, value in factors.items():
            group[f"scalefactors/{name}"] = value

    return change
