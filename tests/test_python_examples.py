"""The Python that README and docs/python.md show runs, and says of the public names what is true."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

import spectra_dl as sdl
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table_files import write_table


def python_blocks(repository, document):
    """Each block of Python in a document."""
    text = (repository / document).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


def run(blocks, folder):
    """Run blocks one after the other in a fresh process, as a user would, and return the lines they print."""
    (folder / "example.py").write_text("\n".join(blocks), encoding="utf-8")
    command = [sys.executable, "-W", "error::DeprecationWarning:__main__", "example.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_examples_of_the_python_page_run(repository, tmp_path):
    lines = run(python_blocks(repository, "docs/python.md"), tmp_path)
    assert lines[0] == "SpectraTable(24 spectra, 100 points, 400-1800 cm-1, 12 patients, 2 labels)"
    assert lines[-1] == "3 gone.csv: no such file; check the path"


def test_the_examples_of_the_scikit_learn_page_run(repository, tmp_path):
    lines = run(python_blocks(repository, "docs/scikit_learn.md"), tmp_path)
    assert lines[0] == "[0 1]"
    assert lines[-1] == "'LogisticRegression' '400.0'"


def test_the_python_page_names_every_public_name(repository):
    page = (repository / "docs" / "python.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\w+", page))
    assert {name for name in sdl.__all__ if name != "__version__"} <= shown


def test_the_readmes_example_runs(repository, tmp_path):
    (block,) = python_blocks(repository, "README.md")
    assert block.startswith("import spectra_dl as sdl\n")
    table = simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=64)).table
    columns = {"category": table.label, "user": table.patient}
    (tmp_path / "saliva").mkdir()
    write_table(
        tmp_path / "saliva" / "spectra.csv", replace(table, label=None, patient=None, metadata=columns)
    )
    printed = "print(model.predict_proba(table.intensity).shape, accuracy.shape)"
    assert run([block, printed], tmp_path) == ["(24, 2) (3,)"]


@pytest.mark.parametrize("document", ["docs/glossary.md", "docs/python.md", "docs/scikit_learn.md"])
def test_the_readme_links_the_page(repository, document):
    assert f"]({document})" in (repository / "README.md").read_text(encoding="utf-8")


def test_the_glossary_is_in_alphabetical_order(repository):
    text = (repository / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = [term.rstrip(".").lower() for term in re.findall(r"^\*\*(.+?)\*\*", text, flags=re.MULTILINE)]
    assert len(terms) > 40
    assert terms == sorted(terms)
