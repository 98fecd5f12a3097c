"""The page of predicted sections as a browser shows it: nothing sticks out, every colour can be read, nothing is fetched."""

import pytest

from pages.chromium import launched, serious_faults
from spectra_dl.expression.section_page.cards import section_card
from spectra_dl.expression.section_page.page import SectionLine, sections_page
from tissue.predictions import example_prediction, example_predictor

pytestmark = pytest.mark.xdist_group("chromium")


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.mark.parametrize(("width", "scheme"), [(500, "dark"), (1280, "light"), (1280, "dark")])
def test_maps_and_counts(chromium, width, scheme):
    card = section_card(example_prediction(), (0, 1, 2))
    lines = [SectionLine("A", 12, 1, 1, 0.5), SectionLine("x" * 60, 12, 1, 1, None)]
    page = sections_page(example_predictor(), lines, [card], {"command": ["spectra-dl", "x" * 300]}, 3)
    assert serious_faults(chromium, page, width=width, scheme=scheme) == []
