"""Maps of genes: what is drawn is what was measured, and names are found however they are written."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spectra_dl.arrays import text_array
from spectra_dl.expression.output.measured import measured_values
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl_cli.web.refusal import Refusal
from spectra_dl_cli.web.tissue.maps import Canvas, Measured, found, suggestions
from spectra_dl_cli.web.tissue.reading import gene_names, read_tissue


@pytest.fixture(scope="module")
def section():
    return simulate_tissue(TissueSettings(patients=1, spots_per_side=5, genes=6))[0].section


@pytest.fixture(scope="module")
def notes(section, tmp_path_factory):
    """What the page keeps of a section."""
    folder = tmp_path_factory.mktemp("notes")
    path = write_legacy_st(folder, section)
    read_tissue.main([str(path), f"--into={folder}"], standalone_mode=False)
    return folder


def test_every_gene_is_drawn_as_predict_compares_it(section, notes):
    measured = Measured(notes)
    assert measured.names == list(section.gene)
    expected = measured_values(section, list(section.gene))
    for at in range(len(measured.names)):
        np.testing.assert_allclose(measured.columns(at)["measured"], expected[:, at], rtol=1e-6)


def test_the_gene_that_varies_most_is_offered_first(section, notes):
    measured = Measured(notes)
    variance = measured_values(section, list(section.gene)).var(axis=0)
    assert measured.best == np.argsort(-variance).tolist()
    assert suggestions(measured, "")[0] == section.gene[np.argmax(variance)]


def test_a_spot_has_the_colour_of_its_value(section, notes):
    measured, canvas = Measured(notes), Canvas(notes)
    drawn = canvas.maps(measured, "GENE1")
    values = measured.columns(0)["measured"]
    image = Image.open(io.BytesIO(base64.b64decode(drawn.panels[0].spots)))
    place = section.position_um * drawn.bar / drawn.bar_um
    lowest, highest = (image.getpixel(tuple(place[at(values)].round())) for at in (np.argmin, np.argmax))
    assert lowest == (68, 1, 84, 255)
    assert highest == (253, 231, 37, 255)
    assert image.getpixel((0, 0))[3] == 0


def test_a_gene_is_found_however_it_is_written_and_the_nearest_are_named():
    names = ["ERBB2", "erbb3", "CD8A"]
    assert found(names, " erbb2") == 0
    assert found(names, "ERBB3") == 1
    with pytest.raises(Refusal, match="ERBB2, erbb3"):
        found(names, "ERBB22")


def test_genes_that_share_a_symbol_go_by_their_ids_too(section):
    symbols = text_array(["A", "A", "B", "", "C", "D"])
    names = gene_names(replace(section, symbol=symbols))
    assert names[:4] == [f"A ({section.gene[0]})", f"A ({section.gene[1]})", "B", section.gene[3]]
