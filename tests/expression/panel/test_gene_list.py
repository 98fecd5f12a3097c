"""Lists of genes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.errors import UsageError
from spectra_dl.expression.panel.gene_list import listed_genes, typed_genes


@pytest.mark.parametrize(
    ("text", "genes"),
    [
        ("ERBB2\nTP53\n", ("ERBB2", "TP53")),
        ("\ufeffGene\r\nERBB2\r\n\r\nTP53\r\nERBB2\r\n", ("ERBB2", "TP53")),
        ('gene_symbol,score\nERBB2,1\n"HLA,A",2\n', ("ERBB2", "HLA,A")),
        ("Ensembl_Gene_ID;x\nENSG00000141736.1;2\n", ("ENSG00000141736.1",)),
        ("ERBB2\t1\nTP53\t2\n", ("ERBB2", "TP53")),
        ("# my genes\nERBB2\n", ("ERBB2",)),
        # A word that could be a gene stays, and is listed as missing where it is none.
        ("Marker\nERBB2\n", ("Marker", "ERBB2")),
        # All in one line, whatever stands between.
        ("ERBB2,TP53,FASN\n", ("ERBB2", "TP53", "FASN")),
        ("ERBB2\tTP53\n", ("ERBB2", "TP53")),
        ("# mine\nERBB2; TP53", ("ERBB2", "TP53")),
        # As pandas and R write a table, and where other columns come first.
        (",gene,score\n0,ERBB2,.7\n1,TP53,.2\n", ("ERBB2", "TP53")),
        ('"","Gene"\n"1","ERBB2"\n', ("ERBB2",)),
        ("score,symbol\n.7,ERBB2\n", ("ERBB2",)),
        (",score\nERBB2,.7\nTP53,.2\n", ("ERBB2", "TP53")),
        # A word that stands in each line heads nothing.
        ("ERBB2\tgene\nTP53\tgene\n", ("ERBB2", "TP53")),
        # As 10x Genomics writes features: ids, symbols, types.
        (
            "ENSG00000141736\tERBB2\tGene Expression\nENSG00000141510\tTP53\tGene Expression\n",
            ("ENSG00000141736", "ENSG00000141510"),
        ),
        ("ERBB2\tthe receptor\nTP53\tp53\n", ("ERBB2", "TP53")),
    ],
)
def test_a_list_is_one_line_or_lines_or_a_column_of_a_table(text, genes):
    assert listed_genes(text) == genes


@pytest.mark.parametrize("text", ["", "\n \n", "gene\n", "# nothing\n", '"' + "x" * 200_000 + "\n"])
def test_a_list_without_a_gene_is_refused(text):
    with pytest.raises(UsageError, match="write one"):
        listed_genes(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ERBB2,FASN\nTP53,KRT8\n", "ERBB2 and FASN"),
        ("SET1\thttp://a\tERBB2\nSET2\thttp://b\tTP53\n", "SET1 and http://a"),
        ("2064\tERBB2\n7157\tTP53\n", "2064 and ERBB2"),
        ("ERBB2\nTP53,KRT8\n", "TP53 and KRT8"),
    ],
)
def test_lines_of_several_names_without_a_heading_are_refused(text, named):
    with pytest.raises(UsageError, match=rf"several names \({named}\).* heads the column of genes"):
        listed_genes(text)


def test_a_first_column_that_numbers_the_lines_is_no_list_of_genes():
    with pytest.raises(UsageError, match=r"numbers its lines; .* heads the column"):
        listed_genes(",marker\n0,ERBB2\n1,TP53\n")


@pytest.mark.parametrize(
    "text", ["ERBB2,TP53", " ERBB2 ; TP53", "ERBB2\tTP53,", '"ERBB2","TP53"', "ERBB2,,TP53,ERBB2"]
)
def test_typed_genes_stand_between_commas_semicolons_or_tabs(text):
    assert typed_genes(text) == ("ERBB2", "TP53")


def test_a_typed_word_is_no_heading_and_none_is_refused():
    assert typed_genes("gene,ERBB2") == ("gene", "ERBB2")
    with pytest.raises(UsageError, match="write one"):
        typed_genes(" ,;")


@given(
    st.lists(st.text("ABCDEFG12-.", min_size=1, max_size=6).filter(str.strip), min_size=1, max_size=6),
    st.sampled_from(",;\t\n"),
)
def test_no_gene_of_a_list_is_lost_whatever_stands_between(names, mark):
    names = [f"G{name}" for name in names]
    assert listed_genes(mark.join(names)) == tuple(dict.fromkeys(names))
