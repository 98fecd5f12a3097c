"""What a forge and a citation manager read: valid, and of the same version as the package."""

import re
import tomllib

import pytest
import yaml

FORMS = ("bug", "format", "fooled")
INPUTS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def loaded(repository, path):
    return yaml.safe_load((repository / path).read_text(encoding="utf-8"))


def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_names_the_version_and_the_licence(repository):
    citation = loaded(repository, "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert str(citation["version"]) == project(repository)["version"]
    assert citation["license"] == project(repository)["license"]
    assert all(
        "name" in author or {"family-names", "given-names"} <= set(author) for author in citation["authors"]
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_form_asks_for_something(repository, form):
    content = loaded(repository, f".github/ISSUE_TEMPLATE/{form}.yml")
    assert {"name", "description", "body"} <= set(content)
    assert {part["type"] for part in content["body"]} <= INPUTS
    asked = [part for part in content["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in asked}) == len(asked)
    assert any(part.get("validations", {}).get("required") for part in asked)


def test_every_python_that_is_declared_is_tested(repository):
    jobs = loaded(repository, ".github/workflows/tests.yml")["jobs"]
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(project(repository)["classifiers"]))
    assert jobs["everything"]["strategy"]["matrix"]["python"] == declared
    assert {"run": "bash .ci/run"} in jobs["everything"]["steps"]


def test_only_publishing_gets_a_right_beyond_reading(repository):
    beyond_reading = {
        "tests": {},
        "publish": {"publish": {"id-token": "write"}},
        "site": {"deploy": {"pages": "write", "id-token": "write"}},
    }
    for name, rights in beyond_reading.items():
        workflow = loaded(repository, f".github/workflows/{name}.yml")
        assert workflow["permissions"] == {"contents": "read"}
        beyond = {job: part["permissions"] for job, part in workflow["jobs"].items() if "permissions" in part}
        assert beyond == rights


def test_the_table_of_dependencies_lists_each_once_with_who_needs_it_and_why(repository):
    parts = {"core": project(repository)["dependencies"], **project(repository)["optional-dependencies"]}
    asked = {
        (re.split(r"[\[<>=]", text)[0], part)
        for part, texts in parts.items()
        for text in texts
        if not text.startswith("spectra-dl[")
    }
    page = (repository / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:2] == "| "
    ]
    _, *listed = rows
    assert sorted((name, part) for name, part, *_ in listed) == sorted(asked)
    assert all(why and licence and float(size) >= 0 for _, _, why, size, _, licence in listed)


@pytest.mark.parametrize("path", [".github/SECURITY.md", ".github/CODE_OF_CONDUCT.md", "docs/releases.md"])
def test_what_a_page_names_is_there(repository, path):
    text = (repository / path).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|benchmarks|docs)/[\w/.]+)`", text))
    missing = [name for name in named if not (repository / name).exists()]
    assert missing == []
