"""One section as .h5ad in each of the ways in which versions of anndata and other tools store its parts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from example_h5ad import GENES, SPOTS, made_counts, made_places, write_image

MARKS = np.arange(SPOTS) % 4 != 3
Put = Callable[[h5py.Group, str, np.ndarray], None]


def _encoded(node: Any, kind: str, version: str) -> None:
    node.attrs.update({"encoding-type": kind, "encoding-version": version})


def put_array(group: h5py.Group, name: str, values: np.ndarray) -> None:
    """Store numbers, truth values or texts as one array."""
    texts = values.dtype.kind in "OU"
    stored = group.create_dataset(
        name, data=list(values) if texts else values, dtype=h5py.string_dtype() if texts else None
    )
    _encoded(stored, "string-array" if texts else "array", "0.2.0")


def put_plain(group: h5py.Group, name: str, values: np.ndarray) -> None:
    """Store an array that does not say how it is encoded; texts have one length."""
    group[name] = values.astype("S") if values.dtype.kind in "OU" else values


def put_nullable(group: h5py.Group, name: str, values: np.ndarray, missing: Sequence[int] = ()) -> None:
    """Store values with a mask of what is missing."""
    kind = {"b": "nullable-boolean", "i": "nullable-integer"}.get(values.dtype.kind, "nullable-string-array")
    masked = group.create_group(name)
    _encoded(masked, kind, "0.1.0")
    put_array(masked, "values", values)
    masked["mask"] = np.isin(np.arange(len(values)), missing)


def put_categorical(group: h5py.Group, name: str, values: np.ndarray) -> None:
    """Store codes and categories."""
    words, codes = np.unique(values.astype(str), return_inverse=True)
    stored = group.create_group(name)
    _encoded(stored, "categorical", "0.2.0")
    stored["codes"] = codes.astype(np.int8)
    put_array(stored, "categories", words.astype(object))


def put_old_categorical(group: h5py.Group, name: str, values: np.ndarray) -> None:
    """Store codes, and categories apart from them, as anndata 0.7 does."""
    words, codes = np.unique(values.astype(str), return_inverse=True)
    group[name] = codes.astype(np.int8)
    put_array(group.require_group("__categories"), name, words.astype(object))
    group[name].attrs["categories"] = group["__categories"][name].ref


TEXTS = {"True": "False", "1": "0", "TRUE": "FALSE", "1.0": "0.0", "yes": "no"}


def _words(on: str, marks: np.ndarray = MARKS) -> np.ndarray:
    return np.where(marks, on, TEXTS[on]).astype(object)


SPELLINGS: dict[str, tuple[Put, np.ndarray]] = {
    "bool": (put_array, MARKS),
    "int": (put_array, MARKS.astype(np.int64)),
    "int8": (put_plain, MARKS.astype(np.int8)),
    "float": (put_array, MARKS.astype(np.float64)),
    "nullable bool": (put_nullable, MARKS),
    "nullable int": (put_nullable, MARKS.astype(np.int64)),
    "categories of truth": (put_categorical, MARKS),
    "categories of numbers": (put_categorical, MARKS.astype(int)),
    **{f"text {on}": (put_array, _words(on)) for on in TEXTS},
    **{f"bytes {on}": (put_plain, _words(on)) for on in TEXTS},
    **{f"nullable {on}": (put_nullable, _words(on)) for on in TEXTS},
    **{f"categories {on}": (put_categorical, _words(on)) for on in TEXTS},
    **{f"old categories {on}": (put_old_categorical, _words(on)) for on in TEXTS},
}
WRONG_MARKS: dict[str, tuple[Callable[..., None], np.ndarray]] = {
    "nan": (put_array, np.where(np.arange(SPOTS) == 4, np.nan, 1.0)),
    "two": (put_array, np.where(np.arange(SPOTS) == 4, 2, 1)),
    "half": (put_array, np.where(np.arange(SPOTS) == 4, 0.5, 1.0)),
    "word": (put_array, np.where(np.arange(SPOTS) == 4, "maybe", "1").astype(object)),
    "empty": (put_categorical, np.where(np.arange(SPOTS) == 4, "", "True")),
    "masked": (lambda group, name, values: put_nullable(group, name, values, [4]), MARKS),
}
INDEXES: dict[str, Put] = {
    "texts": put_array,
    "bytes": put_plain,
    "nullable": put_nullable,
    "categories": put_categorical,
}


def _table(columns: Sequence[str], put: Put = put_array) -> Callable[[h5py.File], None]:
    def write(file: h5py.File) -> None:
        group = file.create_group("obsm/spatial")
        _encoded(group, "dataframe", "0.2.0")
        group.attrs["_index"] = "_index"
        put_array(group, "_index", np.array([f"spot{k}" for k in range(SPOTS)], dtype=object))
        x, y = made_places().T
        for name in columns:
            number = {"x": x, "y": y}["x" if name.lower()[0] == "x" or "col" in name.lower() else "y"]
            put(group, name, number.astype(np.int64) if put is put_nullable else number)

    return write


def _array(values: np.ndarray, name: str = "spatial") -> Callable[[h5py.File], None]:
    return lambda file: put_array(file.require_group("obsm"), name, values)


def _sparse(kind: type) -> Callable[[h5py.File], None]:
    return lambda file: put_sparse(file.require_group("obsm"), "spatial", kind(made_places()))


def _pixel_columns(x: str, y: str) -> Callable[[h5py.File], None]:
    def write(file: h5py.File) -> None:
        for name, values in zip((x, y), made_places().T, strict=True):
            put_array(file["obs"], name, values)

    return write


COORDINATES: dict[str, Callable[[h5py.File], None]] = {
    "array": _array(made_places()),
    "single precision": _array(made_places().astype(np.float32)),
    "whole numbers": _array(made_places().astype(np.int64)),
    "three columns": _array(np.column_stack([made_places(), np.zeros(SPOTS)])),
    "X_spatial": _array(made_places(), "X_spatial"),
    "table": _table(["x", "y"]),
    "table, y first": _table(["y", "x"]),
    "table, capitals": _table(["Y", "X"]),
    "table, nullable": _table(["x", "y"], put_nullable),
    "table of full-resolution pixels": _table(["pxl_row_in_fullres", "pxl_col_in_fullres"]),
    "sparse rows": _sparse(csr_matrix),
    "sparse columns": _sparse(csc_matrix),
    "x_pixel": _pixel_columns("x_pixel", "y_pixel"),
    "imagecol": _pixel_columns("imagecol", "imagerow"),
}
WRONG_COORDINATES: dict[str, Callable[[h5py.File], None]] = {
    "one column": _array(made_places()[:, :1]),
    "five columns": _array(np.ones((SPOTS, 5))),
    "one row less": _array(made_places()[1:]),
    "flat": _array(made_places()[:, 0]),
    "unnamed columns": _table(["xa", "yb"]),
    "none": lambda file: None,
}


def put_sparse(group: h5py.Group, name: str, matrix: Any, *, old: bool = False) -> None:
    """Store a sparse matrix; ``old`` as before anndata 0.7."""
    stored = group.create_group(name)
    for part in ("data", "indices", "indptr"):
        stored[part] = getattr(matrix, part)
    if old:
        stored.attrs.update({"h5sparse_format": matrix.format, "h5sparse_shape": np.array(matrix.shape)})
    else:
        _encoded(stored, f"{matrix.format}_matrix", "0.1.0")
        stored.attrs["shape"] = np.array(matrix.shape)


MATRICES: dict[str, Callable[[h5py.File, str], None]] = {
    "dense": lambda file, name: put_array(file, name, made_counts()),
    "plain": lambda file, name: put_plain(file, name, made_counts().astype(np.uint16)),
    "rows": lambda file, name: put_sparse(file, name, csr_matrix(made_counts())),
    "columns": lambda file, name: put_sparse(file, name, csc_matrix(made_counts())),
    "old rows": lambda file, name: put_sparse(file, name, csr_matrix(made_counts()), old=True),
}


def write_variant(path: Path, seed: int) -> dict[str, str]:
    """Write a section in ways that a seed draws, with its image, and return what was drawn.

    Parameters
    ----------
    path
        The .h5ad.
    seed
        One in five draws marks or coordinates that are wrong.
    """
    draw = Random(seed)
    wrong = {0: "marks", 1: "coordinates"}.get(seed % 10, "")
    marks = draw.choice(sorted(WRONG_MARKS if wrong == "marks" else SPELLINGS))
    places = draw.choice(sorted(WRONG_COORDINATES if wrong == "coordinates" else COORDINATES))
    drawn = {
        "wrong": wrong,
        "marks": marks,
        "coordinates": places,
        "index": draw.choice(sorted(INDEXES)),
        "matrix": draw.choice(sorted(MATRICES)),
        "place": draw.choice(["X", "layers/counts", "raw/X"]),
        "version": draw.choice(["0.1.0", "0.2.0", ""]),
    }
    write_image(path.with_suffix(".png"))
    with h5py.File(path, "w") as file:
        if drawn["version"] == "0.2.0":
            _encoded(file, "anndata", "0.1.0")
        for table, ids in (
            ("obs", [f"spot{k}" for k in range(SPOTS)]),
            ("var", [f"GENE{k}" for k in range(GENES)]),
        ):
            _put_table(file, table, ids, drawn)
        put, values = (WRONG_MARKS if wrong == "marks" else SPELLINGS)[marks]
        put(file["obs"], draw.choice(["in_tissue", "In_Tissue", "in tissue"]), values)
        (WRONG_COORDINATES if wrong == "coordinates" else COORDINATES)[places](file)
        if drawn["place"] == "raw/X":
            _put_table(file, "raw/var", [f"GENE{k}" for k in range(GENES)], drawn)
        if drawn["place"] != "X":
            put_array(file, "X", np.log1p(made_counts()))
        MATRICES[drawn["matrix"]](file, drawn["place"])
    return drawn


def _put_table(file: h5py.File, name: str, ids: list[str], drawn: dict[str, str]) -> None:
    group = file.create_group(name)
    if drawn["version"]:
        _encoded(group, "dataframe", drawn["version"])
    group.attrs["_index"] = "index"
    INDEXES[drawn["index"]](group, "index", np.array(ids, dtype=object))


def write_records(path: Path) -> Path:
    """Write a section as anndata 0.6 does: tables are arrays of records, categories stand in uns, raw counts in raw.X."""
    write_image(path.with_suffix(".png"))
    with h5py.File(path, "w") as file:
        obs = np.zeros(SPOTS, dtype=[("index", "S8"), ("in_tissue", "i8"), ("patient", "i1")])
        obs["index"], obs["in_tissue"] = [f"spot{k}".encode() for k in range(SPOTS)], MARKS
        var = np.zeros(GENES, dtype=[("index", "S8")])
        var["index"] = [f"GENE{k}".encode() for k in range(GENES)]
        file["obs"], file["var"], file["raw.var"] = obs, var, var
        file["uns/patient_categories"] = np.array([b"P7"])
        obsm = np.zeros(SPOTS, dtype=[("X_spatial", "f8", (2,))])
        obsm["X_spatial"] = made_places()
        file["obsm"] = obsm
        put_sparse(file, "raw.X", csr_matrix(made_counts()), old=True)
        file["X"] = np.log1p(made_counts())
    return path
