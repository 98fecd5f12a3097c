"""What can't be left out is refused before a tile is encoded."""

from dataclasses import replace

import pytest

from example_sections import write_study
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.sheet import sheet_sources
from spectra_dl.expression.study.evaluate import evaluate_study
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.imaging.features.store import FeatureStore

SETTINGS = ExpressionStudySettings(model="ridge", genes=5, encoders=("colour-texture",), tile_um=(112.0,))


@pytest.fixture(scope="module")
def sections(tmp_path_factory):
    sheet = write_study(tmp_path_factory.mktemp("left out"))
    return [read_section(source) for source in sheet_sources(sheet)]


@pytest.mark.parametrize(
    ("patients", "settings", "error", "sentence"),
    [
        (None, SETTINGS, DataError, r"nobody says of which patient; list the sections in a sheet with columns"),
        ("NA", SETTINGS, DataError, r"nobody says of which patient"),
        ("P7", SETTINGS, DataError, r"there is one patient only, 'P7', so there is nothing to train on.*--group section"),
        ("", replace(SETTINGS, group="section"), DataError, r"give them one name and say --group section"),
        ("P7", replace(SETTINGS, group="section", folds=99), DataError, r"99 folds of \d sections; take 2 to \d"),
        ("P7", replace(SETTINGS, split_by="batch"), DataError, r"'batch'"),
        ("P7", replace(SETTINGS, split_by="colour"), UsageError, r"sections have no such column"),
    ],
)  # fmt: skip
def test_a_study_that_leaves_nothing_out_is_refused_before_a_tile_is_encoded(
    sections, tmp_path, patients, settings, error, sentence
):
    given = [replace(section, patient=patients) for section in sections]
    with pytest.raises(error, match=sentence):
        evaluate_study(given, settings, store=FeatureStore(tmp_path))
    assert list(tmp_path.iterdir()) == []
