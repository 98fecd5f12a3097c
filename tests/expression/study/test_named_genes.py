"""Genes asked for by name, and the symbols that a model keeps of its training data."""

from dataclasses import replace

import anndata
import numpy as np
import pytest
from scipy.sparse import csr_matrix

from example_sections import write_study
from spectra_dl.arrays import text_array
from spectra_dl.errors import UsageError
from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.input_part import GeneScore
from spectra_dl.expression.output.choice import OutputChoice
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.sheet import sheet_sources
from spectra_dl.expression.study.evaluate import evaluate_study
from spectra_dl.expression.study.predict import predict_study
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.expression.study.train import train_study
from spectra_dl.loading import load_model

pytestmark = pytest.mark.xdist_group("expression study")
ASKED = ("GENE3", "ensg00000000015", "GENE29", "GONE")
SETTINGS = ExpressionStudySettings(
    model="ridge", genes=ASKED, encoders=("colour-texture",), tile_um=(112.0,), seed=2
)


def with_ids(section):
    """Return the section with Ensembl ids beside its symbols, each of its own version."""
    version = section.name[-1]
    ids = [f"ENSG{int(gene.removeprefix('GENE')):011d}.{version}" for gene in section.gene]
    return replace(section, gene=text_array(ids), symbol=section.gene)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def sections(sheet):
    return [with_ids(read_section(source)) for source in sheet_sources(sheet)]


def test_shared_genes_keep_the_first_symbol_that_a_section_has(sections):
    first = replace(sections[0], symbol=text_array(["", *sections[0].symbol[1:]]))
    shared = shared_genes([first, *sections[1:]])
    assert dict(zip(shared.name, shared.symbol, strict=True))["ENSG00000000000"] == "GENE0"
    assert list(shared_genes([replace(each, symbol=None) for each in sections]).symbol) == [""] * 30


def test_a_model_of_named_genes_keeps_their_symbols_and_predicts_by_them(sheet, sections, tmp_path):
    trained = train_study(sections, SETTINGS, source="a study", folder=tmp_path / "model")
    assert any(
        "1 of 4 genes are not among the genes of all sections: GONE" in note
        for note in trained.report["notes"]
    )
    predictor = load_model(tmp_path / "model" / "model.safetensors")
    genes = {gene.name: gene.symbol for gene in predictor.header.input.genes}
    assert genes == {
        "ENSG00000000003": "GENE3",
        "ENSG00000000015": "GENE15",
        "ENSG00000000029": "GENE29",
    }
    image = SectionSource(sheet.parent / "S0.png", um_per_pixel=5.0, pitch_um=200.0)
    result = predict_study(
        predictor, image, tmp_path / "out", output=OutputChoice(genes=("GENE15", "GENE3"), exports=("csv",))
    )
    table = anndata.read_h5ad(tmp_path / "out" / "predictions.h5ad")
    assert list(table.var_names) == ["GENE15", "GENE3"]
    assert list(table.var["gene_ids"]) == ["ENSG00000000015", "ENSG00000000003"]
    np.testing.assert_array_equal(table.X, result.values.astype(np.float32))
    assert result.exports == ("predictions.csv",)


def test_named_genes_are_the_same_in_every_fold_and_nobody_is_asked_to_know_them_all(sections):
    evaluated = evaluate_study(sections, replace(SETTINGS, panel="mean"), compared=False)
    assert "--panel mean chooses nothing, since --genes names the genes" in evaluated.report["notes"]
    assert "named before any spot was seen" in str(evaluated.report["results"]["context"])
    assert {target.name for target in evaluated.evaluation.first.targets} == {
        f"ENSG{at:011d}" for at in (3, 15, 29)
    }


def test_a_gene_that_nobody_counted_is_undefined_and_stops_nothing(sections, tmp_path):
    empty = []
    for section in sections:
        counts = section.counts.toarray()
        counts[:, 3] = 0
        empty.append(replace(section, counts=csr_matrix(counts)))
    trained = train_study(empty, SETTINGS, source="a study")
    scores = {gene.symbol: gene for gene in trained.predictor.header.input.genes}
    assert scores["GENE3"].pearson is None
    assert not scores["GENE3"].usable
    assert scores["GENE15"].pearson > 0.5


def test_genes_that_no_section_has_are_refused_before_tiles_are_cut(sections, monkeypatch):
    monkeypatch.setattr(
        "spectra_dl.expression.study.evaluate.expression_cohort",
        lambda *args, **words: pytest.fail("tiles are cut"),
    )
    with pytest.raises(UsageError, match="none of the 1 genes is among the genes of all sections"):
        evaluate_study(sections, replace(SETTINGS, genes=("GONE",)))


def test_a_gene_of_an_earlier_model_file_has_no_symbol():
    earlier = {"name": "ERBB2", "pearson": 0.5, "ceiling": None, "usable": True}
    assert GeneScore.model_validate(earlier).symbol is None
