"""The list of sets costs nothing: what is heavy waits until a set is loaded."""

import json
import subprocess
import sys

HEAVY = ["numpy", "pandas", "torch", "scanpy", "scipy", "sklearn", "h5py", "pydantic", "pooch", "requests"]


def imported_after(code):
    """Names of heavy packages that a fresh process has imported after ``code``."""
    script = (
        f"import json, sys\n{code}\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_importing_the_package_imports_nothing_heavy():
    assert imported_after("import spectra_dl_datasets\nspectra_dl_datasets.dataset_names()") == []


def test_a_card_needs_no_numbers():
    assert set(imported_after("import spectra_dl_datasets as d\nd.dataset_card('her2st')")) == {"pydantic"}
