"""Files of real instruments and public studies; skipped where they are not at hand."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra


@pytest.fixture(scope="module")
def raman(shared_data):
    return shared_data / "raman"


def test_serum_spectra_are_triplicates_of_103_patients(raman):
    path = raman / "covid_serum" / "original_covid_and_healthy_spectra.csv"
    table = read_spectra(path, ReadOptions(label="diagnostic", replicates=3))
    assert table.intensity.shape == (309, 900)
    assert list(dict.fromkeys(table.patient)) == [str(k + 1) for k in range(103)]
    assert {label: list(table.label).count(label) for label in set(table.label)} == {
        "Healthy": 150,
        "SARS-CoV-2": 159,
    }
    reference = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=range(900))
    np.testing.assert_array_equal(table.intensity, reference)


def test_saliva_folders_give_every_spectrum_and_patient(raman):
    table = read_spectra(raman / "covid_saliva", ReadOptions(patient="user", label="category"))
    assert len(table) == 1675
    assert len(set(table.patient)) == 67
    assert set(table.label) == {"COV+", "COV-"}
    assert table.sample_id[0] == "COV+_01/1"
    assert len(set(table.metadata["axis_first"])) > 1
    assert np.isfinite(table.intensity).all()


@pytest.mark.parametrize(
    ("path", "shape", "first", "metadata"),
    [
        ("fish_oil/fishoil.csv.gz", (126, 3471), -20.0, ["iodine_value", "replicate_group"]),
        ("cartilage_map/chondro.csv.gz", (875, 300), 602.0, ["x_um", "y_um", "cluster"]),
        ("instruments/two_column/Si_spectrum01.txt", (1, 1600), -95.790799602554, []),
        ("instruments/two_column/paracetamol.txt", (1, 4057), 96.7865, []),
        ("instruments/bwtek_bwspec/PST10_iR785_OP01_40000msx4.txt", (1, 1006), 120.387, []),
    ],
)
def test_real_files_read_with_their_metadata_outside_the_spectrum(path, shape, first, metadata, raman):
    table = read_spectra(raman / path)
    assert table.intensity.shape == shape
    assert table.wavenumber[0] == first
    assert list(table.metadata) == metadata


def test_a_line_of_letters_is_refused_with_its_number(raman):
    with pytest.raises(DataError, match="line 13"):
        read_spectra(raman / "instruments" / "two_column" / "wrong-values-in-lines_pos1.txt")
