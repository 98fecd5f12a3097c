"""The highest correlation any model could reach with each gene of one section."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts
from spectra_dl.expression.readers.stored.opened import is_anndata
from spectra_dl.expression.readers.tenx.runs import is_tenx_file
from spectra_dl.expression.section import OFF_TISSUE, no_counts
from spectra_dl.storage.run_folder import RunResult
from spectra_dl.storage.text.csv_rows import csv_text

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class GeneCeiling:
    """One gene's mean count per spot, its noise ceiling and the ends of its interval; NaN where undefined."""

    gene: str
    mean_count: float
    ceiling: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class SectionCeiling(RunResult):
    """Noise ceilings of a section.

    Attributes
    ----------
    spots, empty
        Spots with counts, and those without, which were left out.
    genes
        The gene with the most counts first.
    """

    spots: int
    empty: int
    genes: tuple[GeneCeiling, ...]

    @property
    def mean_ceiling(self) -> float:
        """Mean over the genes for which it is defined; NaN without any."""
        ceilings = np.array([gene.ceiling for gene in self.genes])
        return float(np.nanmean(ceilings)) if np.isfinite(ceilings).any() else float("nan")

    @property
    def report(self) -> dict[str, object]:
        """Notes and ceilings, ready for JSON."""
        results = {
            "spots": self.spots,
            "genes": len(self.genes),
            "mean_ceiling": self.mean_ceiling,
            "per_gene": [vars(gene) for gene in self.genes],
        }
        notes = [f"{self.empty} spots without counts left out"] if self.empty else []
        return {"notes": notes, "results": results}

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``ceiling.csv``, a line per gene; ``report`` is not needed."""
        header = list(GeneCeiling.__dataclass_fields__)
        return {"ceiling.csv": csv_text([header, *(vars(gene).values() for gene in self.genes)])}


def ceiling_study(path: Path, *, top: int | None = None, bin_um: float | None = None) -> SectionCeiling:
    """Estimate the noise ceiling of each gene of a section.

    Parameters
    ----------
    path
        An AnnData file with raw counts, which needs no image, a run of 10x Genomics, or any other section with counts.
    top
        Only so many genes, those with the most counts; None takes all.
    bin_um
        µm of the squares into which bins are joined or cells gathered; None takes the format's own.

    Raises
    ------
    DataError
        The section can't be read, or has no counts.
    """
    counts, names = _counts(path, bin_um)
    library = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    counted = library > 0
    order = np.argsort(-np.asarray(counts[counted].sum(axis=0)).ravel(), kind="stable")[:top]
    ceilings = noise_ceiling(counts[counted][:, order], library[counted])
    columns = (ceilings.mean_count, ceilings.ceiling, ceilings.low, ceilings.high)
    genes = tuple(
        GeneCeiling(str(names[at]), *map(float, values)) for at, *values in zip(order, *columns, strict=True)
    )
    return SectionCeiling(int(counted.sum()), int((~counted).sum()), genes)


def _counts(path: Path, bin_um: float | None) -> "tuple[csr_matrix, TextArray]":
    """Return raw counts of spots under tissue, and the genes."""
    if bin_um is None and is_anndata(path) and not is_tenx_file(path):
        counts, _, genes = read_h5ad_counts(path)
        return counts, genes
    section = read_section(SectionSource(path, bin_um=bin_um))
    section = section.select(section.reason != OFF_TISSUE)
    if section.counts is None or section.gene is None:
        raise DataError(no_counts(section))
    return section.counts, section.gene
