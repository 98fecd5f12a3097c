"""Features on disk, so that the same tiles are never encoded twice."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.imaging.encoders.registry import Encoder
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.features.file import FeatureFile, read_feature_file, write_feature_file
from spectra_dl.imaging.tile_source import TileSource
from spectra_dl.storage.folder_lock import waiting_lock
from spectra_dl.storage.wording import safe_file_name

_LAYOUT = 1


@dataclass(frozen=True)
class FeatureStore:
    """A folder with one HDF5 file for each image, set of spots, tile size and encoder.

    A file's name holds a digest of all of these, the image's content and the encoder's features of the reference
    tile among them, so that features of other tiles are never taken.

    Attributes
    ----------
    folder
        An existing folder.
    save_every
        Tiles after which the work is saved; an interrupted run goes on from there.
    """

    folder: Path
    save_every: int = 4096

    def features(
        self,
        section: TileSource,
        encoder: Encoder,
        size_um: float,
        encode: Callable[[int, int], Features],
    ) -> Features:
        """Return ``(n, d)`` features of all spots, read from the store where it holds them, else computed and stored.

        Parameters
        ----------
        section
            The image and its spots.
        encoder
            What encodes the tiles.
        size_um
            The tiles' side in µm.
        encode
            Takes a first and a last row, and returns ``(last - first, d)`` features of the spots in between, the last excluded.

        Raises
        ------
        DataError
            A file of the store is damaged.
        EnvironmentFault
            The store can't be written.
        """
        path = self.path_of(section, encoder, size_um)
        if path.is_file():
            return self._read(path, section, encoder)
        with waiting_lock(path.with_suffix(".lock")):
            return self._computed(path, section, encoder, size_um, encode)

    def _computed(
        self,
        path: Path,
        section: TileSource,
        encoder: Encoder,
        size_um: float,
        encode: Callable[[int, int], Features],
    ) -> Features:
        """Return the features of another run that ended meanwhile, or compute what is missing."""
        partial = path.with_suffix(".partial.h5")
        saved = self._saved(partial, section, encoder)
        if path.is_file():
            return self._read(path, section, encoder)
        parts = [] if saved is None else [saved]
        n, first = len(section), 0 if saved is None else len(saved)
        for start in range(first, n, self.save_every):
            parts.append(encode(start, min(start + self.save_every, n)))
            complete = start + self.save_every >= n
            self._write(path if complete else partial, section, encoder, size_um, np.concatenate(parts))
        partial.unlink(missing_ok=True)
        return np.concatenate(parts)

    def _saved(self, partial: Path, section: TileSource, encoder: Encoder) -> Features | None:
        """Return what an unfinished run saved; None also where another run takes it away while it is read."""
        try:
            return self._read(partial, section, encoder) if partial.is_file() else None
        except SpectraDLError:
            if partial.is_file():
                raise
            return None

    def path_of(self, section: TileSource, encoder: Encoder, size_um: float) -> Path:
        """Return the path of the features of a section's spots, whether the file exists or not.

        Parameters
        ----------
        section
            The image and its spots.
        encoder
            What encodes the tiles.
        size_um
            The tiles' side in µm.
        """
        side = size_um / section.um_per_pixel
        identity = [_LAYOUT, section.image.sha256(), side, encoder.name, encoder.tile_pixels]
        digest = hashlib.sha256(json.dumps(identity).encode())
        # Rounding may differ in the last digits between machines.
        digest.update(np.round(np.array(encoder.reference_features), 3).tobytes())
        digest.update(np.ascontiguousarray(section.position_um / section.um_per_pixel).tobytes())
        digest.update("\0".join(section.barcode).encode())
        stem = f"{safe_file_name(section.name)}-{safe_file_name(encoder.name)}-{size_um:g}um"
        return self.folder / f"{stem}-{digest.hexdigest()[:16]}.h5"

    def _write(
        self, path: Path, section: TileSource, encoder: Encoder, size_um: float, values: Features
    ) -> None:
        described = (("encoder", encoder.name), ("size_um", f"{size_um:g}"), ("section", section.name))
        write_feature_file(
            path, FeatureFile(values, section.barcode[: len(values)], encoder.reference_features, described)
        )

    def _read(self, path: Path, section: TileSource, encoder: Encoder) -> Features:
        content = read_feature_file(path)
        n = len(content.barcode)
        if content.values.shape[1] != encoder.width or list(content.barcode) != list(section.barcode[:n]):
            raise DataError(f"{path}: not what this store wrote; delete it, and it is computed again")
        return content.values
