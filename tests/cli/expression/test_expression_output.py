"""Which genes, maps and files a predicted section has, through the real commands."""

import csv
import json
import subprocess
import sys

import anndata
import numpy as np
import pytest

from command_line import run
from example_sections import write_section, write_study

QUICK = ("--model", "ridge", "--encoder", "colour-texture", "--tile-um", 112)
pytestmark = [pytest.mark.xdist_group("expression"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"), across=6)


@pytest.fixture(scope="module")
def model(sheet):
    out = sheet.parent / "model"
    genes = sheet.parent / "genes.csv"
    genes.write_text("gene,why\nGENE3,a\ngene15,b\nGENE20,c\nGENE1.2,d\nGENE9,e\n")
    printed = run("train", "expression", sheet, *QUICK, "--genes", genes, "--out", out).stdout
    assert "Note: --genes: 1 of 5 genes are not among the genes of all sections: GENE1.2" in printed
    assert "gene15 as GENE15" in printed
    return out / "model.safetensors"


@pytest.fixture(scope="module")
def section(tmp_path_factory):
    folder = tmp_path_factory.mktemp("section")
    write_section(folder, "new", 7, across=6)
    return folder / "new.tsv"


def test_a_model_of_named_genes_predicts_these(model, section, tmp_path):
    run("predict", section, "--model", model, "--out", tmp_path / "out")
    table = anndata.read_h5ad(tmp_path / "out" / "predictions.h5ad")
    assert list(table.var_names) == ["GENE15", "GENE20", "GENE3", "GENE9"]


def test_predict_writes_the_genes_asked_for_and_lists_what_is_missing(model, section, tmp_path):
    out = tmp_path / "out"
    asked = ("--genes", "gene9,GENE3,GONE", "--map", "GENE3", "--map", "GENE9")
    printed = run("predict", section, "--model", model, *asked, "--out", out).stdout
    assert "1 of 3 genes are not among the model's genes: GONE" in printed
    assert "2 genes: " in printed
    assert "and 2 maps: map_GENE3.png, map_GENE9.png." in printed
    table = anndata.read_h5ad(out / "predictions.h5ad")
    assert list(table.var_names) == ["GENE9", "GENE3"]
    results = json.loads((out / "report.json").read_text())["results"]
    assert [gene["name"] for gene in results["genes"]] == ["GENE9", "GENE3"]
    assert results["maps"] == ["map_GENE3.png", "map_GENE9.png"]
    assert results["exports"] == []
    assert results["under_tissue"] == 36


def test_a_number_takes_the_genes_predicted_best(model, section, tmp_path):
    run("predict", section, "--model", model, "--genes", 1, "--out", tmp_path / "out")
    table = anndata.read_h5ad(tmp_path / "out" / "predictions.h5ad")
    assert table.n_vars == 1
    assert table.var_names[0] in {"GENE3", "GENE9", "GENE15"}


def test_every_export_is_written_and_reported(model, section, tmp_path):
    out = tmp_path / "out"
    formats = ["csv", "geojson", "loupe", "csv"]
    words = [word for name in formats for word in ("--export", name)]
    printed = run("predict", section, "--model", model, *words, "--out", out).stdout
    written = ["predictions.csv", "predictions.geojson", "loupe_categories.csv", "loupe_values.csv"]
    assert f"Exported to {', '.join(written)}." in printed
    assert json.loads((out / "report.json").read_text())["results"]["exports"] == written
    table = anndata.read_h5ad(out / "predictions.h5ad")
    with open(out / "predictions.csv", newline="") as stream:
        header, *lines = csv.reader(stream)
    assert header[6:] == list(table.var_names)
    np.testing.assert_allclose(np.array([line[6:] for line in lines], dtype=float), table.X, atol=1e-5)
    np.testing.assert_allclose(
        np.array([line[1:3] for line in lines], dtype=float), table.obsm["spatial"], atol=0.01
    )
    features = json.loads((out / "predictions.geojson").read_text())["features"]
    assert [each["properties"]["name"] for each in features] == list(table.obs_names)


def test_a_spatialdata_store_is_written_and_read_back(model, section, tmp_path):
    spatialdata = pytest.importorskip("spatialdata")
    out = tmp_path / "out"
    run("predict", section, "--model", model, "--export", "spatialdata", "--out", out)
    store = spatialdata.read_zarr(out / "predictions.zarr")
    table = anndata.read_h5ad(out / "predictions.h5ad")
    np.testing.assert_array_equal(store.tables["table"].X, table.X)
    assert list(store.tables["table"].obs_names) == list(table.obs_names)
    run("predict", section, "--model", model, "--export", "spatialdata", "--out", out, "--overwrite")
    assert spatialdata.read_zarr(out / "predictions.zarr").tables["table"].n_obs == table.n_obs


def test_an_anndata_folder_is_written_and_holds_what_the_file_does(model, section, tmp_path):
    out = tmp_path / "out"
    run("predict", section, "--model", model, "--genes", 2, "--export", "zarr", "--out", out)
    assert json.loads((out / "report.json").read_text())["results"]["exports"] == ["predictions_anndata.zarr"]
    file, folder = (
        anndata.read_h5ad(out / "predictions.h5ad"),
        anndata.read_zarr(out / "predictions_anndata.zarr"),
    )
    np.testing.assert_array_equal(folder.X, file.X)
    assert list(folder.obs_names) == list(file.obs_names)


def test_several_sections_are_written_alike(model, section, sheet, tmp_path):
    out = tmp_path / "out"
    words = ("--genes", "GENE9", "--export", "csv")
    run("predict", section, sheet.parent / "S0.tsv", "--model", model, *words, "--out", out)
    for name in ("new", "S0"):
        assert (out / name / "predictions.csv").is_file()
        assert list(anndata.read_h5ad(out / name / "predictions.h5ad").var_names) == ["GENE9"]


def test_an_image_alone_is_predicted_on_a_grid_and_exported(model, section, tmp_path):
    out = tmp_path / "out"
    image = section.with_suffix(".png")
    words = ("--mpp", 5, "--pitch", 140, "--export", "csv", "--export", "geojson")
    run("predict", image, "--model", model, *words, "--out", out)
    table = anndata.read_h5ad(out / "predictions.h5ad")
    assert table.n_obs > 50
    assert not table.layers
    features = json.loads((out / "predictions.geojson").read_text())["features"]
    assert {each["properties"]["objectType"] for each in features} == {"tile"}
    assert len(features) == table.n_obs


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--genes", "NOPE,GENE33"), 2, "none of the 2 genes is among the model's genes: NOPE"),
        (("--map", "GENE99"), 2, "--map: not among the model's genes: GENE99 (nearest: GENE9"),
        (("--genes", "GENE9", "--map", "GENE3"), 2, "--map GENE3: --genes leaves it out"),
        (("--genes", "gone.csv"), 3, "--genes gone.csv: no such file"),
        (("--genes", "0"), 2, "0 is not in the range x>=1"),
        (("--genes", ","), 2, "the list holds no gene"),
        (("--export", "xlsx"), 2, "'xlsx' is not one of"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is(model, section, tmp_path, words, code, says):
    refusal = run("predict", section, "--model", model, *words, "--out", tmp_path / "out", code=code)
    assert says in refusal.stderr
    assert not (tmp_path / "out").exists()


def test_genes_nobody_has_are_refused_before_anything_is_computed(sheet, tmp_path):
    words = ("--genes", "GENEX,GENEY", "--out", tmp_path / "out")
    refusal = run("evaluate", "expression", sheet, *QUICK, *words, code=2)
    assert "none of the 2 genes is among the genes of all sections: GENEX (nearest: GENE" in refusal.stderr


def test_an_evaluation_of_named_genes_is_replayed_with_their_names(sheet, tmp_path):
    out, again = tmp_path / "one", tmp_path / "two"
    run("evaluate", "expression", sheet, *QUICK, "--genes", "GENE3,GENE15,GENE20", "--out", out)
    report = json.loads((out / "report.json").read_text())
    assert report["options"]["genes"] == ["GENE3", "GENE15", "GENE20"]
    run("evaluate", "expression", sheet, "--replay", out / "report.json", "--out", again)
    assert (again / "report.json").read_bytes() == (out / "report.json").read_bytes()


def test_genes_are_chosen_by_a_flavour_of_scanpys_inside_each_fold(sheet):
    words = ("--genes", 5, "--panel", "pearson_residuals", "--json")
    report = json.loads(run("evaluate", "expression", sheet, *QUICK, *words).stdout)
    assert report["options"]["panel"] == "pearson_residuals"
    assert 5 <= len(report["results"]["targets"]) <= 15


def test_scanpy_is_loaded_only_where_it_works():
    code = "import sys, spectra_dl.expression.study.predict, spectra_dl.expression.study.evaluate; print([name for name in ('scanpy', 'anndata', 'spatialdata') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
