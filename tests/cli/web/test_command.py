"""spectra-dl serve refuses in words what it can't do."""

import subprocess
import sys

import pytest

from command_line import run


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_how_to_get_it(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; from spectra_dl_cli.main import main; main(['serve', '--no-browser'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: serve needs a web server; install it with pip install 'spectra-dl[web]'\n"


def test_where_no_process_can_be_forked_it_says_where_it_runs():
    code = "import os; del os.fork; from spectra_dl_cli.main import main; main(['serve', '--no-browser'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: serve needs Linux or macOS; run it under WSL, or use the other commands\n"


def test_a_file_that_is_no_model_is_refused_before_the_page_opens(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"\x80\x04\x95pickle")
    model = tmp_path / "model.safetensors"
    said = run("serve", "--no-browser", "--model", model, code=4, OMP_NUM_THREADS="1").stderr
    assert "pickle data" in said
