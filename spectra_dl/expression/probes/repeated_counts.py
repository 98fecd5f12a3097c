"""Spots whose counts stand in another section too."""

from collections import Counter, defaultdict

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.cohort import ExpressionCohort

_FEWEST_GENES = 15  # that were counted: spots of fewer may agree by chance
_FEWEST_COUNTS = 25
_SURPRISE = 24.0  # nats, of two draws being the same: no two of a million spots are by chance


def repeated_counts(cohort: ExpressionCohort) -> Finding:
    """Look for spots of one section whose counts, of the genes that all sections have, are those of a spot in another."""
    name = "counts twice"
    owner: dict[bytes, set[str]] = defaultdict(set)
    for section, key in _spots(cohort):
        owner[key].add(section)
    shared = Counter(" = ".join(sorted(names)) for names in owner.values() if len(names) > 1)
    if not owner:
        return Finding(
            name,
            "fine",
            "No spot has counts enough to be known again in another section, so copies would not be seen.",
        )
    if not shared:
        return Finding(name, "fine", "No spot's counts stand in another section.")
    listed = first_few(f"{count} in {names}" for names, count in shared.most_common())
    return Finding(
        name,
        "stop",
        f"Spots of several sections have the same counts, gene by gene: {listed}. A model may have learned the test spots; bring each spot once.",
    )


def _spots(cohort: ExpressionCohort) -> list[tuple[str, bytes]]:
    """Return section and digest of each spot that has enough counts to be like no other."""
    from hashlib import blake2b

    counts = cohort.counts.tocsr(copy=True)
    counts.eliminate_zeros()
    counts.sort_indices()
    spots = []
    for section, start, end in zip(cohort.spots.section, counts.indptr[:-1], counts.indptr[1:], strict=True):
        values = counts.data[start:end]
        if _is_like_no_other(values):
            digest = blake2b(counts.indices[start:end].astype(np.int64).tobytes(), digest_size=16)
            digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
            spots.append((str(section), digest.digest()))
    return spots


def _is_like_no_other(values: FloatArray) -> bool:
    """Return whether a spot with these counts above 0 would not be drawn twice: many genes, or fewer that were counted often.

    Two Poisson counts around c are the same with a chance of 1 / sqrt(4 pi c).
    """
    many = len(values) >= _FEWEST_GENES and float(values.sum()) >= _FEWEST_COUNTS
    return many or float(0.5 * np.log(4 * np.pi * np.maximum(values, 1.0)).sum()) >= _SURPRISE
