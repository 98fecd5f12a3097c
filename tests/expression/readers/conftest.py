"""Small sections that the tests of the readers write and break."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from example_h5ad import made_counts, made_places, write_h5ad, write_image


@pytest.fixture
def draw_image() -> Callable[[Path], Path]:
    """Write an image of 400 x 300 pixels: pink tissue on white glass."""
    return write_image


@pytest.fixture
def counts() -> np.ndarray:
    """Raw counts of 12 spots and 6 genes."""
    return made_counts()


@pytest.fixture
def pixel() -> np.ndarray:
    """Places of the 12 spots on the image, x and y."""
    return made_places()


@pytest.fixture
def h5ad(tmp_path: Path, counts: np.ndarray, pixel: np.ndarray) -> Callable[..., Path]:
    """Write an .h5ad as anndata lays it out, with h5py alone, so that any part of it can be broken."""

    def write(*, sparse: bool = False, values: np.ndarray | None = None) -> Path:
        return write_h5ad(tmp_path, counts if values is None else values, pixel, sparse=sparse)

    return write
