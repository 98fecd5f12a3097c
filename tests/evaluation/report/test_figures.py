"""Figures that stand in a page."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from spectra_dl.evaluation.report.figures import (
    Curve,
    attribution_figure,
    reliability_figure,
    roc_figure,
    svg_text,
)

HOSTILE = '_<script>alert(1)</script> id="q" url(#x) $\\frac{1$ 漢字 שלום'


def texts(svg):
    return [
        "".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")
    ]


def roc(name="model"):
    return roc_figure([Curve(name, [0, 0, 0.5, 1], [0, 0.5, 0.5, 1])])


def test_svg_is_one_well_formed_element_without_prolog():
    svg = svg_text(roc(), "roc", title="ROC curve")
    assert svg.startswith("<svg")
    assert svg.endswith("</svg>")
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "ROC curve"
    assert not [node for node in root.iter() if node.tag.split("}")[-1] in ("script", "style", "metadata")]


def test_the_same_figure_gives_the_same_bytes():
    assert svg_text(roc(), "roc") == svg_text(roc(), "roc")


def test_ids_of_two_figures_never_clash_and_all_references_lead_somewhere():
    first, second = svg_text(roc(), "one"), svg_text(roc(), "two")
    ids = [set(re.findall(r'\bid="([^"]*)"', svg)) for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for ids_of_svg, svg in zip(ids, (first, second), strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]*)', svg)) <= ids_of_svg


@pytest.mark.parametrize("draw", [roc_figure, reliability_figure])
def test_a_name_is_shown_as_it_is_written(draw):
    curve = Curve(HOSTILE, [0.2, 0.8], [0.1, 0.9], [0.0, 0.7], [0.3, 1.0])
    assert HOSTILE in texts(svg_text(draw([curve]), "figure"))


def test_a_title_is_escaped():
    svg = svg_text(Figure(), "empty", title='"><script>')
    assert ElementTree.fromstring(svg).get("aria-label") == '"><script>'


def test_a_curve_goes_through_its_points():
    curve = Curve("model", [0.0, 0.25, 1.0], [0.0, 0.75, 1.0])
    drawn = [line.get_xydata().tolist() for line in roc_figure([curve]).axes[0].lines]
    assert [[0.0, 0.0], [0.25, 0.75], [1.0, 1.0]] in drawn


def test_intervals_of_a_reliability_curve_are_upright_lines():
    curve = Curve("model", [0.2], [0.1], [0.05], [0.4])
    (bars,) = reliability_figure([curve]).axes[0].collections
    assert [segment.tolist() for segment in bars.get_segments()] == [[[0.2, 0.05], [0.2, 0.4]]]


def test_bands_are_numbered_from_one():
    spectrum = Curve("sick", [400, 1800], [0, 1])
    attribution = Curve("sick", [400, 1800], [0, 1], [-0.1, 0.9], [0.1, 1.1])
    words = texts(
        svg_text(
            attribution_figure(
                [spectrum], [attribution], [1003.0, 1450.0], axis_title="wavenumber / cm⁻¹", row="spectrum"
            ),
            "saliency",
        )
    )
    assert {"1", "2", "sick", "wavenumber / cm⁻¹"} <= set(words)


def test_drawing_leaves_the_users_settings_alone():
    from matplotlib import rcParams

    before = dict(rcParams)
    svg_text(roc(), "roc")
    assert dict(rcParams) == before
