"""Rows that a model was most certain of stand on the page as pictures with colours, and nothing but pictures stands there."""

import pytest

from pages.example_report import Page, report
from spectra_dl.errors import DataError
from spectra_dl.evaluation.report.page.render import report_page

PICTURE = "data:image/jpeg;base64,/9j/4AAQ"


def with_overlays(**changed):
    row = {
        "name": "a.png",
        "patient": "P1",
        "truth": "healthy",
        "called": "sick",
        "probability": 0.93,
        "plain": PICTURE,
        "overlaid": PICTURE,
    }
    content = report()
    content["results"]["overlays"] = {
        "model": "CNN compact",
        "of": 1200,
        "chosen": "The most certain ones.",
        "legend": ["Yellow is where most was found."],
        "rows": [{**row, **changed}],
    }
    return content


def test_each_row_is_drawn_without_and_with_colours_and_named_by_what_it_is():
    page = Page(report_page(with_overlays()))
    assert page.tags.count("img") == 2
    for said in (
        "Where CNN compact looked",
        "The most certain ones. 1 of 1,200 spectra are drawn.",
        "Yellow is where most was found.",
        "93 %; wrongly, it is healthy",
        "patient P1",
    ):
        assert said in " ".join(page.text.split())
    assert "Grad-CAM: Selvaraju" in page.text


def test_where_no_truth_is_known_nothing_is_said_of_it():
    page = Page(report_page(with_overlays(truth=None, patient=None)))
    assert "sick, 93 %." in " ".join(page.text.split())


@pytest.mark.parametrize(
    "picture",
    [
        "https://example.org/a.jpg",
        "javascript:alert(1)",
        "data:text/html;base64,PHM+",
        'data:image/jpeg;base64,AA" onload="alert(1)',
        "data:image/svg+xml;base64,AAAA",
        "data:image/jpeg;base64,AA\n",
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(DataError, match=r"results\.overlays\.rows\.0\.plain"):
        report_page(with_overlays(plain=picture))
