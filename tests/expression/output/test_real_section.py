"""A real section as it comes back: her2st, whose genes go by symbols."""

import anndata
import matplotlib
import numpy as np
import pytest
import scanpy

from spectra_dl.expression.output.exports.qupath import write_geojson
from spectra_dl.expression.output.maps import write_maps
from spectra_dl.expression.output.predictions_h5ad import write_h5ad
from spectra_dl.expression.readers import read_section
from tissue.predictions import example_genes, example_prediction

GENES = ("ERBB2", "FASN", "CD8A")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("real section")]


@pytest.fixture(scope="module")
def prediction(shared_data):
    path = shared_data / "st" / "her2st" / "counts" / "C2.tsv.gz"
    return example_prediction(read_section(path), example_genes(GENES))


@pytest.fixture(scope="module")
def table(prediction, tmp_path_factory):
    path = tmp_path_factory.mktemp("written") / "predictions.h5ad"
    write_h5ad(path, prediction)
    assert path.stat().st_size < 20e6
    return anndata.read_h5ad(path)


def test_scanpy_and_squidpy_draw_erbb2_by_its_symbol(table):
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    scanpy.pl.spatial(table, color="ERBB2", show=False)
    squidpy = pytest.importorskip("squidpy")
    squidpy.pl.spatial_scatter(table, color="ERBB2")
    squidpy.gr.spatial_neighbors(table)
    plt.close("all")


def test_neighbours_of_a_legacy_array_lie_one_pitch_apart_in_full_resolution_pixels(table, prediction):
    section = prediction.section
    um = table.uns["spatial"][section.library_id or section.name]["metadata"]["um_per_pixel"]
    place = table.obsm["spatial"]
    nearest = np.sort(np.linalg.norm(place[:, None] - place[None], axis=2), axis=1)[:, 1]
    assert np.median(nearest) * um == pytest.approx(200, rel=0.1)  # the spots were found by eye


def test_what_was_measured_is_scanpys_of_the_counts(table, prediction):
    section = prediction.section
    counted = anndata.AnnData(section.counts.copy())
    counted.var_names = list(section.gene)
    scanpy.pp.normalize_total(counted, target_sum=1e4)
    scanpy.pp.log1p(counted)
    expected = counted[:, list(GENES)].X.toarray()
    rows = np.asarray(section.counts.sum(axis=1)).ravel() > 0
    np.testing.assert_allclose(table.layers["measured"][rows], expected[rows], rtol=1e-5)


def test_maps_and_objects_for_qupath_are_written(prediction, tmp_path):
    assert write_maps(tmp_path, prediction, [0]) == ["map_ERBB2.png"]
    write_geojson(tmp_path, prediction)
    assert (tmp_path / "predictions.geojson").stat().st_size > 100_000
