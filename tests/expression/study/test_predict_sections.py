"""Several sections predicted at once, and a prediction read as a section again."""

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.output.choice import OutputChoice
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.study.predict import PREDICTIONS_FILE, predict_study
from spectra_dl.expression.study.predict_sections import predict_sections
from tissue.predictions import example_genes, example_predictor

PREDICTOR = example_predictor(example_genes(("GENE1", "GENE2", "GENE3")))


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sections")
    drawn = simulate_tissue(TissueSettings(2, 1, 8, genes=12, seed=4))
    return [write_legacy_st(folder, each.section) for each in drawn]


@pytest.mark.parametrize("content", [None, b"no section"])
def test_a_section_that_cannot_be_read_is_refused_before_the_first_is_predicted(paths, tmp_path, content):
    bad = tmp_path / "bad.h5ad"
    if content:
        bad.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.h5ad"):
        predict_sections(PREDICTOR, [SectionSource(paths[0]), SectionSource(bad)], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_gene_that_no_model_knows_is_refused_before_the_first_is_predicted(paths, tmp_path):
    sources = [SectionSource(path) for path in paths]
    with pytest.raises(UsageError, match="--map"):
        predict_sections(PREDICTOR, sources, tmp_path / "out", output=OutputChoice(maps=("NOPE",)))
    assert not (tmp_path / "out").exists()


def test_each_section_gets_a_folder_with_its_own_spots(paths, tmp_path):
    result = predict_sections(PREDICTOR, [SectionSource(path) for path in paths], tmp_path)
    assert [summary.folder for summary in result.summaries] == ["SIM1-1", "SIM2-1"]
    assert [summary.line.spots for summary in result.summaries] == [len(read_section(path)) for path in paths]


def test_a_prediction_is_read_as_a_section_with_the_places_and_the_pixel_size_of_its_input(paths, tmp_path):
    section = predict_study(PREDICTOR, SectionSource(paths[0]), tmp_path).section
    again = read_section(tmp_path / PREDICTIONS_FILE)
    assert list(again.barcode) == list(section.barcode)
    np.testing.assert_allclose(again.full_pixel, section.full_pixel)
    np.testing.assert_allclose(again.position_um, section.position_um)
    assert "microns_per_pixel" in again.um_per_pixel_source
