"""Gene names that a spreadsheet changed are noted with what they probably were."""

import pytest

from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.mangled_genes import likely_symbol, mangled_note
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("2-Sep", "SEPTIN2 (SEPT2)"),
        ("02-sep", "SEPTIN2 (SEPT2)"),
        ("Sep-14", "SEPTIN14 (SEPT14)"),
        ("2. Sep", "SEPTIN2 (SEPT2)"),
        ("2/Sept.", "SEPTIN2 (SEPT2)"),
        ("2006-09-07 00:00:00", "SEPTIN7 (SEPT7)"),
        ("1-Mar", "MARCHF1 (MARCH1) or MTARC1 (MARC1)"),
        ("8-Mär", "MARCHF8 (MARCH8)"),
        ("1-Dec", "DELEC1 (DEC1)"),
        ("2.31E+13", "a RIKEN or clone identifier"),
        ("2,31E+13", "a RIKEN or clone identifier"),
    ],
)
def test_what_a_name_probably_was(name, symbol):
    assert likely_symbol(name) == symbol


@pytest.mark.parametrize(
    "name",
    [
        "SEPT2",
        "MARCH1",
        "ACTB",
        "HLA-A",
        "15-Sep",
        "0-Sep",
        "12-Mar",
        "2-Dec",
        "7-Jun",
        "RP11-34P13.7",
        "ENSG00000141510",
        "2",
        "1.5",
        "",
    ],
)
def test_other_names_are_left_alone(name):
    assert likely_symbol(name) is None


def test_a_section_with_such_names_has_one_note():
    sections = [one.section for one in simulate_tissue(TissueSettings(patients=2, spots_per_side=4, genes=6))]
    assert not any("spreadsheet" in note for note in shared_genes(sections).notes)
    for section in sections:
        section.gene[:2] = ["2-Sep", "1-Mar"]
    notes = [note for note in shared_genes(sections).notes if "spreadsheet" in note]
    assert len(notes) == 2
    assert (
        "2 genes ('1-Mar' is probably MARCHF1 (MARCH1) or MTARC1 (MARC1), '2-Sep' is probably SEPTIN2 (SEPT2))"
        in notes[0]
    )


def test_many_are_counted():
    assert mangled_note([f"{number}-Sep" for number in range(1, 15)], "A").count("is probably") == 5


def test_days_of_a_calendar_among_symbols_are_noted_and_numbers_of_ncbi_are_not():
    assert "'44256' is probably a date" in str(mangled_note(["ACTB", "44256", "TP53"], "a"))
    assert mangled_note(["44256", "7157", "TP53"], "a") is None
