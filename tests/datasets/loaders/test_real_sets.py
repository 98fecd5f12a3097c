"""Every set whose files are here loads with the counts that are known of it; skipped where the files are not at hand."""

import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl_datasets import dataset_card, dataset_names, load
from spectra_dl_datasets.study import load_numbers, load_study

FOLDER = {
    "bwtek_bwspec": "raman/instruments/bwtek_bwspec",
    "cartilage_map": "raman/cartilage_map",
    "covid_saliva": "raman/covid_saliva",
    "covid_serum": "raman/covid_serum",
    "fish_oil": "raman/fish_oil",
    "galactic_spc": "raman/instruments/galactic_spc",
    "her2st": "st/her2st",
    "hest_style": "st/formats/hest_style",
    "horiba_labspec": "raman/instruments/horiba_labspec",
    "jcamp_dx": "raman/instruments/jcamp_dx",
    "mice_tissue": "raman/mice_tissue",
    "olfactory_bulb": "st/olfactory_bulb",
    "oras_json": "raman/instruments/oras_json",
    "osteosarcoma_tiles": "st/osteosarcoma_tiles",
    "renishaw_wdf": "raman/instruments/renishaw_wdf",
    "two_column": "raman/instruments/two_column",
    "visium_h5ad_crop": "st/formats/visium_h5ad_crop",
    "visium_spaceranger1": "st/formats/visium_spaceranger1",
}


@pytest.fixture
def real(shared_data):
    """Load a set from where its files are, its files verified."""
    return lambda name: load(name, folder=shared_data / FOLDER[name])


def count(values):
    """Return how often each value stands in ``values``."""
    return {str(value): list(values).count(value) for value in set(values)}


def agrees_with_card(name, table):
    """The card's counts are those of the table."""
    card = dataset_card(name)
    assert card.spectra == len(table)
    assert {entry.name: entry.items for entry in card.classes} == count(table.label[table.label != ""])
    for entry in card.classes:
        patients = set(table.patient[table.label == entry.name])
        assert entry.patients in ("unknown", len(patients))


def test_every_set_with_checksums_is_tested_on_its_files():
    assert set(FOLDER) == {name for name in dataset_names() if dataset_card(name).known_files}


def test_covid_serum_has_309_spectra_of_103_patients(real):
    table = real("covid_serum")
    assert table.intensity.shape == (309, 900)
    assert (table.wavenumber[0], table.wavenumber[-1]) == (400, 2112)
    assert count(table.label) == {"Healthy": 150, "SARS-CoV-2": 159}
    assert len(set(table.patient)) == dataset_card("covid_serum").patients == 103
    agrees_with_card("covid_serum", table)


def test_covid_saliva_has_1675_spectra_of_66_people_in_67_folders(real):
    table = real("covid_saliva")
    assert table.intensity.shape == (1675, 991)
    assert count(table.label) == {"COV+": 30 * 25, "COV-": 37 * 25}
    assert len(set(table.patient)) == 67
    people = {name.split("_")[1] for name in table.patient}
    assert len(people) == dataset_card("covid_saliva").patients == 66
    agrees_with_card("covid_saliva", table)


def test_cartilage_map_has_875_spectra_in_three_clusters(real):
    table = real("cartilage_map")
    assert table.intensity.shape == (875, 300)
    assert (table.wavenumber[0], table.wavenumber[-1]) == (602, 1798)
    assert count(table.label) == {"": 6, "matrix": 323, "lacuna": 364, "cell": 182}
    assert {"x_um", "y_um"} <= set(table.metadata)
    agrees_with_card("cartilage_map", table)


def test_mice_tissue_has_440_spectra_of_47_mice_most_of_them_with_both_classes(real):
    table = real("mice_tissue")
    assert table.intensity.shape == (440, 595)
    classes = {mouse: set(table.label[table.patient == mouse]) for mouse in set(table.patient)}
    assert len(classes) == dataset_card("mice_tissue").patients == 47
    assert sum(len(each) == 2 for each in classes.values()) == 39
    agrees_with_card("mice_tissue", table)


def test_a_study_holds_no_spectrum_without_a_class(shared_data, monkeypatch, tmp_path):
    (tmp_path / "cartilage_map").symlink_to(shared_data / "raman" / "cartilage_map")
    monkeypatch.setenv("SPECTRA_DL_DATA", str(tmp_path))
    table = load_study("cartilage_map")
    assert len(table) == 869
    assert "6 spectra without a class were left out" in table.notes


def test_a_set_with_a_number_is_taken_where_a_number_is_predicted(shared_data, monkeypatch, tmp_path):
    (tmp_path / "fish_oil").symlink_to(shared_data / "raman" / "fish_oil")
    monkeypatch.setenv("SPECTRA_DL_DATA", str(tmp_path))
    table = load_numbers("fish_oil")
    assert "iodine_value" in table.metadata
    assert any(note.startswith("fish_oil: 2 confounds are known") for note in table.notes)


def test_sets_of_another_task_are_refused_with_the_way_on():
    with pytest.raises(UsageError, match=r"with a number per patient: fish_oil"):
        load_numbers("covid_serum")
    with pytest.raises(UsageError, match=r"with classes \(or --target COLUMN\)"):
        load_study("fish_oil")


def test_fish_oil_has_42_oils_with_three_spectra_and_a_number_each(real):
    table = real("fish_oil")
    assert table.intensity.shape == (126, 3471)
    assert set(count(table.patient).values()) == {3}
    assert len(set(table.patient)) == 42
    assert 140 < min(map(float, table.metadata["iodine_value"])) < 150
    assert table.label is None


def test_her2st_has_one_section_of_patient_b_and_four_of_c(real):
    sections = real("her2st")
    assert [(section.name, section.patient, len(section)) for section in sections] == [
        ("B4", "B", 283),
        ("C2", "C", 187),
        ("C3", "C", 180),
        ("C4", "C", 184),
        ("C5", "C", 181),
    ]
    assert all(0.68 < section.um_per_pixel < 0.70 for section in sections)
    common = set.intersection(*(set(section.gene) for section in sections))
    assert 13_800 < len(common) < 14_000


def test_olfactory_bulb_has_three_sections_of_1000_genes_and_no_animal(real):
    sections = real("olfactory_bulb")
    assert [section.name for section in sections] == ["MOB1", "MOB2", "MOB3"]
    assert {section.counts.shape[1] for section in sections} == {1000}
    assert {section.patient for section in sections} == {None}
    assert {section.image.width for section in sections} == {1905}


def test_osteosarcoma_has_39_tiles_of_four_patients(real):
    tiles = real("osteosarcoma_tiles")
    card = dataset_card("osteosarcoma_tiles")
    assert len(tiles) == 39
    assert set(tiles.patient) == {"Case-3", "Case-4", "Case-48-P5", "P9"}
    assert {entry.name: entry.items for entry in card.classes} == count(tiles.label)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("bwtek_bwspec", [(1, 1006)]),
        ("galactic_spc", [(1, 3632)]),
        ("jcamp_dx", [(1, 1949)]),
        ("renishaw_wdf", [(1, 1015), (40, 1015)]),
        ("horiba_labspec", [(1, 1024), (1, 1024)]),
        ("two_column", [(1, 1600), (1, 1600), (1, 4057)]),
    ],
)
def test_format_examples_give_a_table_for_each_file(real, name, shapes):
    assert [table.intensity.shape for table in real(name)] == shapes


def test_the_space_ranger_folder_gives_one_section(real):
    (section,) = real("visium_spaceranger1")
    assert section.counts.shape == (100, 100)


def test_the_h5ad_crop_gives_one_section_whose_values_are_not_taken_as_counts(real):
    (section,) = real("visium_h5ad_crop")
    assert len(section) == 49
    assert section.counts is None


@pytest.mark.parametrize("name", [name for name in sorted(FOLDER) if not dataset_card(name).readable])
def test_what_the_card_says_is_not_readable_is_refused(real, name):
    with pytest.raises(DataError, match=r"export|raw counts|--mpp"):
        real(name)
