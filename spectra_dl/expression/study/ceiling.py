"""The highest correlation any model could reach with each gene of one section."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.anndata_files.h5ad import read_h5ad_counts
from spectra_dl.expression.readers.tenx.runs import is_tenx_file
from spectra_dl.expression.section import OFF_TISSUE
from spectra_dl.storage.csv_rows import csv_text
from spectra_dl.storage.hdf5_checks import is_hdf5
from spectra_dl.storage.run_folder import RunResult


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
        An ``.h5ad`` with raw counts, a folder of 10x Genomics, or a counts table of legacy Spatial Transcriptomics beside its image and spots.
    top
        Only so many genes, those with the most counts; None takes all.
    bin_um
        µm of the squares into which bins are joined or cells gathered; None takes the format's own.

    Raises
    ------
    DataError
        The section can't be read.
    """
    if bin_um is None and is_hdf5(path) and not is_tenx_file(path):
        counts, _, names = read_h5ad_counts(path)
    else:
        section = read_section(SectionSource(path, bin_um=bin_um))
        section = section.select(section.reason != OFF_TISSUE)
        counts, names = section.counts, section.gene  # type: ignore[assignment]  # these readers give both
    library = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    counted = library > 0
    order = np.argsort(-np.asarray(counts[counted].sum(axis=0)).ravel(), kind="stable")[:top]
    ceilings = noise_ceiling(counts[counted][:, order], library[counted])
    columns = (ceilings.mean_count, ceilings.ceiling, ceilings.low, ceilings.high)
    genes = tuple(
        GeneCeiling(str(names[at]), *map(float, values)) for at, *values in zip(order, *columns, strict=True)
    )
    return SectionCeiling(int(counted.sum()), int((~counted).sum()), genes)
