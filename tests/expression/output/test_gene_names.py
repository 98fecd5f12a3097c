"""The names that predicted genes go by."""

from dataclasses import replace

import pytest

from spectra_dl.arrays import text_array
from spectra_dl.expression.output.gene_names import written_names
from tissue.predictions import example_genes, example_section


def section_with(ids, symbols):
    section = example_section()
    width = len(ids)
    return replace(
        section,
        counts=section.counts[:, :width],
        gene=text_array(ids),
        symbol=None if symbols is None else text_array(symbols),
    )


@pytest.mark.parametrize(
    ("ids", "symbols", "of_model", "names"),
    [
        # The input's symbol goes before the model's, whatever the id's version.
        (["ENSG00000000001.3", "ENSG00000000002"], ["A", "B"], ["X", None], ("A", "B")),
        (["ENSG00000000001", "ENSG00000000002"], None, ["X", None], ("X", "ENSG00000000002")),
        (["ENSG00000000001", "OTHER"], ["", "B"], ["X", "Y"], ("X", "Y")),
        # Two genes of one symbol, and a symbol that is another gene's id.
        (
            ["ENSG00000000001", "ENSG00000000002"],
            ["A", "A"],
            [None, None],
            ("A_ENSG00000000001", "A_ENSG00000000002"),
        ),
        (["ENSG00000000001", "x"], ["ENSG00000000002", "y"], [None, None], None),
    ],
)
def test_a_gene_goes_by_the_inputs_symbol_then_the_models_then_its_id(ids, symbols, of_model, names):
    genes = example_genes(("ENSG00000000001", "ENSG00000000002"), (0.1, 0.2), of_model)
    written, _ = written_names(genes, section_with(ids, symbols))
    assert len(set(written)) == 2
    assert names is None or written == names


def test_a_symbol_that_two_genes_share_is_noted():
    genes = example_genes(("ENSG00000000001", "ENSG00000000002"), (0.1, 0.2), ["A", "A"])
    _, notes = written_names(genes, section_with(["x", "y"], None))
    assert notes == ("SIM1-1: 1 symbols belong to several genes (A); these go by symbol and id",)
