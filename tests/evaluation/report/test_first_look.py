"""What the page of an evaluation shows first."""

import re

import pytest

from pages.example_report import Page, report, undrawn, words
from spectra_dl.evaluation.report.page.render import report_page

OF_REGION = {
    "title": "intensity (SD)",
    "axis_title": "Raman shift, cm⁻¹",
    "axis": [1800.0, 1900.0, 2000.0],
    "classes": [
        {"name": name, "patients": 20, "mean": mean, "spread": [0.1, 0.2, 0.0], "points": []}
        for name, mean in (("healthy", [0.1, 0.2, 0.3]), ("sick", [0.3, 0.2, 0.3]))
    ],
}
OF_AXIS = {
    "title": "first wavenumber, cm⁻¹",
    "axis_title": "",
    "axis": [],
    "classes": [
        {"name": name, "patients": 3, "mean": [], "spread": [], "points": points}
        for name, points in (("healthy", [400.1, 400.1, 400.2]), ("sick", [400.3, 400.3, 400.3]))
    ],
}


def stopped(evidence):
    content = undrawn(report(severity="stop"))
    content["results"]["audit"]["findings"][1] |= {"name": "silent region", "evidence": evidence}
    return content


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (OF_REGION, "intensity (SD), by class: healthy from 0.1 to 0.3; sick from 0.2 to 0.3"),
        (OF_AXIS, "first wavenumber, cm⁻¹, by class: healthy from 400.1 to 400.2; sick from 400.3 to 400.3"),
    ],
)
def test_what_stopped_the_study_is_drawn_before_any_score(evidence, said):
    page = report_page(stopped(evidence))
    assert page.index(f'aria-label="{said}"') < page.index("What to do next") < page.index("0.800")
    assert said not in report_page(undrawn(report(severity="stop")))


def test_what_is_raised_comes_with_what_to_do_next():
    said = words(stopped(OF_AXIS))
    assert "silent region Look for what differs besides the samples" in said
    of_columns = words(undrawn(report(severity="warn")))
    assert "column ward Balance this column over the classes, or evaluate with --split-by it" in of_columns
    assert "What to do next" not in words(undrawn(report()))


def test_models_stand_in_a_strip_before_any_table():
    page = report_page(undrawn(report()))
    strip = page[page.index('class="models"') : page.index("<table>")]
    assert strip.count('role="img" aria-label="AUC: ') == 3
    assert "0.810 [0.700, 0.900]" in strip


def test_the_majority_class_has_no_interval_of_its_own():
    page = report_page(undrawn(report()))
    assert "0.500 [" not in Page(page).words
    assert 'aria-label="AUC: 0.500"' in page


def test_checks_that_found_nothing_are_folded_away():
    page = report_page(undrawn(report(severity="warn")))
    folded = page[page.index("<details>") : page.index("</details>")]
    assert "1 check found nothing" in folded
    assert "Row order says nothing." in folded
    assert "The class follows ward." not in folded


def test_a_page_is_short_before_the_folds():
    page = re.sub(
        r"<details>.*?</details>|<svg.*?</svg>", "", report_page(stopped(OF_REGION)), flags=re.DOTALL
    )
    assert len(Page(page[: page.index('id="folds"')]).words.split()) < 1200


def test_methods_and_figures_by_fold_are_folded_away_and_printed():
    page = report_page(undrawn(report()))
    for name in ("methods", "folds"):
        assert re.search(rf'<h2 id="{name}">[^<]*</h2>\s*<details>\s*<summary>', page)
    assert "details::details-content { content-visibility: visible" in page
