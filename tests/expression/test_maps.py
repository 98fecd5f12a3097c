"""Predictions as files: an AnnData that scanpy draws, images, and the measured values next to them."""

from dataclasses import replace

import anndata
import matplotlib
import numpy as np
import pytest
import scanpy
from PIL import Image
from scipy.sparse import csr_matrix
from scipy.stats import pearsonr

from spectra_dl.arrays import text_array
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.input_part import (
    EncoderDescription,
    ExpressionHead,
    ExpressionInput,
    GeneScore,
    TrainingSections,
)
from spectra_dl.expression.maps import agreement, measured_values, write_h5ad, write_maps
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.models.header import ModelHeader, Training

GENES = ("GENE1", "HLA/A", "GENE3")
SCORES = (0.6, None, -0.1)
SAID = {"model_sha256": "0" * 64, "values": "log(1 + counts per 10,000)"}


@pytest.fixture(scope="module")
def section():
    """A simulated section, its last spot off the image."""
    whole = simulate_tissue(TissueSettings(1, 1, 6, 16, seed=1))[0].section
    position, reason = whole.position_um.copy(), whole.reason.copy()
    position[-1], reason[-1] = np.nan, "outside the image"
    return replace(whole, position_um=position, reason=reason)


@pytest.fixture(scope="module")
def predictor():
    """A model of three genes, one of them without a score."""
    genes = [
        GeneScore(
            name=name, pearson=score, ceiling=None if score is None else 0.8, usable=(score or 0) >= 0.2
        )
        for name, score in zip(GENES, SCORES, strict=True)
    ]
    part = ExpressionInput(
        encoders=[EncoderDescription(name="colour-texture", width=47, calibration=[])],
        tile_sizes_um=[112.0],
        head=ExpressionHead(
            name="linear", trained_by="ridge", shown=1, n_features=47, n_outputs=3, members=1
        ),
        genes=genes,
        training=TrainingSections(
            sections={"A": "a"}, spots=10, tissue_colours={"A": [1.0, 2.0, 3.0]}, left_out="patient"
        ),
    )
    header = ModelHeader[ExpressionInput](
        intended_use="Research use only, not for diagnosis",
        training=Training(source="made", simulated=None, seed=0, notes=[]),
        classification=None,
        audit=[],
        scores=[],
        scores_from="simulated",
        weights_sha256="0" * 64,
        versions={},
        input=part,
    )
    return ExpressionPredictor(header, (build_head("linear", n_regions=1, n_features=47, n_outputs=3),))


@pytest.fixture
def values(section):
    """Predictions of three genes, none for the last spot."""
    drawn = np.random.default_rng(0).uniform(0, 5, (len(section), 3))
    drawn[-1] = np.nan
    return drawn


@pytest.fixture
def table(section, predictor, values, tmp_path):
    """The AnnData as anndata reads it; the second spot is flagged."""
    flags = text_array(["", "glass under the spot", *[""] * (len(section) - 2)])
    write_h5ad(
        tmp_path / "predictions.h5ad", section, values, flags=flags, predictor=predictor, provenance=SAID
    )
    return anndata.read_h5ad(tmp_path / "predictions.h5ad")


def test_every_spot_is_there_in_its_order_with_what_was_predicted(table, section, values):
    assert list(table.obs_names) == list(section.barcode)
    assert list(table.var_names) == list(GENES)
    assert table.X.dtype == np.float32
    np.testing.assert_array_equal(table.X, values.astype(np.float32))


def test_each_gene_says_what_to_expect_of_it(table):
    assert list(table.var.columns) == ["expected_pearson", "noise_ceiling", "do_not_use"]
    np.testing.assert_array_equal(table.var["expected_pearson"], [0.6, np.nan, -0.1])
    np.testing.assert_array_equal(table.var["noise_ceiling"], [0.8, np.nan, 0.8])
    assert list(table.var["do_not_use"]) == [False, True, True]


def test_each_spot_says_whether_it_can_be_trusted_and_why_not(table):
    assert list(table.obs["status"][:3]) == ["ok", "warned", "ok"]
    assert list(table.obs["reason"][:3]) == ["", "glass under the spot", ""]
    assert (table.obs["status"].iloc[-1], table.obs["reason"].iloc[-1]) == ("refused", "outside the image")


def test_the_origin_and_the_image_stand_in_uns(table, section):
    assert dict(table.uns["spectra_dl"]) == SAID
    library = table.uns["spatial"][section.name]
    scale = library["scalefactors"]
    assert library["images"]["hires"].shape[1] == pytest.approx(
        section.image.width * scale["tissue_hires_scalef"]
    )
    assert scale["spot_diameter_fullres"] == section.spot_diameter_um / section.um_per_pixel


def test_spots_lie_in_the_image_where_they_lay_on_the_slide(table, section):
    np.testing.assert_allclose(table.obsm["spatial"] * section.um_per_pixel, section.position_um)
    scale = table.uns["spatial"][section.name]["scalefactors"]["tissue_hires_scalef"]
    shown = table.uns["spatial"][section.name]["images"]["hires"]
    column, row = np.rint(table.obsm["spatial"][:-1] * scale).astype(int).T
    whole = section.image.pixels[
        tuple(np.rint(section.position_um[:-1, ::-1] / section.um_per_pixel).astype(int).T)
    ]
    # Where a spot is drawn stands the colour that lies under it in the full image.
    np.testing.assert_allclose(shown[row, column].mean(axis=0), whole.mean(axis=0), atol=12)


# scanpy asks matplotlib and pandas for what they will drop; no file can help that.
@pytest.mark.filterwarnings("ignore:The 'mode.chained_assignment' option is deprecated")
@pytest.mark.filterwarnings("ignore:The set_bad function will be deprecated:PendingDeprecationWarning")
def test_scanpy_draws_it_without_a_warning(table):
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    scanpy.pl.embedding(table, basis="spatial", color=["GENE1", "status"], show=False)
    drawn = plt.gcf()
    drawn.canvas.draw()
    assert [axes.get_title() for axes in drawn.axes[:1]] == ["GENE1"]
    plt.close("all")


def test_measured_values_are_scanpys(section):
    names = ["GENE7", "GENE2"]
    expected = anndata.AnnData(section.counts.toarray())
    expected.var_names = list(section.gene)
    scanpy.pp.normalize_total(expected, target_sum=1e4)
    scanpy.pp.log1p(expected)
    np.testing.assert_allclose(measured_values(section, names), expected[:, names].X, rtol=1e-6)


def test_genes_and_spots_that_were_not_counted_are_missing(section):
    counts = section.counts.toarray()
    counts[3] = 0
    found = measured_values(replace(section, counts=csr_matrix(counts)), ["GENE1", "UNHEARD"])
    assert np.isnan(found[:, 1]).all()
    assert list(np.flatnonzero(np.isnan(found[:, 0]))) == [3]


def test_without_counts_nothing_was_measured(section):
    assert measured_values(replace(section, counts=None, gene=None), ["GENE1"]) is None


@pytest.mark.parametrize(
    ("gene", "symbol", "asked"),
    [
        (["i1", "i2", "i3"], ["A", "B", "A"], ["A", "B"]),
        (["ENSG00000141510.1", "ENSG00000012048.1", "ENSG00000141510.2"], None, ["ENSG00000141510"]),
        (["i1", "LINC1.2", "i3"], ["A", "", "A"], ["A", "LINC1.2"]),
        (["ENSG00000141510.1", "ENSG00000012048.1", "i3"], ["A", "", "B"], ["ENSG00000012048.1"]),
    ],
)
def test_measured_genes_are_those_that_training_makes_of_the_counts(section, gene, symbol, asked):
    counts = csr_matrix(section.counts.toarray()[:, :3] + 1)
    own = replace(
        section,
        counts=counts,
        gene=text_array(gene),
        symbol=None if symbol is None else text_array(symbol),
    )
    shared = shared_genes([own])
    columns = [list(shared.name).index(name) for name in asked]
    added = (counts @ shared.columns[0]).toarray()[:, columns]
    total = np.asarray(counts.sum(axis=1))
    np.testing.assert_allclose(measured_values(own, asked), np.log1p(1e4 * added / total), rtol=1e-9)


def test_agreement_is_scipys_correlation_over_spots_that_have_both():
    generator = np.random.default_rng(0)
    predicted, measured = generator.normal(size=(2, 30, 3))
    predicted[4], measured[9] = np.nan, np.nan
    measured[:, 2] = np.nan
    both = [at for at in range(30) if at not in (4, 9)]
    correlation = agreement(predicted, measured)
    np.testing.assert_allclose(
        correlation[:2], [pearsonr(predicted[both, at], measured[both, at])[0] for at in range(2)]
    )
    assert np.isnan(correlation[2])


@pytest.mark.parametrize(("beside", "panels"), [(True, 3), (False, 2)])
def test_a_map_is_as_many_images_wide_as_there_is_to_see(section, values, tmp_path, beside, panels):
    measured = values[:, :1] + 1 if beside else None
    assert write_maps(tmp_path, section, GENES[:1], values[:, :1], measured) == ["map_GENE1.png"]
    with Image.open(tmp_path / "map_GENE1.png") as drawn:
        assert drawn.width == pytest.approx(panels * drawn.height, rel=0.02)


def test_genes_whose_names_look_alike_in_a_file_name_have_a_map_each(section, values, tmp_path):
    names = write_maps(tmp_path, section, ["HLA/A", "hla:A"], values[:, :2], None)
    assert names == ["map_HLA_A.png", "map_hla_A_2.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_gene_of_a_long_foreign_name_has_a_map(section, values, tmp_path):
    names = write_maps(tmp_path, section, ["\u57fa" * 500], values[:, :1], None)
    assert names == [f"map_{'_' * 80}.png"]
