"""Whole numbers that are no counts are not taken as counts, and features without a name are refused."""

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts
from spectra_dl.expression.readers.count_matrix import checked_counts

COUNTS = np.random.default_rng(3).poisson(4.0, (30, 6)).astype(np.float64) + 1
PER_MILLION = np.round(COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e6)
MANY = np.random.default_rng(4).poisson(4.0, (30, 40))
TOO_LARGE = np.where(np.arange(180).reshape(30, 6) == 7, 2.0**53, COUNTS).astype(np.uint64)


@pytest.fixture
def write(tmp_path: Path, draw_image: Callable[[Path], Path]) -> Callable[..., Path]:
    """Write 30 spots and 6 genes with these values beside an image."""

    def written(values: object, names: list[str] | None = None) -> Path:
        draw_image(tmp_path / "one.png")
        place = np.stack(np.divmod(np.arange(30), 6)[::-1], axis=1) * 40.0 + 50
        genes = names or [f"G{k}" for k in range(values.shape[1])]
        table = anndata.AnnData(values, var=pd.DataFrame(index=genes), obsm={"spatial": place})
        table.write_h5ad(tmp_path / "one.h5ad")
        return tmp_path / "one.h5ad"

    return written


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (COUNTS > 4, "truth values"),
        (csr_matrix(COUNTS > 4), "truth values"),
        (PER_MILLION, "each of 30 spots has the same sum, 1e\\+06"),
        (csr_matrix(PER_MILLION), "each of 30 spots has the same sum"),
        (np.rint(PER_MILLION / 100), "each of 30 spots has the same sum, 10000"),
        ((MANY > 4).astype(np.float32), "values are 0 and 1 alone"),
        (TOO_LARGE, r"its largest value, 9.007e\+15, is too large for a count"),
    ],
)
def test_whole_numbers_that_are_no_counts_are_noted_and_refused_where_counts_are_needed(
    write: Callable[..., Path], values: object, said: str
) -> None:
    path = write(values)
    section = read_section(path, um_per_pixel=0.5)
    assert section.counts is None
    assert any("X is not taken as counts" in note for note in section.notes)
    with pytest.raises(DataError, match=said):
        read_h5ad_counts(path)


def test_few_spots_and_sums_that_differ_are_counts(write: Callable[..., Path]) -> None:
    assert read_section(write(COUNTS), um_per_pixel=0.5).counts is not None
    unlike = PER_MILLION.copy()
    unlike[0, 0] += 5_000
    assert read_section(write(unlike), um_per_pixel=0.5).counts is not None
    barcode, gene = (np.array([f"n{k}" for k in range(n)], dtype=object) for n in (30, 6))
    few = csr_matrix(PER_MILLION[:20])
    assert checked_counts(few, barcode[:20], gene, None, "few").flaw == ""
    with pytest.raises(DataError, match=r"many: each of 30 spots has the same sum.*bring raw counts"):
        checked_counts(csr_matrix(PER_MILLION), barcode, gene, None, "many")


def test_a_file_without_genes_and_a_gene_without_a_name_are_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="it has no genes"):
        read_section(write(COUNTS[:, :0]), um_per_pixel=0.5)
    with pytest.raises(DataError, match="gene 3 of 6 has no name; name it"):
        read_section(write(COUNTS, names=["a", "b", "", "d", "e", "f"]), um_per_pixel=0.5)


@pytest.mark.parametrize("layer", ["Counts", "count", "UMI", "rawcounts"])
def test_a_layer_that_is_called_like_counts_is_named_where_none_is_taken(
    write: Callable[..., Path], layer: str
) -> None:
    table = anndata.read_h5ad(path := write(np.log1p(COUNTS)))
    table.layers[layer] = COUNTS
    table.write_h5ad(path)
    section = read_section(path, um_per_pixel=0.5)
    assert section.counts is None
    assert f"one: layers/{layer} is not read; call it counts if it holds raw counts" in section.notes


@pytest.mark.parametrize("column", ["SYMBOL", "GeneSymbol", "hgnc_symbol", "gene_short_name"])
def test_symbols_beside_ensembl_ids_are_found_under_many_names(
    write: Callable[..., Path], column: str
) -> None:
    table = anndata.read_h5ad(path := write(COUNTS, [f"ENSG{k:011d}" for k in range(6)]))
    table.var[column] = [f"S{k}" for k in range(6)]
    table.write_h5ad(path)
    assert list(read_section(path, um_per_pixel=0.5).symbol) == [f"S{k}" for k in range(6)]


def test_a_gene_that_was_added_to_the_genome_keeps_the_others_symbols(write: Callable[..., Path]) -> None:
    counts = np.random.default_rng(2).poisson(5.0, (30, 12))
    ids = [*(f"ENSG{k:011d}" for k in range(11)), "tdTomato"]
    table = anndata.read_h5ad(path := write(counts, ids))
    table.var["gene_symbols"] = [*(f"S{k}" for k in range(11)), "tdTomato"]
    table.write_h5ad(path)
    section = read_section(path, um_per_pixel=0.5)
    assert (section.symbol[0], section.symbol[11], section.gene[0]) == ("S0", "tdTomato", "ENSG00000000000")


@pytest.mark.parametrize("column", ["ensembl", "Ensembl_ID", "ENSEMBL", "gene_id"])
def test_ensembl_ids_beside_symbols_are_found_under_many_names(
    write: Callable[..., Path], column: str
) -> None:
    table = anndata.read_h5ad(path := write(COUNTS))
    table.var[column] = [f"ENSG{k:011d}" for k in range(6)]
    table.write_h5ad(path)
    section = read_section(path, um_per_pixel=0.5)
    assert (section.gene[1], section.symbol[1]) == ("ENSG00000000001", "G1")


def test_columns_x_and_y_without_a_unit_are_named_with_the_line_that_takes_them(
    write: Callable[..., Path],
) -> None:
    table = anndata.read_h5ad(path := write(COUNTS))
    table.obs["X"], table.obs["Y"] = table.obsm.pop("spatial").T
    table.write_h5ad(path)
    with pytest.raises(DataError, match=r"obs has 'X' and 'Y', whose unit .*adata.obs\[\['X', 'Y'\]\]"):
        read_section(path, um_per_pixel=0.5)
