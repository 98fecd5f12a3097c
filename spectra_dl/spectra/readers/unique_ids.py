"""Refuse a sample id that stands twice, in a file of any length, in a few bytes a spectrum."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.wording import quoted
from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True, eq=False)
class _Run:
    """Digests of ids in ascending order, and the block each id stood in."""

    digest: NDArray[np.uint64]
    block: NDArray[np.int32]

    def merged(self, other: "_Run") -> "_Run":
        digest = np.concatenate([self.digest, other.digest])
        order = np.argsort(digest, kind="stable")
        return _Run(digest[order], np.concatenate([self.block, other.block])[order])

    def blocks_with(self, digests: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the blocks in which one of these digests stands."""
        first = np.searchsorted(self.digest, digests, side="left")
        last = np.searchsorted(self.digest, digests, side="right")
        known = np.flatnonzero(last > first)
        return np.unique([self.block[at] for row in known for at in range(first[row], last[row])]).astype(
            np.int32
        )


class UniqueIds:
    """Refuse a sample id that stands twice or is empty.

    Ids are known again by a digest of 8 bytes. The ids and their places are kept compressed, and looked at where digests agree.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._runs: list[_Run] = []
        self._kept: list[bytes] = []

    def check(self, table: SpectraTable) -> SpectraTable:
        """Return ``table`` if all its ids are new."""
        ids = table.sample_id.tolist()
        places = ids if table.source is None else table.source.tolist()
        self._within(ids, places)
        digests = np.fromiter(map(_digest, ids), dtype=np.uint64, count=len(ids))
        for run in self._runs:
            for block in run.blocks_with(digests):
                self._against(block, ids, places)
        self._keep(digests, ids, places)
        return table

    def _within(self, ids: Sequence[str], places: Sequence[str]) -> None:
        seen: dict[str, str] = {}
        for sample, place in zip(ids, places, strict=True):
            if not sample:
                raise DataError(f"{place}: the sample id is empty; give every spectrum one")
            if sample in seen:
                raise self._twice(sample, seen[sample], place)
            seen[sample] = place

    def _against(self, block: int, ids: Sequence[str], places: Sequence[str]) -> None:
        seen = dict(zip(*json.loads(zlib.decompress(self._kept[block])), strict=True))
        for sample, place in zip(ids, places, strict=True):
            if sample in seen:
                raise self._twice(sample, seen[sample], place)

    def _twice(self, sample: str, first: str, second: str) -> DataError:
        return DataError(
            f"{self._where}: sample id {quoted(sample)} stands twice, in {first} and {second}; make "
            f"ids unique, or name another column as sample_id (a column can be the patient instead)"
        )

    def _keep(self, digests: NDArray[np.uint64], ids: Sequence[str], places: Sequence[str]) -> None:
        order = np.argsort(digests, kind="stable")
        run = _Run(digests[order], np.full(len(ids), len(self._kept), dtype=np.int32))
        self._kept.append(zlib.compress(json.dumps([ids, places]).encode(), 1))
        # Runs are merged as they double, so that there are never more than a few to look into.
        while self._runs and self._runs[-1].digest.size <= run.digest.size:
            run = self._runs.pop().merged(run)
        self._runs.append(run)


def _digest(sample: str) -> int:
    content = sample.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
