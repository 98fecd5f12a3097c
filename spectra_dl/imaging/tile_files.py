"""Tiles around spots as HDF5 files of JPEG images, for other tools and for viewing."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError, UsageError
from spectra_dl.imaging.image import Cutter, Pixels
from spectra_dl.imaging.image_file import jpeg_pixels
from spectra_dl.imaging.tile_source import TileSource
from spectra_dl.storage.atomic import whole_path
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, refuse_foreign, stored_dataset
from spectra_dl.storage.wording import safe_file_name

if TYPE_CHECKING:
    import h5py

_LAYOUT = 1
_QUALITY = 95
_MOST_PIXELS = 4096
_MOST_BYTES = 2 << 30


@dataclass(frozen=True)
class TileCut:
    """Which tiles are cut.

    Attributes
    ----------
    side_um
        Their side in the tissue in µm, from 1 to 10,000.
    pixels
        The side they are resized to, from 1 to 4096.
    per_file
        Tiles in a file at most; they are all in memory while it is written.
    """

    side_um: float = 112.0
    pixels: int = 224
    per_file: int = 4096

    def __post_init__(self) -> None:
        if not (1.0 <= self.side_um <= 10_000.0 and 1 <= self.pixels <= _MOST_PIXELS and self.per_file >= 1):
            raise UsageError(
                f"tiles of {self.side_um:g} um and {self.pixels} pixels: 1 to 10,000 um and 1 to {_MOST_PIXELS} pixels can be cut"
            )


def write_tiles(folder: Path, section: TileSource, cut: TileCut) -> tuple[list[Path], int]:
    """Write the tiles of all spots to HDF5 files.

    A file's name holds a digest of the image's content and the spots' positions: tiles of a file that exists are not cut again.

    Parameters
    ----------
    folder
        An existing folder.
    section
        The image and its spots, which must all lie on it.
    cut
        The tiles' size, and how many a file holds.

    Returns
    -------
    paths
        All files, in the order of the spots.
    existing
        How many of them existed before.

    Raises
    ------
    DataError
        The image can't be decoded.
    EnvironmentFault
        A file can't be written.
    """
    digest = _digest(section, cut)
    starts = range(0, len(section), cut.per_file)
    stem = f"{safe_file_name(section.name)}-{cut.side_um:g}um-{cut.pixels}px-{digest}"
    paths = [folder / f"{stem}-{number:04d}.h5" for number in range(len(starts))]
    missing = [(path, start) for path, start in zip(paths, starts, strict=True) if not path.is_file()]
    if missing:
        cutter = section.image.cutter()
        for path, start in missing:
            rows = np.arange(start, min(start + cut.per_file, len(section)))
            _write(path, section.select(rows), cut, cutter)
    return paths, len(paths) - len(missing)


def read_tiles(path: Path) -> Iterator[tuple[str, Pixels]]:
    """Yield each spot's barcode and tile ``(pixels, pixels, 3)`` of a file that `write_tiles` wrote, one at a time.

    Raises
    ------
    UnsafeError
        A part of it lies in another file.
    DataError
        It is damaged, or its parts don't fit.
    """
    with opened_hdf5(path, path.name) as file:
        refuse_foreign(file, path.name)
        jpeg, end, barcode = (_dataset(file, name, path.name) for name in ("jpeg", "end", "barcode"))
        ends = np.asarray(end[()], dtype=np.int64)
        names = [name.decode("utf-8") for name in barcode[()]]
        starts = np.concatenate([[0], ends[:-1]])
        if len(names) != len(ends) or (ends <= starts).any() or ends[-1] != len(jpeg):
            raise DataError(f"{path.name}: its tiles and barcodes don't fit; cut the tiles again")
        for name, first, last in zip(names, starts, ends, strict=True):
            yield name, jpeg_pixels(bytes(jpeg[first:last]), f"{path.name}, spot {name:.40}")


def _write(path: Path, section: TileSource, cut: TileCut, cutter: Cutter) -> None:
    import h5py

    centre, side = section.position_um / section.um_per_pixel, cut.side_um / section.um_per_pixel
    images = [_jpeg(tile) for tile in cutter(centre, side, cut.pixels)]
    with whole_path(path) as temporary, h5py.File(temporary, "w") as file:
        # One stretch of bytes and where each image ends: a tile is read as one slice.
        file.create_dataset(
            "jpeg", data=np.frombuffer(b"".join(images), dtype=np.uint8), chunks=True, fletcher32=True
        )
        file.create_dataset("end", data=np.cumsum([len(image) for image in images]))
        file.create_dataset("barcode", data=list(section.barcode), dtype=h5py.string_dtype())
        file.create_dataset("position_um", data=section.position_um)
        file.attrs["section"], file.attrs["image_sha256"] = section.name, section.image.sha256()
        file.attrs["side_um"], file.attrs["pixels"] = cut.side_um, cut.pixels


def _digest(section: TileSource, cut: TileCut) -> str:
    identity = [
        _LAYOUT,
        section.image.sha256(),
        section.um_per_pixel,
        cut.side_um,
        cut.pixels,
        cut.per_file,
    ]
    digest = hashlib.sha256(json.dumps(identity).encode())
    digest.update(np.ascontiguousarray(section.position_um).tobytes())
    digest.update("\0".join(section.barcode).encode())
    return digest.hexdigest()[:16]


def _jpeg(tile: Pixels) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(tile).save(stream, "JPEG", quality=_QUALITY, subsampling=0)
    return stream.getvalue()


def _dataset(file: "h5py.File", name: str, where: str) -> "h5py.Dataset":
    stored = stored_dataset(file, name, where)
    if stored.ndim != 1 or stored.size * stored.dtype.itemsize > _MOST_BYTES:
        raise DataError(f"{where}: {name} is no list as tiles need it; cut the tiles again")
    check_size(stored, where)
    return stored
