"""Spots whose counts stand in another section too."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.section import TissueSection

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_FEWEST_GENES = 15  # that were counted: spots of fewer may agree by chance
_FEWEST_COUNTS = 25


def repeated_counts(sections: Sequence[TissueSection]) -> Finding:
    """Look for spots of one section whose counts, gene by gene, are those of a spot in another."""
    owner: dict[bytes, set[str]] = defaultdict(set)
    for section in sections:
        if section.counts is None or section.gene is None:
            continue
        kept = section.counts[np.flatnonzero(section.usable)]
        for key in _row_keys(kept, section.gene):
            owner[key].add(section.name)
    shared = Counter(" = ".join(sorted(names)) for names in owner.values() if len(names) > 1)
    if not shared:
        return Finding("counts twice", "fine", "No spot's counts stand in another section.")
    listed = first_few(f"{count} in {names}" for names, count in shared.most_common())
    return Finding(
        "counts twice",
        "stop",
        f"Spots of several sections have the same counts, gene by gene: {listed}. A model may have learned the test spots; bring each spot once.",
    )


def _row_keys(counts: "csr_matrix", gene: TextArray) -> list[bytes]:
    """Return a digest of each row that has enough counts to be like no other, whatever the order of the genes."""
    from hashlib import blake2b

    order = np.argsort([str(name) for name in gene], kind="stable")
    ordered = counts.tocsc()[:, order].tocsr()
    ordered.eliminate_zeros()
    ordered.sort_indices()
    names = np.array([blake2b(str(gene[at]).encode(), digest_size=8).digest() for at in order])
    keys = []
    for start, end in zip(ordered.indptr[:-1], ordered.indptr[1:], strict=True):
        values = ordered.data[start:end]
        if end - start >= _FEWEST_GENES and values.sum() >= _FEWEST_COUNTS:
            digest = blake2b(b"".join(names[ordered.indices[start:end]]), digest_size=16)
            digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
            keys.append(digest.digest())
    return keys
