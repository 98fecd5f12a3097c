"""From sections with counts to a model and a map, as a bioinformatician runs it."""

import json

import numpy as np
import pytest
from PIL import Image

from command_line import run
from example_sections import write_section, write_study
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue

# The quickest model on the quickest features, where a test is about something else.
QUICK = ("--model", "ridge", "--encoder", "colour-texture", "--tile-um", 112)
pytestmark = pytest.mark.xdist_group("expression")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    # Of four patients or more a model says what to expect in another.
    return write_study(tmp_path_factory.mktemp("study"), "abcd", across=6)


@pytest.fixture(scope="module")
def model(sheet):
    out = sheet.parent / "model"
    run("train", "expression", sheet, *QUICK, "--out", out, "--genes", 25)
    return out / "model.safetensors"


def test_genes_that_follow_the_image_are_predicted_in_new_patients_and_controls_are_not(tmp_path):
    sheet = write_study(tmp_path, "abcd")
    words = (*QUICK, "--genes", 20, "--no-leaky", "--json")
    report = json.loads(run("evaluate", "expression", sheet, *words).stdout)["results"]
    first = next(iter(report["models"].values()))
    assert first["share_of_ceiling"]["value"] >= 0.9
    assert abs(report["controls"]["shuffled spots"]["pearson"]["value"]) <= 0.15
    assert report["controls"]["training mean"]["pearson"]["value"] == 0


def test_the_same_seed_gives_the_same_report_and_the_page_stands_beside_it(sheet, tmp_path):
    for name in ("one", "two"):
        words = ("--model", "pls", *QUICK[2:], "--genes", 5, "--out", tmp_path / name)
        run("evaluate", "expression", sheet, *words)
    first, second = (
        json.loads((tmp_path / name / "report.json").read_text())["results"] for name in ("one", "two")
    )
    assert first == second
    assert "Research use only" in (tmp_path / "one" / "report.html").read_text()


def test_a_network_trains_through_the_one_loop_and_predicts_a_map(sheet, tmp_path):
    words = ("--model", "linear", *QUICK[2:], "--loss", "poisson", "--genes", 5, "--out", tmp_path / "m")
    run("train", "expression", sheet, *words)
    shown = run("model", "show", tmp_path / "m" / "model.safetensors").stdout
    assert "trained by poisson" in shown


def test_a_predicted_section_opens_in_scanpy_with_every_spot_and_what_to_expect_of_each_gene(model, tmp_path):
    import anndata

    write_section(tmp_path, "new", 7, across=6)
    run("predict", tmp_path / "new.tsv", "--model", model, "--out", tmp_path / "out")
    table = anndata.read_h5ad(tmp_path / "out" / "predictions.h5ad")
    assert table.n_obs == 36
    assert np.isfinite(table.X).all()
    assert table.obsm["spatial"][:2].tolist() == [[40, 40], [80, 40]]
    assert table.var.loc["GENE0", "expected_pearson"] > 0.5
    assert not table.var.loc["GENE0", "do_not_use"]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert not any("withheld" in note for note in report["notes"])
    assert all((tmp_path / "out" / name).stat().st_size > 10_000 for name in report["results"]["maps"])


def test_what_to_expect_is_withheld_from_a_model_of_two_patients_and_the_reason_said(tmp_path):
    import anndata

    (tmp_path / "few").mkdir()
    sheet = write_study(tmp_path / "few", "ab", across=6)
    run("train", "expression", sheet, *QUICK, "--out", tmp_path / "m", "--genes", 5)
    write_section(tmp_path, "new", 7, across=6)
    printed = run(
        "predict",
        tmp_path / "new.tsv",
        "--model",
        tmp_path / "m/model.safetensors",
        "--out",
        tmp_path / "out",
    )
    assert "expected correlations are withheld: they were measured on 2 left-out patients" in " ".join(
        printed.stdout.split()
    )
    assert np.isnan(anndata.read_h5ad(tmp_path / "out" / "predictions.h5ad").var["expected_pearson"]).all()


def test_one_patient_is_refused_and_sections_only_by_name(tmp_path):
    sheet = write_study(tmp_path, "aa", across=6)
    assert "--group section" in run("evaluate", "expression", sheet, *QUICK, code=3).stderr
    assert (
        "one patient"
        in run("evaluate", "expression", sheet, *QUICK, "--group", "section", "--genes", 5).stdout
    )


def test_a_model_of_the_other_modality_is_refused_in_a_sentence(model, tmp_path):
    told = run("predict", tmp_path / "x.csv", "--model", model, "--out", tmp_path / "out", code=3).stderr
    assert "no such file" in told


def test_the_ceiling_of_a_section_is_printed_and_written(sheet, tmp_path):
    run("ceiling", sheet.parent / "S0.tsv", "--out", tmp_path / "out")
    lines = (tmp_path / "out" / "ceiling.csv").read_text().splitlines()
    assert len(lines) == 31
    found = {cells[0]: float(cells[2]) for cells in (line.split(",") for line in lines[1:])}
    assert found["GENE0"] > 0.75 > 0.6 > found["GENE25"]


def test_tiles_and_features_are_kept_and_found_by_the_next_command(sheet, tmp_path):
    kept = tmp_path / "kept"
    told = [
        run("tiles", sheet, "--store", kept, "--encoder", "colour-texture", "--pixels", 64).stdout
        for _ in range(2)
    ]
    assert "written" in told[0]
    assert "there already" in told[1]
    before = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(before) == 8
    options = ["evaluate", "expression", sheet, *QUICK, "--genes", 5, "--no-leaky", "--json"]
    with_store = json.loads(run(*options, "--store", kept).stdout)["results"]
    assert {path.name: path.stat().st_mtime_ns for path in kept.iterdir()} == before
    assert with_store == json.loads(run(*options).stdout)["results"]


def test_a_model_on_features_made_elsewhere_asks_for_them_again(sheet, tmp_path):
    import h5py

    (tmp_path / "given").mkdir()
    for number in range(4):
        lines = (sheet.parent / f"S{number}.tsv").read_text().splitlines()[1:]
        counts = np.array([line.split("\t")[1:] for line in lines], dtype=np.float32)
        with h5py.File(tmp_path / "given" / f"S{number}.h5", "w") as file:
            file["features"] = np.log1p(counts[:, :4])
            file["barcode"] = np.array([line.split("\t")[0] for line in lines], dtype="S")
    given = f"features:{tmp_path / 'given'}"
    out = tmp_path / "m"
    run("train", "expression", sheet, "--model", "ridge", "--encoder", given, "--genes", 10, "--out", out)
    model, section = out / "model.safetensors", sheet.parent / "S0.tsv"
    assert str(tmp_path) not in model.read_bytes().decode("latin-1")
    refusal = run("predict", section, "--model", model, "--out", tmp_path / "p", code=2)
    assert "--encoder features:PATH" in refusal.stderr
    run("predict", section, "--model", model, "--encoder", given, "--out", tmp_path / "p")
    refusal = run(
        "predict",
        section,
        "--model",
        model,
        "--encoder",
        given,
        "--encoder",
        "colour-texture",
        "--out",
        tmp_path / "q",
        code=2,
    )
    assert "not trained with the encoder colour-texture" in refusal.stderr


def test_the_default_is_the_context_network_on_both_encoders_and_hest_is_an_estimate_beside(tmp_path):
    settings = TissueSettings(patients=2, sections_per_patient=1, spots_per_side=6, genes=12)
    sections = [one.section for one in simulate_tissue(settings)]
    lines = [f"{write_legacy_st(tmp_path, one).name},{one.patient},{one.name}\n" for one in sections]
    sheet = tmp_path / "sections.csv"
    sheet.write_text("path,patient,section\n" + "".join(lines))
    options = ["--genes", 8, "--tile-um", 112, "--hest-exact", "--json"]
    found = json.loads(run("evaluate", "expression", sheet, *options).stdout)
    assert found["options"]["model"] == "context"
    assert found["options"]["encoders"] == ["colour-texture", "efficientnet-lite0"]
    results = found["results"]
    assert next(iter(results["models"])) == "network context, mse"
    assert "sequencing depth (counts of the test spots)" in results["controls"]
    ((name, estimate),) = results["leaky_estimates"]["other_protocols"].items()
    assert "HEST" in name
    assert -1 <= estimate <= 1
    names = {one["path"].rsplit("/", 1)[1] for one in found["inputs"]}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert len(names) == 1 + 3 * 2  # counts, spots and image of each section beside the sheet


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, repository):
    """A run on the demo tissue, and its sheet."""
    sheet = repository / "datasets/demo/tissue/sections.csv"
    out = tmp_path_factory.mktemp("run") / "r"
    run("evaluate", "expression", sheet, *QUICK, "--genes", 4, "--seed", 3, "--out", out)
    return sheet, out


def test_a_replayed_evaluation_writes_the_same_bytes(evaluated, tmp_path):
    sheet, out = evaluated
    again = tmp_path / "again"
    run("evaluate", "expression", sheet, "--replay", out / "report.json", "--out", again)
    names = sorted(path.name for path in out.iterdir())
    assert {"report.json", "report.html"} < set(names)
    assert sorted(path.name for path in again.iterdir()) == names
    for name in names:
        assert (again / name).read_bytes() == (out / name).read_bytes(), name


def test_the_report_of_an_evaluation_holds_every_option_that_decides_it(evaluated):
    options = json.loads((evaluated[1] / "report.json").read_text())["options"]
    assert options == {
        "model": "ridge",
        "device": "auto",
        "fast": False,
        "loss": "mse",
        "genes": 4,
        "panel": "variance",
        "group": "patient",
        "encoders": ["colour-texture"],
        "tile_um": [112.0],
        "seed": 3,
        "hest_exact": False,
        "folds": None,
        "repeats": 1,
        "split_by": None,
        "folds_from": None,
        "tune": False,
        "threads": 1,
        "no_leaky": False,
        "bin_um": None,
        "level": "spot",
        "bulk": None,
        "bulk_scale": None,
        "models": None,
        "protocol_file": None,
    }


def test_other_sections_and_other_options_beside_a_replay_are_refused(evaluated, sheet):
    report = evaluated[1] / "report.json"
    assert (
        "but report.json was made from"
        in run("evaluate", "expression", sheet, "--replay", report, code=3).stderr
    )
    words = run("evaluate", "expression", sheet, "--replay", report, "--genes", 5, code=2).stderr
    assert "leave --genes out" in words


def test_a_smaller_copy_of_the_image_is_predicted_with_its_scale_and_not_without(model, tmp_path):
    write_section(tmp_path, "new", 7, across=6)
    with Image.open(tmp_path / "new.png") as image:
        image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX).save(tmp_path / "half.png")
    common = ("predict", tmp_path / "new.tsv", "--model", model, "--image", tmp_path / "half.png")
    run(*common, "--image-scale", 0.5, "--out", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["results"]["spots"] == 36
    run(*common, "--image-scale", -1, "--out", tmp_path / "bad", code=2)
    assert run(*common, "--out", tmp_path / "none", code=3).stderr
