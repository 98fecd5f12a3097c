"""Features on disk, so that the same tiles are never encoded twice."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.features.file import FeatureLabels, iter_feature_rows, write_feature_rows
from spectra_dl.imaging.tile_source import TileSource
from spectra_dl.storage.folder_lock import waiting_lock
from spectra_dl.storage.wording import safe_file_name

_LAYOUT = 1
# Rows that are read together, and numbers that are saved together: raw tiles are a hundred times as wide as features.
_ROWS, _NUMBERS_AT_ONCE = 1024, 1 << 23


@dataclass(frozen=True)
class FeatureStore:
    """A folder with one HDF5 file for each image, set of spots, tile size and encoder.

    A file's name holds a digest of all of these, the image's content and the encoder's weights (or its features of the
    reference tile) among them, so that features of other tiles are never taken.

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
        rows = self.rows(section, encoder, size_um, encode)
        values = np.empty((len(section), encoder.width), dtype=np.float32)
        first = 0
        for part in rows:
            values[first : first + len(part)] = part
            first += len(part)
        return values

    def rows(
        self,
        section: TileSource,
        encoder: Encoder,
        size_um: float,
        encode: Callable[[int, int], Features],
    ) -> Iterator[Features]:
        """Yield the same features a few rows at a time; no more than ``save_every`` tiles' are ever in memory.

        Parameters
        ----------
        section, encoder, size_um, encode
            As for `features`.

        Raises
        ------
        DataError
            A file of the store is damaged.
        EnvironmentFault
            The store can't be written.
        """
        path = self.path_of(section, encoder, size_um)
        if not path.is_file():
            with waiting_lock(path.with_suffix(".lock")):
                # Another run may have ended meanwhile, or end while this one reads, where files can't be locked.
                while not path.is_file():
                    with contextlib.suppress(_TakenAwayError):
                        self._compute(path, section, encoder, size_um, encode)
        found = 0
        for values in self._read(path, section, encoder, 0, len(section)):
            found += len(values)
            yield values
        if found != len(section):
            raise DataError(
                f"{path}: {found} rows for {len(section)} spots; delete it, and it is computed again"
            )

    def _compute(
        self,
        path: Path,
        section: TileSource,
        encoder: Encoder,
        size_um: float,
        encode: Callable[[int, int], Features],
    ) -> None:
        """Compute what is missing, a file for each few tiles, and join the files."""
        described = (("encoder", encoder.name), ("size_um", f"{size_um:g}"), ("section", section.name))
        whole = FeatureLabels(section.barcode, encoder.width, encoder.reference_features, described)
        n, first, saved = len(section), 0, [0]
        at_once = max(1, min(self.save_every, _NUMBERS_AT_ONCE // encoder.width))
        while first < n:
            part, last = _part_path(path, first), min(first + at_once, n)
            if part.is_file():
                last = first + sum(map(len, self._part(part, section, encoder, first, n)))
            else:
                labels = replace(whole, barcode=section.barcode[first:last])
                write_feature_rows(part, [encode(first, last)], labels)
            first = last
            saved.append(first)
        rows = (
            self._part(_part_path(path, low), section, encoder, low, high) for low, high in pairwise(saved)
        )
        write_feature_rows(path, chain.from_iterable(rows), whole)
        for low in saved[:-1]:
            _part_path(path, low).unlink(missing_ok=True)

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
        # Weights are the same on every machine; features may differ in their last digits, on a GPU for one.
        known = encoder.weights.encode() or np.round(np.array(encoder.reference_features), 3).tobytes()
        digest.update(known)
        digest.update(np.ascontiguousarray(section.position_um / section.um_per_pixel).tobytes())
        digest.update("\0".join(section.barcode).encode())
        stem = f"{safe_file_name(section.name)}-{safe_file_name(encoder.name)}-{size_um:g}um"
        return self.folder / f"{stem}-{digest.hexdigest()[:16]}.h5"

    def _read(
        self, path: Path, section: TileSource, encoder: Encoder, first: int, last: int
    ) -> Iterator[Features]:
        """Yield the features of the spots from ``first`` to at most ``last`` that a file holds."""
        for barcode, values in iter_feature_rows(path, rows=_ROWS):
            end = first + len(values)
            if (
                values.shape[1] != encoder.width
                or end > last
                or list(barcode) != list(section.barcode[first:end])
            ):
                raise DataError(f"{path}: not what this store wrote; delete it, and it is computed again")
            first = end
            yield values

    def _part(
        self, path: Path, section: TileSource, encoder: Encoder, first: int, last: int
    ) -> Iterator[Features]:
        """Yield what an unfinished run saved."""
        try:
            yield from self._read(path, section, encoder, first, last)
        except SpectraDLError as err:
            if path.is_file():
                raise
            raise _TakenAwayError from err


class _TakenAwayError(Exception):
    """Another run has joined the parts and taken one away while it was read here."""


def _part_path(path: Path, first: int) -> Path:
    return path.with_suffix(f".part-{first}.h5")
