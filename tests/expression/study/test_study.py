"""The workflows on sections as a notebook calls them."""

from dataclasses import replace

import numpy as np
import pytest

from example_sections import write_study
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.sheet import sheet_sources
from spectra_dl.expression.study.ceiling import ceiling_study
from spectra_dl.expression.study.evaluate import REFERENCE, evaluate_study
from spectra_dl.expression.study.predict import predict_study
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.expression.study.train import train_study
from spectra_dl.loading import read_header

pytestmark = pytest.mark.xdist_group("expression study")
SETTINGS = ExpressionStudySettings(
    model="ridge", genes=5, encoders=("colour-texture",), tile_um=(112.0,), seed=2
)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def sections(sheet):
    return [read_section(source) for source in sheet_sources(sheet)]


def test_a_study_compares_with_regressions_controls_and_the_leaky_estimate(sections):
    compared = evaluate_study(sections, SETTINGS).evaluation
    assert list(compared.models) == ["ridge", "pls, all features", REFERENCE]
    assert compared.controls
    assert set(compared.leaky) == {"ridge", REFERENCE}


def test_a_study_leaves_the_leaky_estimate_out_where_that_is_asked(sections):
    compared = evaluate_study(sections, replace(SETTINGS, leaky=False)).evaluation
    assert compared.controls
    assert not compared.leaky


def test_training_learns_what_to_expect_from_left_out_sections_and_writes_one_file(sections, tmp_path):
    trained = train_study(sections, SETTINGS, source="a study", folder=tmp_path)
    alone = evaluate_study(sections, SETTINGS, compared=False)
    assert list(alone.evaluation.models) == ["ridge", REFERENCE]
    assert not alone.evaluation.leaky
    header, sha256 = read_header(tmp_path / "model.safetensors")
    assert trained.sha256 == sha256
    known = {target.name: target.pearson for target in alone.evaluation.first.targets}
    for gene in header.input.genes:
        assert gene.pearson == pytest.approx(known[gene.name])


def test_a_prediction_writes_every_spot_and_says_how_it_agrees_with_the_counts(sheet, sections, tmp_path):
    predictor = train_study(sections, SETTINGS, source="a study").predictor
    result = predict_study(predictor, SectionSource(sheet.parent / "S0.tsv"), tmp_path / "out")
    assert result.refused == 0
    assert result.values.shape == (81, 5)
    assert result.report["results"]["mean_measured_pearson"] == pytest.approx(result.known_pearson.mean())
    assert {"predictions.h5ad", *result.maps} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_the_genes_of_a_ceiling_stand_from_the_most_counted_on(sheet):
    every = ceiling_study(sheet.parent / "S0.tsv")
    assert len(every.genes) == 30
    assert every.spots == 81
    counts = [gene.mean_count for gene in every.genes]
    assert counts == pytest.approx(sorted(counts, reverse=True))
    few = ceiling_study(sheet.parent / "S0.tsv", top=3)
    assert [gene.gene for gene in few.genes] == [gene.gene for gene in every.genes[:3]]
    assert few.mean_ceiling == pytest.approx(np.nanmean([gene.ceiling for gene in few.genes]))
    assert few.files(few.report)["ceiling.csv"].splitlines()[0] == "gene,mean_count,ceiling,low,high"


def test_a_fine_tuned_network_is_shown_the_tiles_themselves_of_one_size():
    recipe = ExpressionStudySettings(model="fine-tuned", tile_um=(112.0, 224.0)).recipe()
    assert recipe.encoders == ("tile-pixels",)
    assert recipe.sizes_um == (112.0,)


def test_spellings_of_a_patient_are_one_person_who_is_left_out_whole(sections):
    spelled = [
        replace(section, patient=f"P 0{number // 2}" if number % 2 else f"p{number // 2}")
        for number, section in enumerate(sections)
    ]
    found = evaluate_study(spelled, SETTINGS, compared=False)
    assert any("differ in spelling only" in note for note in found.cohort.notes)
    people = {section: number // 2 for number, section in enumerate(section.name for section in spelled)}
    for fold in found.evaluation.folds:
        train, test = (
            {people[name] for name in found.cohort.spots.section[rows]} for rows in (fold.train, fold.test)
        )
        assert not train & test
