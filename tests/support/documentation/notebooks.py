"""Run the notebooks, each in a process of its own, on data that ships with the project.

python tests/support/documentation/notebooks.py [docs/notebooks/scikit_learn.ipynb ...]    (all of them if none is named)
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

_ROOT = Path(__file__).resolve().parents[3]


def main(arguments):
    """Run the notebooks that are named, or all, and say how long each took."""
    for path in map(Path, arguments or sorted((_ROOT / "docs" / "notebooks").glob("*.ipynb"))):
        started = time.monotonic()
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(path.parent)}}).execute()
        sys.stdout.write(f"{path.name}: {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    main(sys.argv[1:])
