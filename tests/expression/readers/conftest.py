"""Small sections that the tests of the readers write and break."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from example_h5ad import Change, made_counts, made_places, write_h5ad, write_image
from fuzzing.sections import hest_files


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


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write a section's files, some of them others than made, None for none at all."""

    def write(files: dict[str, bytes], **other: object) -> Path:
        folder = tmp_path / "section"
        for name, content in {**files, **other.pop("others", {})}.items():
            if content is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


@pytest.fixture
def changed(put: Callable[..., Path]) -> Callable[[Change], Path]:
    """Write an AnnData file with its image and change it."""

    def write(change: Change) -> Path:
        path = put(hest_files(), others={"one.json": None}) / "one.h5ad"
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    return write
