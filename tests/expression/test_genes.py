"""Genes of several sections under one name, the panel of training rows, and values from counts and back."""

import anndata
import numpy as np
import pytest
import scanpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets
from spectra_dl.expression.genes import (
    PanelSettings,
    choose_panel,
    gene_key,
    log_normalise,
    raw_counts,
    shared_genes,
)
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock

TP53, BRCA1, ESR1 = "ENSG00000141510", "ENSG00000012048", "ENSG00000091831"
IMAGE = simulate_tissue(TissueSettings(patients=1, spots_per_side=4, genes=4))[0].section.image


def section(name, gene, symbol=None, counts=None):
    """Return a section of two spots with these genes."""
    counts = np.arange(2.0 * len(gene)).reshape(2, len(gene)) if counts is None else counts
    return TissueSection(
        name=name,
        patient=name,
        image=IMAGE,
        um_per_pixel=1.0,
        um_per_pixel_source="as simulated",
        barcode=text_array(["1x1", "2x1"]),
        position_um=np.array([[0.0, 0.0], [100.0, 0.0]]),
        reason=text_array(["", ""]),
        counts=csr_matrix(counts),
        gene=text_array(gene),
        symbol=None if symbol is None else text_array(symbol),
    )


@pytest.mark.parametrize(
    ("gene", "key"),
    [
        (f"{TP53}.17", TP53),
        (TP53, TP53),
        ("ENSMUSG00000059552.14", "ENSMUSG00000059552"),
        ("HLA-A", "HLA-A"),
        ("RP11-34P13.7", "RP11-34P13.7"),
        ("ENSG0000014151", "ENSG0000014151"),
        ("SEPT9", "SEPT9"),
    ],
)
def test_only_an_ensembl_id_loses_its_version(gene, key):
    assert gene_key(gene) == key


def test_sections_with_other_versions_and_another_order_have_the_same_genes():
    first, second = section("one", [f"{TP53}.17", BRCA1]), section("other", [f"{BRCA1}.2", f"{TP53}.9"])
    shared = shared_genes([first, second])
    assert list(shared.name) == [BRCA1, TP53]
    np.testing.assert_array_equal((first.counts @ shared.columns[0]).toarray(), [[1, 0], [3, 2]])
    np.testing.assert_array_equal((second.counts @ shared.columns[1]).toarray(), [[0, 1], [2, 3]])
    assert shared.notes == ()


def test_genes_that_only_one_section_has_are_left_out_and_told():
    shared = shared_genes([section("one", ["A", "B", "C"]), section("other", ["B", "A"])])
    assert list(shared.name) == ["A", "B"]
    assert shared.notes == ("one: 1 of 3 genes are not in every section and are left out",)


def test_genes_under_one_name_are_added_up_and_noted():
    twice = section("one", ["id1", "id2", "id3"], ["A", "A", "B"])
    shared = shared_genes([twice, section("other", ["A", "B"])])
    np.testing.assert_array_equal((twice.counts @ shared.columns[0]).toarray(), [[1, 2], [7, 5]])
    assert "1 genes share their name with another gene" in shared.notes[0]


def test_one_section_with_symbols_alone_brings_all_to_symbols():
    shared = shared_genes(
        [section("one", [TP53, BRCA1], ["TP53", "BRCA1"]), section("other", ["TP53", "BRCA1"])]
    )
    assert list(shared.name) == ["BRCA1", "TP53"]


def test_ensembl_ids_go_before_symbols_where_every_section_has_them():
    both = [
        section(name, [TP53, ESR1], symbol) for name, symbol in (("one", ["P53", "ESR1"]), ("other", None))
    ]
    assert list(shared_genes(both).name) == [ESR1, TP53]


def test_a_gene_without_a_symbol_goes_by_its_id():
    named = section("one", ["A", "LINC1"], ["A", ""])
    assert list(shared_genes([named, section("other", ["LINC1", "A"])]).name) == ["A", "LINC1"]


def test_ids_beside_symbols_without_a_bridge_are_refused_with_the_remedy():
    with pytest.raises(DataError, match=r"0 genes in common .*one kind of id") as refused:
        shared_genes([section("one", [TP53, BRCA1]), section("other", ["TP53", "BRCA1"])])
    assert len(str(refused.value)) <= 500


@pytest.mark.parametrize(("shared", "accepted"), [(2, True), (1, False)])
def test_half_the_genes_of_the_smallest_section_must_be_shared(shared, accepted):
    first = section("one", ["A", "B", "C", "D"])
    second = section("other", [*"AB"[:shared], *(f"X{at}" for at in range(8 - shared))])
    if accepted:
        assert len(shared_genes([first, second]).name) == shared
    else:
        with pytest.raises(DataError, match="1 genes in common"):
            shared_genes([first, second])


def test_a_section_without_counts_is_refused_by_name():
    bare = TissueSection(
        "bare", "p", IMAGE, 1.0, "as simulated", text_array(["a"]), np.zeros((1, 2)), text_array([""])
    )
    with pytest.raises(DataError, match="bare: no counts"):
        shared_genes([section("one", ["A"]), bare])


def drawn(spots=60, genes=12, seed=0):
    """Return counts ``(n, g)`` of genes with unlike rates, and the spots' totals."""
    generator = np.random.default_rng(seed)
    rate = np.exp(generator.normal(1, 1, genes) + generator.normal(0, 0.7, (spots, genes)))
    counts = generator.poisson(rate).astype(float) + 1
    return counts, counts.sum(axis=1)


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_values_are_scanpys_of_normalize_total_and_log1p(kind):
    counts, library = drawn()
    table = anndata.AnnData(counts.copy())
    scanpy.pp.normalize_total(table, target_sum=1e4)
    scanpy.pp.log1p(table)
    np.testing.assert_allclose(log_normalise(kind(counts), library), table.X, rtol=1e-12)


def test_a_spots_total_is_over_all_genes_and_not_over_those_asked_for():
    counts, library = drawn()
    np.testing.assert_array_equal(
        log_normalise(counts[:, :3], library), log_normalise(counts, library)[:, :3]
    )


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, (3, 4), elements=st.integers(0, 10**6)), st.integers(1, 10**7))
def test_raw_counts_are_what_was_counted(counts, other_genes):
    library = counts.sum(axis=1) + float(other_genes)
    np.testing.assert_array_equal(raw_counts(log_normalise(counts, library), library), counts)


def panel_by_hand(counts, library, section, settings):
    """Return the panel from dense values, section by section."""
    values = np.log1p(1e4 * counts / library[:, None])
    parts = [values[section == name] for name in sorted(set(section))]
    score = np.mean(
        [part.var(axis=0) if settings.rule == "variance" else part.mean(axis=0) for part in parts], axis=0
    )
    return np.sort(np.argsort(-score, kind="stable")[: settings.size])


@pytest.mark.parametrize("rule", ["variance", "mean"])
@pytest.mark.parametrize("size", [1, 5, 12])
def test_the_panel_is_that_of_dense_values_worked_section_by_section(rule, size):
    counts, library = drawn()
    group = np.repeat(["a", "b", "c"], [10, 20, 30]).astype(object)
    asked = PanelSettings(size, rule)
    np.testing.assert_array_equal(
        choose_panel(csr_matrix(counts), library, group, asked), panel_by_hand(counts, library, group, asked)
    )


def test_a_gene_that_differs_only_between_sections_is_not_chosen_by_variance():
    counts, _ = drawn()
    group = np.repeat(["a", "b"], 30).astype(object)
    # Alike within a section, since a spot's total is the same everywhere; far apart between the two.
    counts[:, 0] = np.where(group == "a", 1, 500)
    panel = choose_panel(csr_matrix(counts), np.full(60, 1e3), group, PanelSettings(11))
    assert list(panel) == list(range(1, 12))


def test_a_gene_nobody_saw_is_in_no_panel_however_large():
    counts, library = drawn()
    counts[:, 4] = 0
    panel = choose_panel(csr_matrix(counts), library, np.full(60, "a", dtype=object), PanelSettings(100))
    assert list(panel) == [0, 1, 2, 3, *range(5, 12)]


def test_genes_that_score_alike_are_taken_in_their_order():
    counts = np.repeat(drawn(genes=1)[0], 6, axis=1)
    panel = choose_panel(
        csr_matrix(counts), np.full(60, 1e3), np.full(60, "a", dtype=object), PanelSettings(2)
    )
    assert list(panel) == [0, 1]


def cohort(counts):
    """Return a cohort of three sections whose features say nothing."""
    n = len(counts)
    group = np.resize(np.array(["a", "b", "c"], dtype=object), n)
    table = SpotTable(
        features=np.zeros((n, 1), dtype=np.float32),
        blocks=(FeatureBlock("simulated", 1.0, 1),),
        position_um=np.zeros((n, 2)),
        pitch_um=np.ones(n),
        section=group,
        patient=group,
        library=counts.sum(axis=1),
    )
    names = text_array([f"GENE{at}" for at in range(counts.shape[1])])
    return ExpressionCohort(table, csr_matrix(counts), names, {}, ())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rule", ["variance", "mean", "seurat", "pearson_residuals"])
@pytest.mark.parametrize("seed", range(5))
def test_no_change_of_a_test_section_changes_the_panel(rule, seed):
    """FAULTS L05."""
    counts, _ = drawn(seed=seed)
    train, test = np.flatnonzero(np.arange(60) % 3 != 2), np.flatnonzero(np.arange(60) % 3 == 2)
    before = PanelTargets(cohort(counts), PanelSettings(4, rule)).fit(train)
    # In the test section the panel's genes vanish, and all others are seen as never before.
    changed = counts.copy()
    changed[test] = 10.0 ** np.random.default_rng(seed).integers(0, 6, (20, 12))
    changed[np.ix_(test, before.columns)] = 0
    after = PanelTargets(cohort(changed), PanelSettings(4, rule)).fit(train)
    assert after.names == before.names
    np.testing.assert_array_equal(after.values(train), before.values(train))
    with_test_rows = PanelTargets(cohort(changed), PanelSettings(4, rule)).fit(np.arange(60))
    assert with_test_rows.names != before.names


@pytest.mark.parametrize(("size", "rule"), [(0, "variance"), (-1, "mean"), (10, "spread")])
def test_a_panel_that_makes_no_sense_is_refused(size, rule):
    with pytest.raises(UsageError, match="at least 1, by variance or mean"):
        PanelSettings(size, rule)
