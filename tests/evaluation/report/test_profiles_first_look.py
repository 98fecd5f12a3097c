"""What the page of an evaluation of profiles shows first."""

import copy
import re

import pytest

from pages.example_profiles import profiles_report
from pages.html_page import HtmlPage
from spectra_dl.evaluation.report.page.render import report_page


@pytest.fixture(scope="module")
def report():
    return profiles_report()


def raised(report, name, severity):
    changed = copy.deepcopy(report)
    finding = {"name": name, "severity": severity, "sentence": "Something is wrong."}
    changed["results"]["audit"] = {"severity": severity, "findings": [finding]}
    return changed


def test_models_and_controls_stand_in_a_strip_before_any_table(report):
    page = report_page(report)
    strip = page[page.index('class="models"') : page.index("<table>")]
    assert strip.count('role="img" aria-label="r: ') == 6
    assert re.search(r'class="model control"><bdi>shuffled spots</bdi>', strip)
    assert "the noise\nceiling 0.900" in strip


def test_what_says_the_same_everywhere_has_no_interval_of_its_own(report):
    page = report_page(report)
    assert 'aria-label="r: 0.000"' in page
    assert "0.000 [0.000, 0.000]" not in page


def test_genes_are_drawn_against_their_ceiling_and_described_in_words(report):
    (label,) = [each for each in HtmlPage(report_page(report)).labels if "noise ceiling" in each]
    assert re.match(r"50 genes by noise ceiling and r: half reach 0\.\d\d to 0\.\d\d, median", label)
    assert "where counts allow 0.90 to 0.90" in label


def test_maps_of_the_held_out_section_stand_side_by_side(report):
    page = HtmlPage(report_page(report))
    assert (
        len([each for each in page.labels if "GENE7 predicted: " in each or "GENE7 measured: " in each]) == 2
    )
    assert "without having seen its patient" in page.text
    without = copy.deepcopy(report)
    del without["results"]["maps"]
    assert "GENE7 predicted" not in report_page(without)


@pytest.mark.parametrize(
    ("name", "severity", "said"),
    [
        ("one image twice", "stop", "Find out which section the image is of"),
        ("depth alone", "warn", "Compare with the control of sequencing depth"),
    ],
)
def test_what_is_raised_comes_with_what_to_do_next(report, name, severity, said):
    page = HtmlPage(report_page(raised(report, name, severity)))
    assert page.text.index("What to do next") < page.text.index(said) < page.text.index("r over the spots")
    assert "What to do next" not in HtmlPage(report_page(report)).text


def test_a_model_that_is_no_better_than_a_control_is_sent_for_more_patients(report):
    level = copy.deepcopy(report)
    level["results"]["not_better_than"] = ["tissue against glass"]
    assert "a model that still is not better than tissue against glass uses nothing" in report_page(level)


def test_a_page_is_short_before_the_folds(report):
    page = re.sub(
        r"<details>.*?</details>|<svg.*?</svg>",
        "",
        report_page(raised(report, "depth alone", "warn")),
        flags=re.DOTALL,
    )
    assert len(HtmlPage(page[: page.index('id="methods"')]).text.split()) < 1200


def test_gene_tables_are_folded_and_can_be_saved(report):
    page = report_page(report)
    folded = page[page.index("<summary>The best and the worst <bdi>gene</bdi>s") :]
    folded = folded[: folded.index("</details>")]
    assert folded.count("save as CSV") == 2
