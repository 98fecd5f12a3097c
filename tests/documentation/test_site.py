"""The site has every page, and its tutorials can be run; `.ci/run` builds the one and runs the others."""

import json
import re

import pytest
import yaml

from documentation.accessible import PAGES, faults_of
from documentation.tutorials import missing_lines, run_step, steps
from pages.chromium import launched

LOOKED_UP = {"dependencies.md", "leaderboard.md", "model_file.md", "outputs.md", "refusals.md"}
TUTORIALS = ("spectra", "expression", "comparison", "necrosis", "locked_study")


def pages(nav):
    """Every page of a part of the navigation."""
    if isinstance(nav, str):
        return [nav]
    parts = nav if isinstance(nav, list) else nav.values()
    return [page for part in parts for page in pages(part)]


def test_every_page_stands_in_the_navigation_once(repository):
    """The pages that are made while the site is built are not files."""
    docs = repository / "docs"
    listed = pages(yaml.safe_load((docs / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    made = {page for page in listed if page.startswith("reference/")} | {"contributing.md", "changelog.md"}
    files = {
        path.relative_to(docs).as_posix() for kind in ("md", "ipynb") for path in docs.rglob(f"*.{kind}")
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == files | made


def test_no_page_of_the_site_asks_another_server(repository):
    settings = yaml.safe_load((repository / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))
    assert settings["theme"]["font"] is False


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_readme_leads_to_each_tutorial_which_shows_commands(repository, name):
    page = f"docs/tutorials/{name}.md"
    assert f"]({page})" in (repository / "README.md").read_text(encoding="utf-8")
    found = steps((repository / page).read_text(encoding="utf-8"))
    assert "commands" in {step.kind for step in found}
    assert {step.kind for step in found} <= {"commands", "python", "text"}


def test_a_notebook_holds_no_output_of_an_earlier_run(repository):
    paths = sorted((repository / "docs" / "notebooks").glob("*.ipynb"))
    assert len(paths) == 4
    for path in paths:
        cells = [
            cell
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "code"
        ]
        assert cells, path.name
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells), path.name


def test_pages_stay_short_but_for_those_that_are_looked_up(repository):
    docs = repository / "docs"
    words = {
        path.relative_to(docs).as_posix(): len(path.read_text(encoding="utf-8").split())
        for path in docs.rglob("*.md")
    }
    assert {name for name, count in words.items() if count >= 1500} <= LOOKED_UP


def test_a_line_that_was_not_printed_and_a_command_that_fails_are_seen(tmp_path):
    assert missing_lines("one\n  two\nthree\n", "three\ntwo  \nfour\n") == ["one"]
    (step,) = steps("# Title\n\n```\nexit 3\n```\n")
    with pytest.raises(AssertionError, match=re.escape("exit 3")):
        run_step(step, tmp_path, "")


def test_a_page_that_cannot_be_read_by_everybody_would_be_seen(tmp_path):
    page = tmp_path / "index.html"
    text = '<html lang="en"><title>A page</title><main><h1>A page</h1><p style="color: {}">Words</p>{}</main></html>'
    with launched() as browser:
        page.write_text(text.format("#000", '<img src="a.png" alt="a curve">'), encoding="utf-8")
        assert faults_of(browser, page, "light") == []
        page.write_text(text.format("#ccc", '<img src="a.png">'), encoding="utf-8")
        found = faults_of(browser, page, "light")
    assert {fault.partition(":")[0] for fault in found} == {"color-contrast", "image-alt"}


def test_every_page_that_is_opened_is_one_of_the_site(repository):
    listed = pages(yaml.safe_load((repository / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    addresses = {page.rsplit(".", 1)[0].removesuffix("index") for page in listed}
    assert set(PAGES) <= addresses
