"""The probe set that Space Ranger writes beside counts of fixed tissue: genes whose probes are all excluded were not measured."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.tenx.tenx_matrix import TenxCounts
from spectra_dl.expression.readers.text_lines import cells_of, text_lines


def without_excluded(counts: TenxCounts, path: Path) -> TenxCounts:
    """Leave out genes that the probe set excludes.

    Parameters
    ----------
    counts
        Of genes.
    path
        ``probe_set.csv`` with columns ``gene_id`` and ``included``; may be missing.

    Raises
    ------
    DataError
        It can't be read, or excludes every gene.
    """
    if not path.is_file():
        return counts
    excluded = _excluded(path)
    kept = np.flatnonzero([gene not in excluded for gene in counts.matrix.gene])
    lost = len(counts.matrix.gene) - len(kept)
    if not lost:
        return counts
    if not len(kept):
        raise DataError(f"{path.name}: it excludes every gene of the counts; is it another sample's?")
    matrix = counts.matrix
    symbol = None if matrix.symbol is None else matrix.symbol[kept]
    chosen = replace(matrix, matrix=matrix.matrix[:, kept], gene=matrix.gene[kept], symbol=symbol)
    return TenxCounts(
        chosen,
        (*counts.notes, f"{lost} genes whose probes {path.name} excludes (included FALSE) are left out"),
    )


def _excluded(path: Path) -> set[str]:
    """Return the genes that have probes, none of them included."""
    header: list[str] | None = None
    included: dict[str, bool] = {}
    for _, line in text_lines(path):
        if line.startswith("#"):
            continue
        cells = cells_of(line, ",")
        if header is None:
            header = cells
            if not {"gene_id", "included"} <= set(header):
                return set()
            gene, flag = header.index("gene_id"), header.index("included")
        elif len(cells) > max(gene, flag):
            included[cells[gene]] = included.get(cells[gene], False) or cells[flag].upper() != "FALSE"
    return {name for name, any_included in included.items() if not any_included}
