"""Every command that the documents show exists, with the options it is shown with."""

import re
import shlex
from pathlib import Path
from pydoc import locate

import click
import pytest

from command_line import parse, subcommands
from spectra_dl_cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("[!.]*.md")),
]


def commands(text):
    """Each spectra-dl command in the code blocks of a document."""
    for block in re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            for part in line.split("&&"):
                if part.strip().startswith("spectra-dl "):
                    yield part.strip()


def test_the_readme_shows_every_command(repository):
    shown = {line.split()[1] for line in commands((repository / "README.md").read_text(encoding="utf-8"))}
    assert shown == set(subcommands(cli))


def test_the_readme_stays_short(repository):
    assert len((repository / "README.md").read_text(encoding="utf-8").split()) < 900


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_shown_parses(repository, document):
    for line in commands((repository / document).read_text(encoding="utf-8")):
        parse(shlex.split(line)[1:])


@pytest.mark.parametrize("line", ["spectra-dl predict x --nonsense", "spectra-dl train x"])
def test_a_command_that_does_not_exist_would_be_seen(line):
    with pytest.raises((click.UsageError, AssertionError)):
        parse(shlex.split(line)[1:])


def test_every_link_to_a_file_leads_somewhere(repository):
    for document in ["README.md", *DOCUMENTS[2:]]:
        path = repository / document
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{document}: {target}"


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "docs/refusals.md"])
def test_every_dotted_name_exists(repository, document):
    text = (repository / document).read_text(encoding="utf-8")
    for name in set(re.findall(r"`(spectra_dl(?:\.\w+)+)`", text)):
        assert locate(name) is not None, f"{document}: {name}"


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md"])
def test_every_benchmark_exists(repository, document):
    text = (repository / document).read_text(encoding="utf-8")
    for path in set(re.findall(r"benchmarks/[\w/]+\.py", text)):
        assert (repository / path).exists(), f"{document}: {path}"
