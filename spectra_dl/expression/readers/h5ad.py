"""AnnData files, checked with h5py before any number is believed; nothing in them is unpickled."""

import contextlib
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.image import open_image
from spectra_dl.expression.readers.source import SectionSource, find_picture, spot_reasons
from spectra_dl.expression.section import FloatArray, TextArray, TissueSection, pitch_of, text_array
from spectra_dl.storage.hdf5_checks import refuse_foreign

if TYPE_CHECKING:
    import h5py
    from scipy.sparse import csr_matrix

_MOST_BYTES = 4 << 30
_PIXEL_COLUMNS = (("x_pixel", "y_pixel"), ("pxl_col_in_fullres", "pxl_row_in_fullres"))


def read_h5ad_counts(path: Path) -> tuple["csr_matrix", TextArray, TextArray]:
    """Return raw counts ``(n, g)``, barcodes and genes of an ``.h5ad``.

    Raises
    ------
    UnsafeError
        The file links to another file.
    DataError
        It is damaged, its parts don't fit, or no raw counts stand in it.
    """
    with _opened(path) as file:
        return _counts(file, path.name)


def read_h5ad_section(source: SectionSource) -> TissueSection:
    """Read one section whose spots' pixels stand in ``obsm['spatial']`` or in columns of ``obs``.

    Raises
    ------
    DataError
        The file can't be used, it has no spot positions, or µm per pixel are not known.
    """
    path, name = source.path, source.stem
    with _opened(path) as file:
        matrix, barcode, gene = _counts(file, path.name)
        pixel = _pixels(file, path.name, len(barcode))
    image = open_image(find_picture(source, [path.parent], [name, path.stem]))
    if source.um_per_pixel is None:
        raise DataError(
            f"{path.name}: it does not say how many µm a pixel has; say --mpp, or fill in the column mpp"
        )
    return TissueSection(
        name=name,
        patient=source.patient,
        image=image,
        um_per_pixel=source.um_per_pixel,
        um_per_pixel_source="as given",
        barcode=barcode,
        position_um=pixel * source.um_per_pixel,
        reason=spot_reasons(pixel, np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel(), image, name),
        counts=matrix,
        gene=gene,
        spot_pitch_um=pitch_of(pixel) * source.um_per_pixel,
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator["h5py.File"]:
    """Open a file that is whole, and that lies nowhere else."""
    import h5py

    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(h5py.File(path, "r"))
            refuse_foreign(file, path.name)
        except OSError as err:
            raise DataError(
                f"{path.name}: truncated or damaged HDF5 ({' '.join(str(err).split())[:120]}); take a fresh copy"
            ) from err
        yield file


def _counts(file: "h5py.File", name: str) -> tuple["csr_matrix", TextArray, TextArray]:
    barcode, gene = _index(file, "obs", name), _index(file, "var", name)
    for what, ids in (("barcodes", barcode), ("genes", gene)):
        twice, times = Counter(ids).most_common(1)[0] if len(ids) else ("", 0)
        if times > 1:
            raise DataError(f"{name}: {what} stand twice, {twice!r:.60} among them; make them unique")
    layer = "layers/counts" if "layers/counts" in file else "X"
    if layer not in file:
        raise DataError(f"{name}: neither layers/counts nor X is in it; bring raw counts")
    matrix = _matrix(file[layer], (len(barcode), len(gene)), f"{name} {layer}")
    values = matrix.data
    if np.any(~np.isfinite(values)) or np.any(values < 0):
        raise DataError(f"{name} {layer}: values below 0 or not finite; bring raw counts")
    if np.any(values != np.rint(values)):
        raise DataError(
            f"{name} {layer}: values that are no whole numbers, as after log-normalising; put raw counts into layers/counts"
        )
    return matrix, barcode, gene


def _index(file: "h5py.File", which: str, name: str) -> TextArray:
    import h5py

    group = file.get(which)
    if not isinstance(group, h5py.Group) or not isinstance(group.attrs.get("_index"), str):
        raise DataError(f"{name}: no table {which} with an index; is it an .h5ad of a current version?")
    key = group.attrs["_index"]
    if key not in group or not isinstance(group[key], h5py.Dataset):
        raise DataError(f"{name}: the index {key!r:.60} of {which} is not there; take a fresh copy")
    return text_array(group[key].asstr()[()])


def _matrix(stored: "h5py.Group | h5py.Dataset", shape: tuple[int, int], where: str) -> "csr_matrix":
    """Return the stored matrix after every index was found inside its bounds."""
    import h5py
    from scipy.sparse import csc_matrix, csr_matrix

    if isinstance(stored, h5py.Dataset):
        if (
            stored.shape != shape
            or 8 * math.prod(stored.shape) > _MOST_BYTES
            or stored.dtype.kind not in "iufb"
        ):
            raise DataError(
                f"{where}: {stored.shape} numbers of type {stored.dtype} for {shape[0]} spots and {shape[1]} genes; take a fresh copy"
            )
        return csr_matrix(stored[()].astype(np.float64))
    kind = stored.attrs.get("encoding-type")
    if kind not in ("csr_matrix", "csc_matrix") or tuple(stored.attrs.get("shape", ())) != shape:
        raise DataError(
            f"{where}: {kind!r:.40} of shape {tuple(stored.attrs.get('shape', ()))} for {shape[0]} spots and {shape[1]} genes"
        )
    if any(24 * math.prod(stored[part].shape) > _MOST_BYTES for part in ("data", "indices", "indptr")):
        raise DataError(f"{where}: more values than can be held at once; split the file by section")
    data, indices, ends = (stored[part][()] for part in ("data", "indices", "indptr"))
    rows, columns = shape if kind == "csr_matrix" else shape[::-1]
    sound = (
        ends.shape == (rows + 1,)
        and data.shape == indices.shape
        and ends[0] == 0
        and ends[-1] == len(data)
        and bool(np.all(np.diff(ends.astype(np.int64)) >= 0))
        and (not len(indices) or (int(indices.min()) >= 0 and int(indices.max()) < columns))
    )
    if not sound:
        raise DataError(
            f"{where}: its sparse matrix points outside itself; the file is damaged, take a fresh copy"
        )
    build = csr_matrix if kind == "csr_matrix" else csc_matrix
    return csr_matrix(
        build((data.astype(np.float64), indices.astype(np.int64), ends.astype(np.int64)), shape=shape)
    )


def _pixels(file: "h5py.File", name: str, n: int) -> FloatArray:
    if "obsm/spatial" in file:
        found = file["obsm/spatial"]
        if found.ndim != 2 or found.shape[0] != n or found.shape[1] < 2:
            raise DataError(
                f"{name}: obsm['spatial'] has shape {found.shape} for {n} spots; x and y of each are needed"
            )
        pixels: FloatArray = found[:, :2].astype(np.float64)
        return pixels
    for x, y in _PIXEL_COLUMNS:
        if f"obs/{x}" in file and f"obs/{y}" in file:
            return np.stack([file[f"obs/{x}"][()], file[f"obs/{y}"][()]], axis=1).astype(np.float64)
    raise DataError(f"{name}: no obsm['spatial'] and no pixel columns in obs; bring the spots' positions")
