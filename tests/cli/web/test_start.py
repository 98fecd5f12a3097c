"""The page answers before anything heavy is imported, and what jobs need is there before they come."""

import subprocess
import sys

_SERVED = "import spectra_dl_cli.web.server"
_AHEAD = """
import io, os
from spectra_dl_cli.main import cli, main
from spectra_dl_cli.web import worker
from spectra_dl_cli.web.reading import read
for step in (*worker._imports(), worker._compile):
    step()
before, printed, sys.stdout = set(sys.modules), sys.stdout, io.StringIO()
for words, command in (([sys.argv[1], "--into=."], read), (["predict", sys.argv[1], "--out=results"], cli)):
    try:
        main(words, command)
    except SystemExit as end:
        assert not end.code
sys.stdout = printed
"""


def modules(code, folder, *words):
    """The modules that a fresh Python has after some code, without those it had in ``before``."""
    ended = "\nprint(*sorted(set(sys.modules) - set(globals().get('before', ()))))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}{ended}", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_server_answers_before_anything_heavy_is_imported(tmp_path):
    assert modules(_SERVED, tmp_path).isdisjoint({"numpy", "pydantic", "scipy", "torch"})


def test_a_job_on_a_table_imports_nothing_of_ours_any_more(tmp_path, repository):
    later = modules(_AHEAD, tmp_path, str(repository / "datasets" / "demo" / "spectra.csv"))
    assert {each for each in later if each.startswith(("spectra_dl", "numpy", "pydantic", "jinja2"))} == set()
