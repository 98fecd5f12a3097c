"""Texts with a mask of what is missing, as anndata 0.13 writes those of pandas 3."""

from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section

Write = Callable[..., Path]
GENES = [f"GENE{k}" for k in range(6)]
SPOTS = [f"spot{k}" for k in range(12)]


def _masked(
    path: Path, name: str, texts: Sequence[str], missing: Sequence[int] = (), n_mask: int | None = None
) -> None:
    with h5py.File(path, "r+") as file:
        if name in file:
            del file[name]
        group = file.create_group(name)
        group.attrs["encoding-type"], group.attrs["encoding-version"] = "nullable-string-array", "0.1.0"
        group.create_dataset("values", data=list(texts), dtype=h5py.string_dtype())
        group["mask"] = np.isin(np.arange(len(texts) if n_mask is None else n_mask), missing)


def _index(path: Path, table: str) -> str:
    with h5py.File(path) as file:
        return f"{table}/{file[table].attrs['_index']}"


def test_the_index_and_columns_come_back(h5ad: Write, counts: np.ndarray) -> None:
    path = h5ad()
    _masked(path, _index(path, "obs"), SPOTS)
    _masked(path, _index(path, "var"), GENES)
    _masked(path, "obs/patient", ["P7"] * 12)
    section = read_section(path, um_per_pixel=0.5)
    assert np.array_equal(section.counts.toarray(), counts)
    assert list(section.barcode) == SPOTS
    assert list(section.gene) == GENES
    assert section.patient == "P7"


def test_a_masked_text_is_missing_whatever_stands_there(h5ad: Write) -> None:
    path = h5ad()
    _masked(path, "obs/patient", ["P7"] * 11 + ["P8"], missing=[11])
    with pytest.raises(DataError, match="1 of its 12 spots name no patient, the others 'P7'"):
        read_section(path, um_per_pixel=0.5)


def test_categories_may_be_such_texts(h5ad: Write) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        if "obs/patient" in file:
            del file["obs/patient"]
        group = file.create_group("obs/patient")
        group.attrs["encoding-type"], group.attrs["encoding-version"] = "categorical", "0.2.0"
        group["codes"] = np.zeros(12, dtype=np.int8)
    _masked(path, "obs/patient/categories", ["P9"])
    assert read_section(path, um_per_pixel=0.5).patient == "P9"


def test_an_index_with_a_missing_name_is_refused(h5ad: Write) -> None:
    path = h5ad()
    _masked(path, _index(path, "obs"), SPOTS, missing=[3])
    with pytest.raises(DataError, match="rows without a name; name them"):
        read_section(path, um_per_pixel=0.5)


def test_a_mask_of_another_length_is_refused(h5ad: Write) -> None:
    path = h5ad()
    _masked(path, _index(path, "var"), GENES, n_mask=5)
    with pytest.raises(DataError, match=r"a mask of shape \(5,\) for 6 rows; take a fresh copy"):
        read_section(path, um_per_pixel=0.5)
