"""Highly variable genes by scanpy's flavours, on training spots and nothing else."""

import importlib.util
import warnings
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError, UsageError

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy.sparse import csr_matrix

SEURAT, SEURAT_V3, PEARSON_RESIDUALS = "seurat", "seurat_v3", "pearson_residuals"


def require_flavour(flavour: str) -> None:
    """Refuse a flavour whose package is missing, before anything is computed.

    Raises
    ------
    UsageError
        scikit-misc is missing, which ``"seurat_v3"`` takes its smoothing from.
    """
    if flavour == SEURAT_V3 and importlib.util.find_spec("skmisc") is None:
        raise UsageError(
            "--panel seurat_v3 takes its smoothing from scikit-misc, which is not installed; pip install scikit-misc, or choose another --panel"
        )


def variable_genes(
    counts: "csr_matrix", library: FloatArray, section: TextArray, *, size: int, flavour: str
) -> IndexArray:
    """Return the columns, ascending, of the genes that scanpy finds most variable within sections.

    Sections are scanpy's batches: genes that are variable in more of them come first.

    Parameters
    ----------
    counts
        ``(n, g)`` raw counts of training spots.
    library, section
        ``(n,)`` counts over all genes, above 0, and section of the same spots.
    size
        Genes at most, 1 or more.
    flavour
        ``"seurat"``, ``"seurat_v3"`` or ``"pearson_residuals"``.

    Raises
    ------
    UsageError
        See `require_flavour`.
    DataError
        scanpy can't compute the flavour on these spots.

    References
    ----------
    Satija et al. (2015), https://doi.org/10.1038/nbt.3192; Stuart et al. (2019), https://doi.org/10.1016/j.cell.2019.05.031;
    Lause, Berens & Kobak (2021), https://doi.org/10.1186/s13059-021-02451-7.
    """
    require_flavour(flavour)
    counted = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel() > 0)
    table = _table(counts[:, counted], library, section, flavour)
    size = min(size, len(counted))
    try:
        # What a library warns of inside itself is none of the user's business; a failure is a sentence below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _mark(table, size, flavour)
    except (ValueError, ArithmeticError, LookupError, np.linalg.LinAlgError) as err:
        reason = " ".join(str(err).split())
        raise DataError(
            f"--panel {flavour}: scanpy can't compute it on {len(section)} training spots and {len(counted)} genes ({reason:.120}); "
            "choose --panel variance"
        ) from err
    return counted[np.flatnonzero(table.var["highly_variable"].to_numpy())].astype(np.intp)


def _table(counts: "csr_matrix", library: FloatArray, section: TextArray, flavour: str) -> "AnnData":
    import anndata
    import pandas as pd
    from scipy.sparse import csr_matrix, diags_array

    from spectra_dl.expression.genes import PER

    values = counts.astype(np.float64)
    if flavour == SEURAT:
        # As `normalize_total` and `log1p` make them, by the spot's counts over all genes, those that sections don't share too.
        values = csr_matrix(diags_array(PER / library) @ values)  # scanpy takes no sparse arrays
        values.data = np.log1p(values.data)
    names = [str(at) for at in range(counts.shape[0])]
    obs = pd.DataFrame({"section": pd.Categorical([str(name) for name in section])}, index=names)
    var = pd.DataFrame(index=[str(at) for at in range(counts.shape[1])])
    return anndata.AnnData(values, obs=obs, var=var)


def _mark(table: "AnnData", size: int, flavour: str) -> None:
    import scanpy

    rule = scanpy.experimental.pp if flavour == PEARSON_RESIDUALS else scanpy.pp
    rule.highly_variable_genes(table, flavor=flavour, n_top_genes=size, batch_key="section")
