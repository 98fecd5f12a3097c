"""Genes that somebody asks for, matched with those that are there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.errors import UsageError
from spectra_dl.expression.panel.asked_genes import KnownGenes, asked_columns, known_genes

KNOWN = known_genes(
    ["ENSG00000141736", "ENSG00000141510.4", "C1orf112", "ENSG00000000003", "TP53"],
    ["ERBB2", "TP53", "", "TWIN", "TWIN"],
)


@pytest.mark.parametrize(
    ("asked", "columns", "missing"),
    [
        (["ERBB2"], (0,), ()),
        (["ENSG00000141736.14", "ERBB2"], (0,), ()),
        (["ENSG00000141510", " C1orf112 "], (1, 2), ()),
        (["c1ORF112", "ensg00000141736", "erbb2"], (2, 0), ()),
        (["TWIN"], (3, 4), ()),
        # An id goes before a symbol of another gene that is spelled like it.
        (["TP53"], (4,), ()),
        (["ERBB2", "NOPE", "NOPE", ""], (0,), ("NOPE", "")),
    ],
)
def test_genes_are_known_by_id_symbol_and_either_in_another_case(asked, columns, missing):
    matched = KNOWN.match(asked)
    assert (matched.columns, matched.missing) == (columns, missing)


def test_what_is_missing_or_spelled_otherwise_is_listed():
    notes = KNOWN.match(["erbb2", "GONE", "1-Mar"]).notes("--genes", "the genes here")
    assert notes == [
        "--genes: 2 of 3 genes are not among the genes here: GONE, 1-Mar (a spreadsheet's spelling of MARCHF1 (MARCH1) or MTARC1 (MARC1)?)",
        "--genes: names that differ in case alone were taken for one gene: erbb2 as ERBB2",
    ]
    assert KNOWN.match(["ERBB2"]).notes("--genes", "the genes here") == []


def test_none_known_is_refused_with_the_nearest_names():
    with pytest.raises(UsageError, match=r"ERBB \(nearest: ERBB2\); qqqq \(nothing is spelled like it\)$"):
        KNOWN.require(["ERBB", "qqqq"], "--genes", "the genes here")


def test_columns_for_training_stand_in_ascending_order():
    assert list(asked_columns(KNOWN, ["C1orf112", "ERBB2", "GONE"])) == [0, 2]
    assert asked_columns(KNOWN, ["GONE"]).shape == (0,)


@given(st.lists(st.text(max_size=8), max_size=6), st.lists(st.text(max_size=8), max_size=6))
def test_every_gene_that_is_asked_for_is_taken_once_or_missing(ids, asked):
    known = KnownGenes(tuple(ids), ("",) * len(ids))
    matched = known.match(asked)
    assert len(set(matched.columns)) == len(matched.columns)
    assert set(matched.missing) <= set(asked)
    assert all(name in matched.missing or matched.columns for name in asked)
