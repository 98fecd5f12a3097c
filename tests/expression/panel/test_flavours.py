"""Highly variable genes by scanpy's flavours, on training rows alone."""

import importlib.util

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.genes import PanelSettings, choose_panel
from spectra_dl.expression.panel.flavours import require_flavour, variable_genes

FLAVOURS = ("seurat", "pearson_residuals", "seurat_v3")
pytestmark = pytest.mark.filterwarnings("ignore")


def drawn(spots=90, genes=400, seed=0):
    """Return counts of which the first ten genes vary most, totals over more genes than these, and sections."""
    generator = np.random.default_rng(seed)
    spread = np.where(np.arange(genes) < 10, 1.5, 0.1)
    rate = np.exp(generator.normal(1.5, 0.4, genes) + generator.normal(0, 1, (spots, genes)) * spread)
    counts = generator.poisson(rate).astype(float)
    counts[:, 7] = 0
    return csr_matrix(counts), counts.sum(axis=1) + 500, np.repeat(["a", "b", "c"], spots // 3).astype(object)


def require(flavour):
    if flavour == "seurat_v3":
        pytest.importorskip("skmisc")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_genes_that_vary_are_chosen_and_one_that_nobody_saw_never(flavour):
    require(flavour)
    counts, library, section = drawn()
    panel = variable_genes(counts, library, section, size=9, flavour=flavour)
    assert list(panel) == sorted(panel)
    assert len(panel) == 9
    assert len(set(panel) & set(range(10))) >= 6
    assert 7 not in panel
    assert 7 not in variable_genes(counts, library, section, size=1000, flavour=flavour)


@pytest.mark.parametrize("flavour", ["seurat", "pearson_residuals"])
def test_the_panel_is_what_scanpy_gives_on_the_same_spots(flavour):
    counts, _, section = drawn()
    seen = np.flatnonzero(counts.toarray().sum(axis=0))
    table = anndata.AnnData(counts[:, seen].copy(), obs=pd.DataFrame({"section": pd.Categorical(section)}))
    library = counts.toarray().sum(axis=1)
    if flavour == "seurat":
        scanpy.pp.normalize_total(table, target_sum=1e4)
        scanpy.pp.log1p(table)
        scanpy.pp.highly_variable_genes(table, flavor=flavour, n_top_genes=9, batch_key="section")
    else:
        scanpy.experimental.pp.highly_variable_genes(
            table, flavor=flavour, n_top_genes=9, batch_key="section"
        )
    expected = seen[np.flatnonzero(table.var["highly_variable"])]
    np.testing.assert_array_equal(choose_panel(counts, library, section, PanelSettings(9, flavour)), expected)


def test_without_scikit_misc_seurat_v3_names_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    counts, library, section = drawn()
    with pytest.raises(UsageError, match="pip install scikit-misc"):
        variable_genes(counts, library, section, size=5, flavour="seurat_v3")
    require_flavour("seurat")


def test_what_scanpy_cannot_compute_is_a_sentence():
    counts, library, _ = drawn()
    alone = np.array([f"section {at}" for at in range(90)], dtype=object)
    with pytest.raises(DataError, match="--panel seurat: scanpy can't compute it on 90 training") as refused:
        variable_genes(counts[:, 7:8] + 0 * counts[:, :1], library, alone, size=5, flavour="seurat")
    assert len(str(refused.value)) <= 500
