"""Predictions as AnnData in the input's frame, which scanpy and squidpy take as it is."""

from dataclasses import replace

import anndata
import matplotlib
import numpy as np
import pytest
import scanpy

from spectra_dl.arrays import text_array
from spectra_dl.expression.output.predictions_h5ad import write_h5ad
from spectra_dl.expression.section import ArrayPlaces
from tissue.predictions import FULL, GENES, SAID, example_genes, example_prediction, example_section

# scanpy, squidpy and what they stand on warn of each other; no file can help that.
pytestmark = pytest.mark.filterwarnings("ignore")


def reread(folder, prediction):
    write_h5ad(folder / "predictions.h5ad", prediction)
    return anndata.read_h5ad(folder / "predictions.h5ad")


@pytest.fixture(scope="module")
def prediction():
    return example_prediction()


@pytest.fixture(scope="module")
def table(prediction, tmp_path_factory):
    """The AnnData as anndata reads it."""
    return reread(tmp_path_factory.mktemp("written"), prediction)


def test_every_spot_is_there_in_its_order_with_what_was_predicted(table, prediction):
    assert list(table.obs_names) == list(prediction.section.barcode)
    assert list(table.var_names) == list(GENES)
    assert table.X.dtype == np.float32
    np.testing.assert_array_equal(table.X, prediction.values.astype(np.float32))


def test_each_gene_says_its_id_and_what_to_expect_of_it(table):
    assert list(table.var.columns) == ["gene_ids", "expected_pearson", "noise_ceiling", "do_not_use"]
    np.testing.assert_array_equal(table.var["expected_pearson"], [0.6, np.nan, -0.1])
    np.testing.assert_array_equal(table.var["noise_ceiling"], [0.8, np.nan, 0.8])
    assert list(table.var["do_not_use"]) == [False, True, True]


def test_each_spot_says_whether_it_can_be_trusted_and_why_not(table):
    assert list(table.obs["status"][:3]) == ["ok", "warned", "ok"]
    assert list(table.obs["reason"][:3]) == ["", "glass under the spot", ""]
    assert list(table.obs["status"][-2:]) == ["refused", "refused"]
    assert list(table.obs["reason"][-2:]) == ["no position", "not under tissue"]


def test_the_places_of_the_array_stand_beside_each_spot(table):
    n = table.n_obs
    np.testing.assert_array_equal(table.obs["in_tissue"], [1] * (n - 1) + [0])
    np.testing.assert_array_equal(table.obs["array_row"], np.arange(n))
    np.testing.assert_array_equal(table.obs["array_col"], 2 * np.arange(n))


def test_without_an_array_in_tissue_follows_the_reasons_and_no_column_is_invented(tmp_path):
    section = replace(example_section(), array=ArrayPlaces(), library_id=None)
    table = reread(tmp_path, example_prediction(section))
    assert list(table.obs["in_tissue"][-2:]) == [1, 0]
    assert not {"array_row", "array_col"} & set(table.obs.columns)
    assert list(table.uns["spatial"]) == [section.name]


def test_the_origin_stands_in_uns_and_the_library_keeps_its_name(table):
    assert dict(table.uns["spectra_dl"]) == SAID
    assert table.uns["log1p"] == {"base": None}
    # A slash would open another group of HDF5.
    assert list(table.uns["spatial"]) == ["V1_slide"]


def test_positions_and_scale_factors_are_of_the_full_resolution_image(table, prediction):
    section = prediction.section
    np.testing.assert_allclose(
        table.obsm["spatial"], section.position_um / section.um_per_pixel * FULL, equal_nan=True
    )
    entry = table.uns["spatial"]["V1_slide"]
    factors = entry["scalefactors"]
    assert set(factors) == {
        "tissue_hires_scalef",
        "tissue_lowres_scalef",
        "spot_diameter_fullres",
        "fiducial_diameter_fullres",
        "microns_per_pixel",
    }
    assert factors["microns_per_pixel"] == pytest.approx(section.um_per_pixel / FULL)
    assert factors["spot_diameter_fullres"] == pytest.approx(
        section.spot_diameter_um / section.um_per_pixel * FULL
    )
    for name in ("hires", "lowres"):
        width = section.image.width * FULL * factors[f"tissue_{name}_scalef"]
        assert entry["images"][name].shape[1] == pytest.approx(width, abs=1)


def test_where_a_spot_is_drawn_lies_the_tissue_that_lies_under_it(table, prediction):
    section, entry = prediction.section, table.uns["spatial"]["V1_slide"]
    drawn = entry["images"]["hires"]
    column, row = (
        np.rint(table.obsm["spatial"][:-2] * entry["scalefactors"]["tissue_hires_scalef"]).astype(int).T
    )
    place = np.rint(section.position_um[:-2, ::-1] / section.um_per_pixel).astype(int)
    whole = section.image.pixels[tuple(place.T)]
    np.testing.assert_allclose(drawn[row, column].mean(axis=0), whole.mean(axis=0), atol=12)


def test_what_was_counted_stands_beside_what_was_predicted(table, prediction):
    section = prediction.section
    column = list(section.gene).index("GENE1")
    counted = section.counts.toarray()
    np.testing.assert_array_equal(table.layers["measured_counts"][:, 0], counted[:, column])
    np.testing.assert_allclose(
        table.layers["measured"][:, 0],
        np.log1p(1e4 * counted[:, column] / counted.sum(axis=1)),
        rtol=1e-5,
    )
    # A gene that nobody counted is missing, not zero.
    assert np.isnan(table.layers["measured"][:, 1]).all()
    np.testing.assert_array_equal(table.obs["total_counts"], counted.sum(axis=1))


def test_without_counts_there_are_no_measured_layers(tmp_path):
    section = replace(example_section(), counts=None, gene=None, symbol=None)
    table = reread(tmp_path, example_prediction(section))
    assert not table.layers
    assert "total_counts" not in table.obs


@pytest.fixture
def agg():
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_scanpy_draws_genes_over_the_tissue_unchanged(table, agg):
    scanpy.pl.spatial(table, color="GENE1", show=False)
    drawn = agg.gcf()
    drawn.canvas.draw()
    assert [axes.get_title() for axes in drawn.axes[:1]] == ["GENE1"]
    scanpy.pl.spatial(table, color=["HLA/A", "status"], img_key="lowres", show=False)


def usable(table):
    return table[table.obs["status"] != "refused"].copy()


def test_scanpy_finds_variable_genes_components_and_neighbours(table):
    kept = usable(table)
    scanpy.pp.highly_variable_genes(kept, n_top_genes=2)
    scanpy.tl.pca(kept, n_comps=2)
    scanpy.pp.neighbors(
        kept, n_neighbors=5, method="gauss"
    )  # the other method compiles itself for ten seconds first
    kept.obs["half"] = np.where(np.arange(kept.n_obs) % 2, "a", "b")
    kept.obs["half"] = kept.obs["half"].astype("category")
    scanpy.tl.rank_genes_groups(kept, "half")
    assert kept.obsm["X_pca"].shape == (kept.n_obs, 2)


def test_a_section_without_refused_spots_needs_no_selection(tmp_path):
    section = example_section()
    whole = section.select(np.arange(len(section) - 2))
    table = reread(tmp_path, example_prediction(whole))
    assert set(table.obs["status"]) == {"ok", "warned"}
    scanpy.pp.highly_variable_genes(table, n_top_genes=2)
    scanpy.tl.pca(table, n_comps=2)
    assert np.isfinite(table.obsm["X_pca"]).all()


def test_squidpy_draws_it_and_joins_neighbours_unchanged(table, agg, tmp_path):
    squidpy = pytest.importorskip("squidpy")
    squidpy.pl.spatial_scatter(table, color="GENE1")
    section = example_section()
    placed = section.select(np.isfinite(section.position_um).all(axis=1))
    off_tissue_too = reread(tmp_path, example_prediction(placed))
    assert "refused" in set(off_tissue_too.obs["status"])
    squidpy.gr.spatial_neighbors(off_tissue_too)
    assert off_tissue_too.obsp["spatial_connectivities"].nnz > 0


@pytest.mark.parametrize("symbol", ["", "HER2"])
def test_text_that_hdf5_cannot_hold_is_marked_and_the_file_is_whole(symbol, tmp_path):
    section = example_section()
    barcode = section.barcode.copy()
    barcode[0], barcode[1] = "a\0b", "\ud800"
    reason = section.reason.copy()
    reason[-1] = "off\0tissue"
    odd = replace(section, barcode=barcode, reason=reason, library_id="..", name="x/y\0")
    genes = example_genes(("A\0", "..", "a/b"), symbols=(symbol or None, None, None))
    table = reread(tmp_path, example_prediction(odd, genes))
    assert list(table.obs_names[:2]) == ["a\ufffdb", "\ufffd"]
    assert list(table.var_names) == [symbol or "A\ufffd", "..", "a/b"]
    assert list(table.var["gene_ids"]) == ["A\ufffd", "..", "a/b"]
    assert list(table.uns["spatial"]) == ["__"]


def test_symbols_are_names_and_ids_a_column_where_the_input_has_both(tmp_path):
    section = example_section()
    ids = text_array([f"ENSG{at:011d}.2" for at in range(len(section.gene))])
    named = replace(section, gene=ids, symbol=text_array(["ERBB2", *section.gene[1:]]))
    genes = example_genes(("ENSG00000000000", "ENSG00000000003", "ENSG99999999999"))
    table = reread(tmp_path, example_prediction(named, genes))
    assert list(table.var_names) == ["ERBB2", section.gene[3], "ENSG99999999999"]
    assert list(table.var["gene_ids"]) == [gene.name for gene in genes]
    assert np.isfinite(table[:-2].layers["measured"][:, :2]).all()
