"""Pages as a browser shows them, wide and narrow, light and dark: nothing sticks out, every colour can be read, nothing is fetched."""

import pytest

from pages.chromium import launched, serious_faults
from pages.example_profiles import profiles_report
from pages.example_report import report
from spectra_dl.evaluation.report.page.render import report_page

pytestmark = pytest.mark.xdist_group("chromium")
LOOKS = [(width, scheme) for width in (500, 1280) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("severity", ["fine", "stop"])
def test_an_evaluation_of_classes(chromium, severity, width, scheme):
    page = report_page(report(severity=severity))
    assert serious_faults(chromium, page, width=width, scheme=scheme) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_an_evaluation_of_profiles(chromium, width, scheme):
    page = report_page(profiles_report())
    assert serious_faults(chromium, page, width=width, scheme=scheme) == []


def test_what_can_not_be_read_is_found(chromium):
    page = report_page(report()).replace("--ink: #1c2430", "--ink: #dddddd")
    found = serious_faults(chromium, page, width=1280, scheme="light")
    assert any("color-contrast" in each for each in found)
