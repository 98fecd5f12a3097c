"""The page of predicted sections: counts first, maps of predicted and measured on one scale, and a size that has an end."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pages.html_page import HtmlPage
from spectra_dl.arrays import text_array
from spectra_dl.expression.section_page.cards import DRAWN_GENES, DRAWN_SECTIONS, section_card
from spectra_dl.expression.section_page.page import SectionLine, sections_page
from tissue.predictions import GENES, example_genes, example_prediction, example_predictor, example_section

REPORT = {"command": ["spectra-dl", "predict", "a & b"], "versions": {"spectra-dl": "0"}, "notes": ["said"]}


def line_of(prediction):
    status = prediction.status
    return SectionLine(
        prediction.section.name, len(status), len(prediction.refused), status.count("warned"), 0.5
    )


def page_of(*predictions, drawn=(0,), lines=None):
    cards = [section_card(each, drawn, len(predictions)) for each in predictions[:DRAWN_SECTIONS]]
    lines = lines or [line_of(each) for each in predictions]
    genes = len(predictions[0].genes)
    return HtmlPage(sections_page(example_predictor(), lines, cards, REPORT, genes))


def many_spots(count, genes=()):
    """A section with so many small spots at random places of its image, in which genes were counted."""
    section = example_section()
    draw = np.random.default_rng(0)
    size = np.array([section.image.width, section.image.height]) * section.um_per_pixel
    return replace(
        section,
        barcode=text_array([f"s{number}" for number in range(count)]),
        position_um=draw.uniform(0.1, 0.9, (count, 2)) * size,
        reason=text_array([""] * count),
        spot_diameter_um=1.0,
        array=type(section.array)(),
        counts=csr_matrix(draw.poisson(3, (count, len(genes))).astype(float)) if genes else None,
        gene=text_array(genes) if genes else None,
        symbol=None,
    )


def without_counts():
    return replace(example_section(), counts=None, gene=None, symbol=None)


def test_counts_stand_before_any_map_and_say_what_was_left_out():
    page = page_of(example_prediction())
    spots = len(example_section())
    assert f"{spots - 2} of {spots} spots have a prediction of 3 genes, 2 have none." in page.text
    assert page.text.index("2 have none") < page.text.index("(expected 0.60)")
    (card,) = page.cards.values()
    assert "1 spot has no position" in card
    assert "1 spot has not under tissue" in card
    assert "1 spot has glass under the spot" in card


def test_predicted_and_measured_stand_side_by_side_on_one_scale_with_r():
    prediction = example_prediction()
    card = section_card(prediction, [0])
    (maps,) = card.maps
    assert maps.gene.reached == pytest.approx(prediction.measured_pearson[0])
    low, high = maps.limits
    both = np.concatenate([prediction.values[:, 0], prediction.measured[:, 0]])
    assert np.nanmin(both) <= low < high <= np.nanmax(both)
    page = page_of(prediction)
    assert f"GENE1 : r {maps.gene.reached:.2f} (expected 0.60)".replace("-", "−") in page.text
    labels = [each for each in page.labels if "GENE1" in each]
    assert ["predicted" in labels[0], "measured" in labels[1], len(labels)] == [True, True, 2]


def test_a_section_without_counts_has_predicted_maps_alone_and_no_r():
    page = page_of(
        example_prediction(without_counts()),
        lines=[SectionLine("SIM1-1", 5, 0, 0, None)],
    )
    assert "No counts: how well these maps fit is not known." in page.text
    assert not [each for each in page.labels if "measured" in each]
    assert "GENE1 (expected 0.60)" in page.text


def test_each_map_has_a_scale_bar_of_the_length_it_states():
    prediction = example_prediction()
    tissue = section_card(prediction, [0]).tissue
    section = prediction.section
    known = section.position_um[np.isfinite(section.position_um).all(axis=1)]
    # A map is as wide as the spots and a margin, or as high; the bar is on its scale.
    um_per_unit = tissue.bar_um / tissue.bar
    assert np.ptp(known[:, 0]) <= tissue.width * um_per_unit * 1.02
    assert np.ptp(known[:, 1]) <= tissue.height * um_per_unit * 1.02
    page = page_of(prediction)
    assert page.text.count(f"{tissue.bar_um:g} µm") == 3


def test_where_values_lie_is_said_in_words():
    prediction = example_prediction()
    x, y = prediction.section.position_um.T
    right_and_down = np.nan_to_num(x) * (x > np.nanmedian(x)) * (y > np.nanmedian(y))
    values = np.where(np.isfinite(prediction.values), right_and_down[:, None], np.nan)
    (maps,) = section_card(replace(prediction, values=values), [0]).maps
    assert maps.predicted.words.endswith("highest in the lower right")


def test_withheld_correlations_are_left_out_of_the_histogram():
    prediction = example_prediction()
    withheld = replace(prediction, expected=np.full(3, np.nan))
    assert section_card(prediction, [0]).histogram.expected.genes == 2
    assert section_card(withheld, [0]).histogram.expected is None
    assert section_card(replace(withheld, section=without_counts()), [0]).histogram is None


def test_it_needs_nothing_else_and_every_figure_is_named():
    page = page_of(example_prediction())
    assert page.needs_nothing_else()
    assert all(each.get("aria-hidden") or each.get("aria-label") for each in page.all("svg"))


def test_what_the_input_says_is_text():
    names = ("<script>alert(1)</script>", '"><b onload=x', "a\u202eb")
    page = page_of(example_prediction(genes=example_genes(names)), drawn=(0, 1, 2))
    assert not {tag for tag, _ in page.elements} & {"script", "b onload"}
    assert not any("onload" in attributes for _, attributes in page.elements)
    assert "<script>alert(1)</script>" in page.text
    assert "\u202e" not in page.source


def test_a_large_section_is_gathered_into_squares_and_says_so():
    prediction = example_prediction(many_spots(100_000, GENES))
    page = page_of(prediction, drawn=(0, 1, 2))
    assert len(page.source.encode()) < 1_000_000
    assert "as the section has more spots than can be drawn here" in page.text
    assert "100,000 spots predicted" in page.text


def test_many_sections_with_many_spots_and_genes_stay_below_three_megabytes():
    names = [f"G{number}" for number in range(40)]
    prediction = example_prediction(many_spots(6_000, names), example_genes(names, [0.5] * 40))
    lines = [line_of(prediction)] * 30
    page = page_of(*[prediction] * 30, drawn=tuple(range(40)), lines=lines)
    assert len(page.source.encode()) < 3_000_000
    assert len(page.articles) == DRAWN_SECTIONS
    assert "The first 12 of 30 sections are drawn" in page.text
    assert f"{40 - DRAWN_GENES} more genes were asked for" in page.text
    assert len(page.all("tr")) > 18


def test_the_same_prediction_gives_the_same_bytes():
    assert page_of(example_prediction()).source == page_of(example_prediction()).source


def test_a_section_of_the_training_is_said_to_be_one():
    section = replace(example_section(), name="A")
    assert (
        "1 of 1 sections have the name of one that the model was trained on"
        in page_of(example_prediction(section)).text
    )
