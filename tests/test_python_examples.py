"""The Python that README and docs/python.md show runs, and says of the public names what is true."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

import spectra_dl as sdl
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table_files import write_table

pytestmark = pytest.mark.xdist_group("python examples")


def python_blocks(repository, document):
    """Each block of Python in a document."""
    text = (repository / document).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


DOCUMENTS = ("docs/python.md", "docs/scikit_learn.md", "README.md")
# One process for all documents saves the seconds in which it imports and compiles; each has a module and a folder of its own.
IN_TURN = """
import contextlib, os, runpy, sys, traceback
for folder in sys.argv[1:]:
    os.chdir(folder)
    with open("printed.txt", "w") as printed, open("errors.txt", "w") as errors, contextlib.redirect_stdout(printed):
        try:
            runpy.run_path("example.py", run_name="__main__")
        except BaseException:
            traceback.print_exc(file=errors)
"""


def write_example(folder, repository, document):
    """Write what a document shows, in order, and the files it begins with."""
    blocks = python_blocks(repository, document)
    if document == "README.md":
        (block,) = blocks
        assert block.startswith("import spectra_dl as sdl\n")
        blocks = [block, "print(model.predict_proba(table.intensity).shape, accuracy.shape)"]
        table = simulate_study(StudySettings(patients=10, spectra_per_patient=1, n_wavenumbers=64)).table
        columns = {"category": table.label, "user": table.patient}
        (folder / "saliva").mkdir()
        write_table(
            folder / "saliva" / "spectra.csv", replace(table, label=None, patient=None, metadata=columns)
        )
    (folder / "example.py").write_text("\n".join(blocks), encoding="utf-8")


@pytest.fixture(scope="module")
def printed(repository, tmp_path_factory):
    """The lines that the examples of each document print in a process, as a user runs them."""
    folders = {document: tmp_path_factory.mktemp("example") for document in DOCUMENTS}
    for document, folder in folders.items():
        write_example(folder, repository, document)
    command = [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", IN_TURN]
    done = subprocess.run(
        [*command, *map(str, folders.values())], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

    def lines(document):
        errors = (folders[document] / "errors.txt").read_text(encoding="utf-8")
        assert errors == ""
        return (folders[document] / "printed.txt").read_text(encoding="utf-8").splitlines()

    return lines


def test_the_examples_of_the_python_page_run(printed):
    lines = printed("docs/python.md")
    assert lines[0] == "SpectraTable(24 spectra, 100 points, 400-1800 cm-1, 12 patients, 2 labels)"
    assert lines[-1] == "3 gone.csv: no such file; check the path"


def test_the_examples_of_the_scikit_learn_page_run(printed):
    lines = printed("docs/scikit_learn.md")
    assert lines[0] == "[0 1]"
    assert lines[-1] == "'LogisticRegression' '400.0'"


def test_the_readmes_example_runs(printed):
    assert printed("README.md") == ["(10, 2) (3,)"]


def test_the_python_page_names_every_public_name(repository):
    page = (repository / "docs" / "python.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\w+", page))
    assert {name for name in sdl.__all__ if name != "__version__"} <= shown


@pytest.mark.parametrize("document", ["docs/glossary.md", "docs/python.md", "docs/scikit_learn.md"])
def test_the_readme_links_the_page(repository, document):
    assert f"]({document})" in (repository / "README.md").read_text(encoding="utf-8")


def test_the_glossary_is_in_alphabetical_order(repository):
    text = (repository / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = [term.rstrip(".").lower() for term in re.findall(r"^\*\*(.+?)\*\*", text, flags=re.MULTILINE)]
    assert len(terms) > 40
    assert terms == sorted(terms)
