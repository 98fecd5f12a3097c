"""The page that predict writes of tissue sections, of one and of several."""

import json
import re

import pytest

from command_line import run
from pages.html_page import HtmlPage

pytestmark = pytest.mark.xdist_group("predict page")


@pytest.fixture(scope="module")
def tissue(repository):
    return repository / "datasets" / "demo" / "tissue"


def page_of(tissue, names, folder):
    """Predict sections, and return their page with what was printed."""
    sections = [tissue / f"{name}.tsv.gz" for name in names]
    done = run("predict", *sections, "--model", tissue / "model.safetensors", "--out", folder)
    return HtmlPage((folder / "report.html").read_text(encoding="utf-8")), done.stdout


def test_the_demonstration_has_maps_of_its_four_best_genes_with_the_printed_correlations(tissue, tmp_path):
    page, printed = page_of(tissue, ["SIM5-1"], tmp_path / "out")
    assert printed.rstrip().splitlines()[-1] == f"The section's maps: {tmp_path / 'out' / 'report.html'}"
    assert len(page.source.encode()) <= 400_000
    assert page.needs_nothing_else()
    genes = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["results"]["genes"]
    by_name = {gene["name"]: gene for gene in genes}
    for name in re.findall(r"^GENE\d+", printed, re.MULTILINE)[:4]:
        expected, reached = (by_name[name][kind] for kind in ("expected_pearson", "measured_pearson"))
        assert f"{name} : r {reached:.2f} (expected {expected:.2f})" in page.text
    assert len([label for label in page.labels if " predicted: " in label]) == 4
    assert "predictions correlate with the counts at 0.62, mean over genes" in page.text


def test_of_several_sections_one_page_has_a_card_each(tissue, tmp_path):
    page, printed = page_of(tissue, ["SIM5-1", "SIM6-1"], tmp_path / "out")
    assert printed.rstrip().splitlines()[-1] == f"The sections' maps: {tmp_path / 'out' / 'report.html'}"
    assert list(page.cards) == ["SIM5-1", "SIM6-1"]
    assert "In 2 of 2 sections genes were counted too" in page.text
    assert page.needs_nothing_else()
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
