"""What a section's counts say of genes that were predicted."""

from dataclasses import replace

import anndata
import numpy as np
import pytest
import scanpy
from scipy.sparse import csr_matrix
from scipy.stats import pearsonr

from spectra_dl.arrays import text_array
from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.output.measured import (
    agreement,
    lost_counts_note,
    measured_counts,
    measured_values,
    total_counts,
    unmeasured_note,
)
from spectra_dl.expression.section import COUNTS_MISSING
from tissue.predictions import example_genes, example_prediction, example_section


@pytest.fixture(scope="module")
def section():
    return example_section()


def test_measured_values_are_scanpys(section):
    names = ["GENE7", "GENE2"]
    expected = anndata.AnnData(section.counts.toarray().astype(float))
    expected.var_names = list(section.gene)
    scanpy.pp.normalize_total(expected, target_sum=1e4)
    scanpy.pp.log1p(expected)
    np.testing.assert_allclose(measured_values(section, names), expected[:, names].X, rtol=1e-12)


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


def test_counts_are_whole_and_missing_where_nothing_was_counted(section):
    counts = section.counts.toarray()
    counts[3] = 0
    read = measured_counts(replace(section, counts=csr_matrix(counts)), ["GENE1", "UNHEARD"])
    column = list(section.gene).index("GENE1")
    rows = [at for at in range(len(section)) if at != 3]
    np.testing.assert_array_equal(read[rows, 0], counts[rows, column])
    assert np.isnan(read[:, 1]).all()
    assert np.isnan(read[3, 0])
    assert measured_counts(replace(section, counts=None, gene=None), ["GENE1"]) is None


def test_a_gene_whose_id_the_section_does_not_have_is_found_by_its_symbol(section):
    asked, symbols = ["ENSG00000141510", "ENSG00000012048", "GENE5"], ["GENE2", "UNHEARD", "GENE3"]
    found = measured_values(section, asked, symbols)
    # An id goes before a symbol.
    np.testing.assert_array_equal(found[:, [0, 2]], measured_values(section, ["GENE2", "GENE5"]))
    assert np.isnan(found[:, 1]).all()


def test_a_symbol_that_several_genes_share_is_no_way_to_their_counts(section):
    found = measured_values(section, ["ENSG00000141510", "ENSG00000012048"], ["GENE2", "GENE2"])
    assert np.isnan(found).all()


def test_genes_that_were_not_counted_are_noted(section):
    def note(*genes, of=section):
        return unmeasured_note(of, measured_values(of, genes), genes)

    assert note("GENE1", "GENE2") is None
    assert note("GENE1", "X", "Y").endswith(
        "2 of 3 genes predicted are not among those it has counts of: X, Y"
    )
    assert "none of the 2 genes predicted is among those it has counts of (X, Y)" in note("X", "Y")
    # A section without a count says nothing of its genes' names.
    empty = replace(section, counts=csr_matrix(section.counts.shape))
    assert note("GENE1", "X", of=empty) is None


def test_a_correlation_over_fewer_than_ten_spots_is_none():
    predicted, measured = np.random.default_rng(0).normal(size=(2, 30, 3))
    measured[9:] = np.nan
    assert np.isnan(agreement(predicted, measured)).all()
    measured[9] = 0.5
    assert np.isfinite(agreement(predicted, measured)).all()


def test_spots_that_are_warned_of_say_nothing_of_how_well_others_are_predicted(section):
    drawn = example_prediction(section, example_genes(("GENE1", "GENE2", "GENE3")))
    sound = replace(drawn, flags=text_array([""] * len(section)))
    glass = np.zeros(len(section), dtype=bool)
    glass[[0, 5]] = True
    flags = text_array(["no tissue under the spot" if each else "" for each in glass])
    values = np.where(glass[:, None], 100.0, sound.values)
    kept = agreement(np.where(glass[:, None], np.nan, sound.values), sound.measured)
    flagged = replace(sound, flags=flags, values=values)
    np.testing.assert_array_equal(flagged.measured_pearson, kept)
    assert np.isfinite(kept).all()
    assert not np.array_equal(replace(flagged, flags=sound.flags).measured_pearson, kept)


def test_counts_that_are_not_finite_are_named_and_never_zero(section):
    reason = section.reason.copy()
    reason[[3, 5]] = COUNTS_MISSING
    lost = replace(section, reason=reason)
    assert list(np.flatnonzero(np.isnan(total_counts(lost)))) == [3, 5]
    both = f"{section.barcode[3]}, {section.barcode[5]}"
    assert lost_counts_note(lost).endswith(
        f"2 of {len(section)} spots are not finite, and nothing is compared there: {both}"
    )
    assert lost_counts_note(section) is None
