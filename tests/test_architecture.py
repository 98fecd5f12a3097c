"""docs/architecture.md draws the rooms that are there, and the arrows that are held."""

import re
import tomllib
from pathlib import PurePosixPath

import pytest

LINE = re.compile(r"^( *)(\w+)/(?: {2,}(\S.*))?$")


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "architecture.md").read_text(encoding="utf-8")


def drawn_folders(page):
    """Return what the tree says of each folder, by path; two spaces are one level."""
    (tree,) = re.findall(r"```\n(spectra_dl/\n.*?)```", page, flags=re.DOTALL)
    path: list[str] = []
    said = {}
    for line in tree.splitlines():
        indent, name, words = LINE.match(line).groups()
        path = [*path[: len(indent) // 2], name]
        said[PurePosixPath(*path)] = words
    return said


def test_every_folder_with_modules_is_drawn_and_no_other(page, repository):
    modules = (repository / "spectra_dl").rglob("*.py")
    folders = {PurePosixPath(path.parent.relative_to(repository).as_posix()) for path in modules}
    assert set(drawn_folders(page)) == folders
    assert len(folders) > 30


def test_every_folder_is_explained(page):
    unexplained = [str(folder) for folder, words in drawn_folders(page).items() if not words]
    assert unexplained == ["spectra_dl"]


def test_the_arrows_are_those_that_are_held(page, repository):
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    commands, rooms, *_ = [each["layers"] for each in settings["tool"]["importlinter"]["contracts"]]
    assert f"`{' -> '.join(commands)}`" in page
    assert f"`{' -> '.join(rooms)}`" in page


def test_every_file_it_names_is_there(page, repository):
    paths = set(re.findall(r"`([\w./]+/[\w.]+\.py)`", page))
    assert len(paths) > 5
    assert {path for path in paths if not list(repository.glob(f"**/{path}"))} == set()


@pytest.mark.parametrize(("document", "words"), [("docs/architecture.md", 1400), ("README.md", 1000)])
def test_what_everybody_reads_stays_short(repository, document, words):
    assert len((repository / document).read_text(encoding="utf-8").split()) < words
