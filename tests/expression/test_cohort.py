"""Sections side by side: which spots and genes can be used, and what is said of those that can't."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError
from spectra_dl.expression.cohort import PanelTargets, expression_cohort
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.section import OFF_TISSUE
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.features.recipe import FeatureRecipe

RECIPE = FeatureRecipe(("colour-texture",), (112.0,))


@pytest.fixture(scope="module")
def sections():
    return [each.section for each in simulate_tissue(TissueSettings(2, 1, 6, genes=12))]


def with_counts(section, change):
    """Return a section whose counts were changed in place."""
    counts = section.counts.toarray()
    change(counts)
    return replace(section, counts=csr_matrix(counts))


def test_spots_without_a_count_are_left_out_and_noted_whoever_read_the_section(sections):
    def empty(counts):
        counts[:4] = 0

    cohort = expression_cohort([with_counts(sections[0], empty), sections[1]], RECIPE)
    assert len(cohort.spots) == len(sections[0]) + len(sections[1]) - 4
    assert f"{sections[0].name}: 4 spots left out, no counts" in cohort.notes


def test_too_few_usable_spots_are_refused_with_their_reasons(sections):
    def empty(counts):
        counts[5:] = 0

    reason = sections[0].reason.copy()
    reason[0] = OFF_TISSUE
    section = replace(with_counts(sections[0], empty), reason=reason)
    with pytest.raises(DataError, match=r"4 usable spots \(\d+ no counts, 1 not under tissue\); at least 10"):
        expression_cohort([section, sections[1]], RECIPE)


def test_named_genes_without_a_count_are_noted_and_refused_where_none_has_one(sections):
    def empty(counts):
        counts[:, [0, 1]] = 0

    cohort = expression_cohort([with_counts(each, empty) for each in sections], RECIPE)
    some = PanelTargets(cohort, PanelSettings(2, names=("GENE1", "GENE3")))
    assert some.uncounted_notes() == [
        "--genes: 1 of 2 genes have no count in any spot, and are predicted as none: GENE1"
    ]
    assert PanelTargets(cohort, PanelSettings(1, names=("GENE3",))).uncounted_notes() == []
    assert PanelTargets(cohort, PanelSettings(5)).uncounted_notes() == []
    with pytest.raises(DataError, match=r"none of the 2 genes has a count in any spot \(GENE1, GENE2\)"):
        PanelTargets(cohort, PanelSettings(2, names=("GENE1", "GENE2"))).uncounted_notes()


def test_a_panel_is_refused_where_no_gene_varies(sections):
    def constant(counts):
        counts[:] = 3

    cohort = expression_cohort([with_counts(each, constant) for each in sections], RECIPE)
    with pytest.raises(DataError, match="no gene varies within the sections that train"):
        PanelTargets(cohort, PanelSettings(5)).fit(np.arange(len(cohort.spots)))


def test_the_panel_of_the_same_rows_is_chosen_once(sections):
    cohort = expression_cohort(sections, RECIPE)
    targets, rows = PanelTargets(cohort, PanelSettings(5)), np.arange(20)
    assert targets.fit(rows) is targets.fit(rows.copy())
    assert targets.fit(rows) is not targets.fit(rows[1:])
