"""Where spots lie: x and y in full-resolution pixels, of obsm or of columns of obs."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.columns import check_encoding
from spectra_dl.expression.readers.anndata_files.matrices import read_sparse
from spectra_dl.expression.readers.anndata_files.tables import Table, read_table
from spectra_dl.expression.readers.stored.nodes import StoredArray, StoredGroup
from spectra_dl.expression.section import pitch_of
from spectra_dl.storage.wording import letters_and_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEYS = (
    "xspatial",
    "spatialcoords",
    "spatialcoordinates",
    "coordinates",
    "xcoordinates",
    "coords",
    "xcoords",
    "xxy",
    "xy",
)
_PAIRS = (  # x before y; what says that it is in pixels first, since x and y may be places on the array
    ("x_pixel", "y_pixel"),
    ("pixel_x", "pixel_y"),
    ("pxl_col_in_fullres", "pxl_row_in_fullres"),
    ("imagecol", "imagerow"),
    ("x", "y"),
    ("spatial1", "spatial2"),
    ("spatial_1", "spatial_2"),
    ("spatial_x", "spatial_y"),
    ("0", "1"),
)
_OBS_PAIRS = _PAIRS[:4]
_LEAST_PITCH = 3.0  # pixels between spots; places of an array lie 1 or 2 apart
_NEEDED = "x and y of each spot are needed"


def spot_pixels(root: StoredGroup, obs: Table) -> tuple[FloatArray | None, list[str]]:
    """Return ``(n, 2)`` x and y of each spot, and notes; None where the file states no positions.

    Parameters
    ----------
    root
        The file.
    obs
        Its spots.

    Raises
    ------
    DataError
        What stands under the name of coordinates is none.
    """
    columns = _of_pair(obs, _OBS_PAIRS)
    key = _key(root)
    if key is None:
        return columns, []
    notes: list[str] = []
    pixel = _of_member(root, key, obs, notes)
    _refuse_places(pixel, f"{root.where}: obsm['{key:.40}']")
    if key != "spatial":
        notes.append(f"positions are those of obsm['{key:.40}']")
    if columns is not None and not np.allclose(pixel, columns, rtol=0, atol=1.0, equal_nan=True):
        far = float(np.nanmax(np.abs(pixel - columns), initial=0.0))
        notes.append(
            f"obsm['{key:.40}'] and the pixel columns of obs differ by up to {far:.4g} pixels; obsm is used"
        )
    return pixel, notes


def _key(root: StoredGroup) -> str | None:
    node = root.member("obsm") if "obsm" in root else None
    names: Sequence[str] = (
        () if node is None else node.names if isinstance(node, StoredGroup) else node.dtype.names or ()
    )
    if "spatial" in names:
        return "spatial"
    known = [name for name in names if letters_and_digits(name) in _KEYS]
    if len(known) > 1:
        raise DataError(
            f"{root.where}: obsm has {', '.join(known)!r:.120} and no spatial; name the one with positions in full-resolution pixels spatial"
        )
    return known[0] if known else None


def _of_member(root: StoredGroup, key: str, obs: Table, notes: list[str]) -> FloatArray:
    obsm, title = root.member("obsm"), f"{root.where}: obsm['{key:.40}']"
    if isinstance(obsm, StoredArray):  # records, as before anndata 0.7
        return _two_columns(np.asarray(obsm.read()[key]), len(obs), title, notes)
    node = obsm.member(key)
    kind = check_encoding(node, f"{root.where} obsm['{key:.40}']")
    if isinstance(node, StoredArray):
        if len(node.shape) != 2 or node.dtype.kind not in "iuf":
            raise DataError(
                f"{title} has shape {node.shape} and type {node.dtype!s:.40} for {len(obs)} spots; {_NEEDED}"
            )
        return _two_columns(node.read(), len(obs), title, notes)
    if kind == "dataframe" or (kind is None and "_index" in node.attributes):
        return _of_table(root, key, obs, title)
    if kind in ("csr_matrix", "csc_matrix"):
        shape = tuple(int(length) for length in np.ravel(np.asarray(node.attributes.get("shape", ()))))
        if len(shape) != 2 or shape[0] != len(obs) or shape[1] > 3:
            raise DataError(f"{title} is a sparse matrix of shape {shape} for {len(obs)} spots; {_NEEDED}")
        return _two_columns(read_sparse(node, shape, title).toarray(), len(obs), title, notes)
    raise DataError(
        f"{title} is a {kind or 'group'!s:.40} and no positions; {_NEEDED}, as an array or a table with columns x and y"
    )


def _two_columns(values: FloatArray, n: int, title: str, notes: list[str]) -> FloatArray:
    if values.ndim != 2 or values.shape[0] != n or values.shape[1] not in (2, 3):
        raise DataError(f"{title} has shape {values.shape} for {n} spots; {_NEEDED}, a third column may be z")
    if values.shape[1] == 3:
        notes.append("the third column of positions is taken as z and not used")
    return np.asarray(values[:, :2], dtype=np.float64)


def _of_table(root: StoredGroup, key: str, obs: Table, title: str) -> FloatArray:
    table = read_table(root, f"obsm/{key}")
    if len(table) != len(obs) or not np.array_equal(table.index, obs.index):
        raise DataError(
            f"{title} is a table whose rows are not those of obs, in their order; write the file again with anndata"
        )
    pixel = _of_pair(table, _PAIRS)
    if pixel is None:
        raise DataError(
            f"{title} is a table with the columns {', '.join(table.names)!r:.120}; {_NEEDED}, name the columns of full-resolution pixels x and y"
        )
    return pixel


def _refuse_places(pixel: FloatArray, title: str) -> None:
    """Refuse whole numbers that lie as near to each other as places of an array do."""
    known = pixel[np.isfinite(pixel).all(axis=1)]
    pitch = pitch_of(known)
    if 0 < pitch < _LEAST_PITCH and len(known) > 3 and np.array_equal(known, np.rint(known)):
        raise DataError(
            f"{title} has places {pitch:.3g} apart in whole numbers, as those of an array are; {_NEEDED} in pixels of the full-resolution image"
        )


def _of_pair(table: Table, pairs: "Sequence[tuple[str, str]]") -> FloatArray | None:
    """Return the first pair of columns that a table has, whatever their letters' case."""
    names = {name.lower(): name for name in table.names}
    for pair in pairs:
        if all(name in names for name in pair):
            columns = [table.column(names[name]) for name in pair]
            return np.stack([column.numbers for column in columns if column is not None], axis=1)
    return None
