"""A section of tissue on the page, in a real Chromium."""

import json
from pathlib import Path

import pytest

from example_h5ad import made_counts, made_places, write_h5ad, write_image
from formats.spatialdata_folders import written_folder
from serving.dropping import drop
from serving.served import Served

pytestmark = pytest.mark.xdist_group("served")


@pytest.fixture(scope="module")
def tissue(repository):
    return repository / "datasets" / "demo" / "tissue"


@pytest.fixture(scope="module")
def predicted(opened):
    """The page of the demonstration after it was predicted."""
    page = opened()
    page.get_by_role("link", name="Tissue section").click()
    page.get_by_role("button", name="demonstration").click()
    page.get_by_role("button", name="Predict expression").click()
    page.get_by_text("Best predicted on left-out tissue").wait_for()
    page.locator("#map svg").nth(1).wait_for()
    return page


def sent(served, files):
    drop = json.loads(served.ask("POST", f"{served.base}/drops?kind=tissue").text)["url"]
    for path in files:
        assert served.ask("PUT", f"{drop}/files?name={path.name}", path.read_bytes()).status == 204
    return drop


def read(served, files, fields=""):
    drop = sent(served, files)
    assert served.ask("POST", f"{drop}/read", fields).status == 303
    served.wait(drop)
    return drop


def counted(tissue):
    return sorted(tissue.glob("SIM5-1*"))


def test_what_was_read_is_shown_with_a_map_before_anything_is_predicted(page):
    page.get_by_role("link", name="Tissue section").click()
    page.get_by_role("button", name="demonstration").click()
    page.get_by_text("97% of 61 spots lie on tissue").wait_for()
    page.get_by_text("4 µm per pixel, from the array's pitch").first.wait_for()
    page.locator("#map svg").wait_for()
    assert page.locator("#map figcaption").all_inner_texts() == ["GENE1, measured"]


def test_predicted_and_measured_stand_beside_each_other_on_one_scale(predicted):
    assert predicted.locator("#map figcaption").all_inner_texts() == ["GENE9, predicted", "GENE9, measured"]
    assert predicted.locator("#map .scale").inner_text().split("\n")[0] == "2.4"
    assert predicted.get_by_text("one scale for both maps").is_visible()
    assert "Correlation with what was measured here: 0.96." in predicted.locator("#map").inner_text()


def test_any_gene_of_the_model_is_drawn_with_the_command_that_draws_it(predicted):
    predicted.locator("#gene").fill("gene7")
    predicted.keyboard.press("Enter")
    predicted.get_by_text("GENE7, measured").wait_for()
    command = "spectra-dl predict SIM5-1.tsv.gz --model=model.safetensors --map=GENE7 --out=results"
    assert predicted.locator("#same").inner_text() == command
    predicted.locator("#gene").fill("zz")
    predicted.keyboard.press("Enter")
    predicted.get_by_text("no gene here is called 'zz'").wait_for()
    predicted.get_by_role("button", name="GENE11", exact=True).click()
    predicted.get_by_text("GENE11, predicted").wait_for()


def test_the_tissue_is_seen_below_the_spots(predicted):
    predicted.locator("#strength").fill("30")
    shown = predicted.evaluate("getComputedStyle(document.querySelector('#map .spots')).opacity")
    assert shown == "0.3"
    ground = predicted.locator("#map .ground").first.get_attribute("href")
    assert predicted.request.get(
        predicted.url.split("/", 3)[0] + "//" + predicted.url.split("/")[2] + ground
    ).ok


def test_what_was_predicted_can_be_predicted_again_with_other_choices(predicted):
    assert predicted.get_by_role("button", name="Predict expression").count() == 1


def test_what_the_model_knows_is_said_and_its_files_can_be_saved(predicted):
    assert predicted.get_by_text("it knows nothing of real patients").is_visible()
    with predicted.expect_download() as saved:
        predicted.get_by_role("link", name="predictions.h5ad").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89HDF")
    assert predicted.get_by_role("link", name="map_GENE9.png").is_visible()


def test_nothing_of_a_section_is_cut_and_every_colour_can_be_read(predicted, looked_at):
    looked_at(predicted)


def test_files_and_a_model_are_dropped_together(served, tissue):
    drop = read(served, [*counted(tissue), tissue / "model.safetensors"])
    page = served.get(drop)
    assert '<option value="SIM5-1.tsv.gz" selected>' in page
    assert '<option value="model.safetensors" selected>' in page
    assert "Predict expression" in page
    served.ask("POST", f"{drop}/remove")


def test_an_h5ad_with_its_image_is_a_section(served, tmp_path):
    section = write_h5ad(tmp_path, made_counts(), made_places())
    drop = read(served, [section, tmp_path / "one.png"], "mpp=2&image=one.png")
    page = served.get(drop)
    assert '<span class="many">12</span>spots' in page
    assert "GENE0, measured" in json.loads(served.ask("GET", f"{drop}/maps?gene=GENE0").text)["html"]
    served.ask("POST", f"{drop}/remove")


@pytest.fixture(params=["AnnData", "SpatialData"])
def zarr_folder(request, tmp_path):
    """A section as a zarr folder, and what is dropped of it: AnnData of format 2 with its image, SpatialData by itself."""
    folder = tmp_path / "one.zarr"
    if request.param == "SpatialData":
        pytest.importorskip("spatialdata")
        written_folder(folder)
        return 60, [folder]
    anndata = pytest.importorskip("anndata")
    write_image(tmp_path / "one.png")
    known = {"L1": {"images": {}, "scalefactors": {"microns_per_pixel": 0.5}}}
    table = anndata.AnnData(made_counts(), obsm={"spatial": made_places()}, uns={"spatial": known})
    with anndata.settings.override(zarr_write_format=2):
        table.write_zarr(folder)
    return 12, [folder, tmp_path / "one.png"]


@pytest.mark.filterwarnings("ignore")  # of the libraries that write the folders
def test_a_zarr_folder_is_dropped_as_a_section(opened, zarr_folder):
    spots, dropped = zarr_folder
    page = opened()
    page.get_by_role("link", name="Tissue section").click()
    drop(page, *dropped)
    page.locator("select[name=section]").wait_for()
    assert page.locator("select[name=section]").input_value() == "one.zarr"
    if spots == 60:  # circles without an array say nothing of µm
        assert "does not say how many µm a pixel has" in page.get_by_role("alert").inner_text()
        page.locator("input[name=mpp]").fill("1")
        page.get_by_role("button", name="Read again").click()
    page.locator("#map svg").first.wait_for()
    assert page.locator(".tally li").first.inner_text().startswith(str(spots))
    page.context.close()


def test_a_zarr_folder_among_spectra_is_refused_in_words(served):
    page = served.get(served.read({"one.zarr/.zgroup": b'{"zarr_format": 2}', "one.zarr/obs/.zgroup": b"{}"}))
    assert "one.zarr: a folder, not a regular file" in page
    assert ">drop them under Tissue section</a>" in page


def test_without_a_model_what_was_measured_is_shown_and_prediction_refused(served, tissue):
    drop = read(served, counted(tissue))
    assert "drop the section again together with its model" in served.get(drop)
    assert "GENE3, measured" in json.loads(served.ask("GET", f"{drop}/maps?gene=GENE3").text)["html"]
    answer = served.ask("POST", f"{drop}/runs", "kind=predict")
    assert answer.status == 409
    assert "no model of expression is here" in answer.text
    served.ask("POST", f"{drop}/remove")


def test_genes_are_found_by_their_first_letters(served, tissue):
    drop = read(served, counted(tissue))
    names = json.loads(served.ask("GET", f"{drop}/genes?like=gene2").text)
    assert sorted(names) == ["GENE2", "GENE20", "GENE21", "GENE22", "GENE23", "GENE24"]
    served.ask("POST", f"{drop}/remove")


def test_a_model_of_the_command_line_predicts_what_is_dropped(tmp_path, tissue):
    with Served(tmp_path, "--model", tissue / "model.safetensors") as server:
        assert "Model: <bdi>model.safetensors</bdi>" in server.get(f"{server.base}/tissue")
        drop = read(server, counted(tissue))
        assert "Predict expression" in server.get(drop)


def test_a_file_that_was_not_dropped_is_no_model_and_no_image(served, tissue):
    for field in ("model=/etc/passwd", "image=../x.png", "section=/etc/passwd", "mpp=%2Fetc"):
        drop = sent(served, counted(tissue))
        answer = served.ask("POST", f"{drop}/read", field)
        assert answer.status == 400, field
        served.ask("POST", f"{drop}/remove")


def test_files_without_a_section_are_refused_in_words(served, tissue):
    drop = sent(served, [tissue / "model.safetensors"])
    answer = served.ask("POST", f"{drop}/read")
    assert answer.status == 400
    assert "no section of tissue is among these files" in answer.text
    served.ask("POST", f"{drop}/remove")


def test_a_pickle_named_as_a_model_is_refused_in_the_readers_words(served, tissue, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"\x80\x04\x95pickle")
    drop = read(served, [*counted(tissue), tmp_path / "m.safetensors"])
    served.run(drop, "predict", model="m.safetensors")
    assert "pickle data" in served.get(drop)
    served.ask("POST", f"{drop}/remove")


def test_spectra_have_no_maps_and_a_section_no_audit(served, tissue, repository):
    spectra = served.read({"spectra.csv": (repository / "datasets/demo/spectra.csv").read_bytes()})
    for path in ("maps", "genes", "image"):
        assert served.ask("GET", f"{spectra}/{path}").status == 409
    section = read(served, counted(tissue))
    assert served.ask("POST", f"{section}/runs", "kind=audit").status == 400
    for each in (spectra, section):
        served.ask("POST", f"{each}/remove")
