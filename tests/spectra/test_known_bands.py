"""The table of known bands, and looking a position up in it."""

import math
import re

import pytest

from spectra_dl.spectra.known_bands import KNOWN_BANDS, nearest_band
from spectra_dl.spectra.simulation.serum_bands import SERUM_BANDS


@pytest.mark.parametrize(
    ("position", "name"),
    [
        (640, "uric acid"),
        (760, "tryptophan"),
        (785, "nucleic acid"),
        (830, "tyrosine"),
        (850, "tyrosine"),
        (855, "hydroxyproline"),
        (938, "collagen"),
        (960, "hydroxyapatite"),
        (1003, "phenylalanine"),
        (1095, "nucleic acid"),
        (1157, "carotenoid"),
        (1241, "amide III"),
        (1450, "CH₂"),
        (1521, "carotenoid"),
        (1655, "amide I,"),
        (1745, "lipid"),
    ],
)
def test_the_bands_everybody_knows_have_their_usual_name(position, name):
    assert name in nearest_band(position).name


def test_the_table_ascends_and_every_band_names_a_source_with_its_doi():
    positions = [band.position for band in KNOWN_BANDS]
    assert positions == sorted(set(positions))
    assert all(re.search(r"\d{4}, doi 10\.\d{4,5}/\S+$", band.source) for band in KNOWN_BANDS)


def test_every_band_of_note_in_the_simulated_serum_has_a_name():
    tall = [band.position for group in SERUM_BANDS for band in group.bands if band.height >= 0.15]
    assert [position for position in tall if nearest_band(position) is None] == []


def test_far_from_all_bands_there_is_none():
    assert nearest_band(1900.0) is None
    assert nearest_band(1013.1) is None
    assert nearest_band(1013.0).position == 1003
    assert nearest_band(1900.0, within=200.0).position == 1745
    assert nearest_band(math.nan) is None
