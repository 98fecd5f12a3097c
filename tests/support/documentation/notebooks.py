"""Run the notebooks, each in a process of its own and one on each core, on data that ships with the project.

python tests/support/documentation/notebooks.py [docs/notebooks/scikit_learn.ipynb ...]    (all of them if none is named)
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

_ROOT = Path(__file__).resolve().parents[3]


def _timed(path):
    started = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(path.parent)}}).execute()
    return f"{path.name}: {time.monotonic() - started:.0f} s\n"


def main(arguments):
    """Run the notebooks that are named, or all, and say how long each took."""
    paths = map(Path, arguments or sorted((_ROOT / "docs" / "notebooks").glob("*.ipynb")))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for said in pool.map(_timed, paths):
            sys.stdout.write(said)


if __name__ == "__main__":
    main(sys.argv[1:])
