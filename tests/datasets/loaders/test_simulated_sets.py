"""Every loader on tiny synthetic files in the shape that its card describes."""

import gzip
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from command_line import run
from example_sections import write_section, write_study
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.simulation.families.settings import FamilySettings
from spectra_dl.spectra.simulation.families.study import simulate_family
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl_datasets import dataset_card, dataset_names, load
from spectra_dl_datasets.registry import DATASETS, known_best

AXIS = np.arange(600, 640, 2)
BY_HAND = [name for name in dataset_names() if dataset_card(name).files == "unseen"]
SPECTRA_BY_HAND = [name for name in BY_HAND if dataset_card(name).modality == "Raman"]
SECTIONS_BY_HAND = ["hest_1k", "stnet_breast", "visium_10x"]


def from_files(name, folder):
    """Load synthetic files, which are not those of the card, without verifying them."""
    return DATASETS[name].load(folder)


def write_wide(path, columns, *, last=False):
    """Write a spectrum a row, with columns of metadata before or after it."""
    rows = len(next(iter(columns.values())))
    values = np.random.default_rng(0).integers(100, 999, (rows, AXIS.size))
    names, cells = list(columns), list(zip(*columns.values(), strict=True))
    lines = [[*map(str, AXIS), *names] if last else [*names, *map(str, AXIS)]]
    for row, each in zip(values, cells, strict=True):
        lines.append([*map(str, row), *each] if last else [*each, *map(str, row)])
    text = "\n".join(",".join(line) for line in lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return values


def test_covid_serum_takes_each_three_rows_as_one_patient(tmp_path):
    label = ["Healthy"] * 3 + ["SARS-CoV-2"] * 3
    values = write_wide(tmp_path / "original_covid_and_healthy_spectra.csv", {"diagnostic": label}, last=True)
    table = from_files("covid_serum", tmp_path)
    np.testing.assert_array_equal(table.intensity, values)
    assert list(table.patient) == ["1"] * 3 + ["2"] * 3
    assert list(table.label) == label


def test_covid_saliva_takes_a_folder_as_one_patient(tmp_path):
    for user, category in (("COV+_01", "COV+"), ("COV-_11", "COV-")):
        folder = tmp_path / user
        folder.mkdir()
        values = np.random.default_rng(1).integers(100, 999, (2, AXIS.size))
        (folder / "spectra.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in values))
        (folder / "raman_shift.csv").write_text("".join(f"{shift}\n" for shift in AXIS))
        (folder / "user_information.csv").write_text(f"user,category,labels\n{user},{category},0\n")
    table = from_files("covid_saliva", tmp_path)
    assert list(table.patient) == ["COV+_01"] * 2 + ["COV-_11"] * 2
    assert list(table.label) == ["COV+"] * 2 + ["COV-"] * 2


def test_fish_oil_takes_replicates_as_one_oil_and_has_no_classes(tmp_path):
    columns = {"iodine_value": ["150.1", "150.1", "160.2", "160.2"], "replicate_group": ["1", "1", "2", "2"]}
    write_wide(tmp_path / "fishoil.csv.gz", columns)
    table = from_files("fish_oil", tmp_path)
    assert list(table.patient) == columns["replicate_group"]
    assert list(table.metadata["iodine_value"]) == columns["iodine_value"]
    assert table.label is None


def test_cartilage_map_groups_by_block_and_cluster(tmp_path):
    columns = {"x_um": ["0", "6", "7", "0"], "y_um": ["0", "4", "0", "5"], "cluster": ["a", "b", "a", "a"]}
    write_wide(tmp_path / "chondro.csv.gz", columns)
    table = from_files("cartilage_map", tmp_path)
    assert list(table.patient) == ["0-0 a", "0-0 b", "1-0 a", "0-1 a"]
    assert any("nothing here speaks of patients" in note for note in table.notes)


def write_gzip_section(folder, name):
    """Write one section with gzip counts and a JPEG, and return its three files."""
    write_section(folder, name, seed=1)
    counts = folder / f"{name}.tsv.gz"
    counts.write_bytes(gzip.compress((folder / f"{name}.tsv").read_bytes()))
    (folder / f"{name}.tsv").unlink()
    image = folder / f"{name}.jpg"
    Image.open(folder / f"{name}.png").save(image)
    (folder / f"{name}.png").unlink()
    return counts, folder / f"{name}_selection.tsv", image


def test_her2st_takes_the_patient_from_the_sections_name(tmp_path):
    for kind in ("counts", "spotfiles", "images"):
        (tmp_path / kind).mkdir()
    for name in ("B4", "C2", "C3", "C4", "C5"):
        for path, kind in zip(
            write_gzip_section(tmp_path, name), ("counts", "spotfiles", "images"), strict=True
        ):
            shutil.move(path, tmp_path / kind / path.name)
    sections = from_files("her2st", tmp_path)
    assert [section.patient for section in sections] == ["B", "C", "C", "C", "C"]
    assert {section.counts.shape for section in sections} == {(81, 30)}


def test_olfactory_bulb_says_that_nobody_knows_the_animals(tmp_path):
    for name in ("MOB1", "MOB2", "MOB3"):
        _, spots, _ = write_gzip_section(tmp_path, name)
        spots.rename(tmp_path / f"alignment_table_{name}.tsv")
    sections = from_files("olfactory_bulb", tmp_path)
    assert {section.patient for section in sections} == {None}
    assert all("the animals are not documented" in section.notes for section in sections)
    assert {section.um_per_pixel for section in sections} == {4.0}


@pytest.mark.parametrize("name", ["osteosarcoma_tiles", "tcia_osteosarcoma"])
def test_tiles_say_class_patient_and_slide_in_their_names(name, tmp_path):
    (tmp_path / "tiles").mkdir()
    for tile in ("Viable___Case-48-P5-C14-54171-23668_115.jpg", "Non-Tumor___P9-B12-15791-34183.jpg"):
        (tmp_path / "tiles" / tile).touch()
    tiles = from_files(name, tmp_path)
    assert tiles.label == ("Non-Tumor", "Viable")
    assert tiles.patient == ("P9", "Case-48-P5")
    assert tiles.slide == ("B12", "C14")


@pytest.mark.parametrize(
    ("tile", "reason"),
    [(None, "no .jpg"), ("tumour.jpg", "class___case-slide-x-y")],
    ids=["none", "odd name"],
)
def test_tiles_that_say_nothing_are_refused(tile, reason, tmp_path):
    (tmp_path / "tiles").mkdir()
    if tile:
        (tmp_path / "tiles" / tile).touch()
    with pytest.raises(DataError, match=reason):
        from_files("osteosarcoma_tiles", tmp_path)


@pytest.mark.parametrize("name", ["bwtek_bwspec", "horiba_labspec", "two_column"])
def test_format_examples_give_a_table_for_each_file_they_name(name, tmp_path):
    files = [file.path for file in dataset_card(name).known_files if not file.path.startswith("wrong")]
    for number, file in enumerate(files):
        (tmp_path / file).write_text("".join(f"{shift}\t{shift % 7 + number}\n" for shift in range(100, 120)))
    assert [len(table) for table in from_files(name, tmp_path)] == [1] * len(files)


@pytest.mark.parametrize("name", ["galactic_spc", "jcamp_dx", "oras_json", "renishaw_wdf"])
def test_an_instruments_file_that_is_not_whole_or_not_read_is_refused_with_a_way_out(name, tmp_path):
    start = {"renishaw_wdf": b"WDF1", "jcamp_dx": b"##TITLE=x\n##JCAMP-DX=4.24\n", "oras_json": b'{"a": [1]}'}
    for file in dataset_card(name).known_files:
        (tmp_path / file.path).write_bytes(start.get(name, b"\x00\x4b\x00\x00") + bytes(64))
    with pytest.raises(DataError, match=r"export|copy the file again"):
        from_files(name, tmp_path)


@pytest.mark.parametrize("name", ["hest_style", "visium_h5ad_crop", "visium_spaceranger1"])
def test_a_section_whose_files_are_missing_is_refused(name, tmp_path):
    with pytest.raises(DataError, match=r"no such file|neither a Space Ranger folder"):
        from_files(name, tmp_path)


@pytest.mark.parametrize("name", SPECTRA_BY_HAND)
def test_a_set_that_was_never_seen_is_read_as_its_card_says(name, tmp_path):
    write_wide(tmp_path / "spectra.csv", {"patient": ["p", "q"], "label": ["ill", "well"]})
    table = load(name, folder=tmp_path)
    assert list(table.patient) == ["p", "q"]
    assert list(table.label) == ["ill", "well"]
    assert any("not verified" in note for note in table.notes)


def test_two_column_files_with_a_sheet_are_read_too(tmp_path):
    (tmp_path / "samples.csv").write_text("file,patient,label\na.txt,p,ill\nb.txt,q,well\n")
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("".join(f"{shift}\t{shift % 7}\n" for shift in AXIS))
    table = load("glaucoma_serum", folder=tmp_path)
    assert list(table.patient) == ["p", "q"]


@pytest.mark.parametrize("both", [False, True])
def test_a_folder_by_hand_holds_a_table_or_a_sheet(both, tmp_path):
    for name in ("spectra.csv", "samples.csv") if both else ():
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match="both of" if both else "neither of"):
        load("rruff", folder=tmp_path)


@pytest.mark.parametrize("name", SECTIONS_BY_HAND)
def test_sections_by_hand_are_read_from_a_sheet(name, tmp_path):
    with pytest.raises(DataError, match=r"sections\.csv"):
        load(name, folder=tmp_path)
    write_study(tmp_path, "ab")
    sections = load(name, folder=tmp_path)
    assert [section.patient for section in sections] == ["a", "b"]
    assert all("not verified" in section.notes[-1] for section in sections)


def test_simulated_bone_metastasis_is_drawn_from_patients_and_seed():
    first = load("simulated_bone_metastasis", patients=6, seed=3)
    again = load("simulated_bone_metastasis", patients=6, seed=3)
    another_seed = load("simulated_bone_metastasis", patients=6, seed=4)
    np.testing.assert_array_equal(first.intensity, again.intensity)
    assert len(set(first.patient)) == 6
    assert not np.array_equal(first.intensity, another_seed.intensity)


@pytest.fixture(
    scope="module", params=["simulated_bone_metastasis", "simulated_interaction", "simulated_ratio"]
)
def classes(request):
    """A simulated set of two classes: its name and its spectra."""
    return request.param, load(request.param)


def test_a_simulated_set_has_the_best_auc_of_its_card(classes):
    best = f"patient AUC of {known_best(classes[0]).of_all:.3f}".replace("0.", ".")
    assert best in dataset_card(classes[0]).reading


def test_the_best_on_a_sets_own_patients_is_that_of_its_true_likelihood_ratio():
    serum = simulate_study(StudySettings()).truth
    reached = {"simulated_bone_metastasis": roc_auc_score(serum.positive, serum.log_likelihood_ratio)}
    for signal in ("interaction", "ratio"):
        drawn = simulate_family(FamilySettings(signal=signal, patients=200, best_auc=0.95)).patients
        reached[f"simulated_{signal}"] = roc_auc_score(drawn.positive, drawn.latents.log_likelihood_ratio)
    assert {name: known_best(name).of_these for name in reached} == pytest.approx(reached)
    assert known_best("covid_serum") is None
    assert known_best("simulated_tissue") is None


def test_a_simulated_set_has_the_counts_of_its_card(classes):
    table, card = classes[1], dataset_card(classes[0])
    assert (card.patients, card.spectra) == (len(set(table.patient)), len(table))
    assert {entry.name: entry.items for entry in card.classes} == {
        label: int((table.label == label).sum()) for label in set(table.label)
    }


def test_the_command_of_the_card_writes_the_set(classes, tmp_path):
    name, table = classes
    program, *words = dataset_card(name).command.split()
    assert program == "spectra-dl"
    if len(table) > 1_000:  # a table of 427 patients takes seconds to write and to read
        words, table = [*words, "--patients", 8], load(name, patients=8)
    said = run(*(tmp_path if word == "DIR" else word for word in words)).stdout
    assert f"{known_best(name).of_all:.3f}" in said
    written = read_spectra([tmp_path / "spectra.csv"], ReadOptions(label="label", patient="patient_id"))
    np.testing.assert_array_equal(written.intensity, table.intensity)
    np.testing.assert_array_equal(written.wavenumber, table.wavenumber)
    assert list(written.patient) == list(table.patient)
    assert list(written.label) == list(table.label)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("covid_serum", {"seed": 1}, "leave patients and seed out"),
        ("simulated_bone_metastasis", {"folder": "x"}, "leave the folder out"),
        ("covid_saliwa", {}, "there are covid_saliva"),
    ],
)
def test_an_option_or_a_name_that_does_not_fit_is_refused(name, options, reason):
    with pytest.raises(UsageError, match=reason):
        load(name, **options)


def test_simulated_tissue_is_drawn_from_patients_and_seed_as_its_card_says():
    card, sections = dataset_card("simulated_tissue"), load("simulated_tissue")
    assert len(sections) == card.sections
    assert len({section.patient for section in sections}) == card.patients
    assert all(len(section.gene) == 60 for section in sections)
    first, again, another_seed = (load("simulated_tissue", patients=2, seed=seed) for seed in (3, 3, 4))
    assert [section.image.sha256() for section in first] == [section.image.sha256() for section in again]
    assert (first[0].counts != again[0].counts).nnz == 0
    assert first[0].image.sha256() != another_seed[0].image.sha256()
