"""What is written of a prediction, by the names of the model's genes."""

from dataclasses import replace

import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import UsageError
from spectra_dl.expression.output.choice import OutputChoice, chosen_output
from tissue.predictions import example_genes, example_predictor, example_section

IDS = ("ENSG00000141736", "ENSG00000141510", "ENSG00000012048", "PLAIN", "LAST")
SYMBOLS = ("ERBB2", "TP53", None, None, None)
PREDICTOR = example_predictor(example_genes(IDS, (0.2, 0.6, None, 0.5, -0.1), SYMBOLS))


def test_nothing_asked_writes_all_genes_and_draws_the_four_best():
    chosen = chosen_output(PREDICTOR, OutputChoice())
    assert (chosen.genes, chosen.drawn, chosen.notes) == ((0, 1, 2, 3, 4), (1, 3, 0, 4), ())


def test_genes_are_written_in_the_order_they_are_asked_for_and_drawn_by_what_is_expected():
    chosen = chosen_output(PREDICTOR, OutputChoice(genes=("PLAIN", "ENSG00000141736.11", "TP53", "ERBB2")))
    assert chosen.genes == (3, 0, 1)
    assert chosen.drawn == (2, 0, 1)


@pytest.mark.parametrize(("number", "genes"), [(1, (1,)), (3, (1, 3, 0)), (9, (1, 3, 0, 4, 2))])
def test_a_number_takes_those_predicted_best(number, genes):
    chosen = chosen_output(PREDICTOR, OutputChoice(genes=number))
    assert chosen.genes == genes
    assert (chosen.notes == ()) == (number <= 5)


def test_maps_are_those_asked_for_in_their_order():
    chosen = chosen_output(PREDICTOR, OutputChoice(genes=("TP53", "LAST", "ERBB2"), maps=("erbb2", "LAST")))
    assert chosen.drawn == (2, 1)


def test_the_sections_symbols_can_be_asked_for_where_the_model_has_none():
    section = example_section()
    ids = text_array([IDS[2], *section.gene[1:]])
    named = replace(section, gene=ids, symbol=text_array(["BRCA1", *section.gene[1:]]))
    assert chosen_output(PREDICTOR, OutputChoice(genes=("BRCA1",)), named).genes == (2,)


def test_missing_genes_are_listed():
    chosen = chosen_output(PREDICTOR, OutputChoice(genes=("TP53", "GONE", "2-Sep")))
    assert chosen.notes == (
        "--genes: 2 of 3 genes are not among the model's genes: GONE, 2-Sep (a spreadsheet's spelling of SEPTIN2 (SEPT2)?)",
    )


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (OutputChoice(genes=("ERBB3", "zzz")), r"--genes: none of the 2 genes .*ERBB3 \(nearest: ERBB2"),
        (OutputChoice(maps=("TP5",)), r"--map: not among the model's genes: TP5 \(nearest: TP53"),
        (OutputChoice(genes=("TP53",), maps=("ERBB2",)), "--map ERBB2: --genes leaves it out"),
        (OutputChoice(exports=("xlsx",)), "the formats are csv, geojson, loupe, spatialdata"),
        (OutputChoice(genes=("x" * 9000,) * 50), "--genes: none of the 50"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(choice, words):
    with pytest.raises(UsageError, match=words) as refused:
        chosen_output(PREDICTOR, choice)
    assert len(str(refused.value)) <= 500
