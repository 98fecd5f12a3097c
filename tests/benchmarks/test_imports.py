"""Every benchmark finds what it imports: nothing else notices when a name moves, until somebody wants the figure again."""

import ast
import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
OURS = ("spectra_dl", "spectra_dl_cli", "spectra_dl_datasets")


def imported(path):
    """The names that a file imports from the package: (module, name)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names if alias.name.split(".")[0] in OURS)


def is_there(module, name):
    """Whether a module has a name, which may be a module as well."""
    try:
        found = importlib.import_module(module)
        return name is None or hasattr(found, name) or bool(importlib.import_module(f"{module}.{name}"))
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize(
    "path", sorted(BENCHMARKS.rglob("*.py")), ids=lambda path: str(path.relative_to(BENCHMARKS))
)
def test_a_benchmark_finds_what_it_imports(path):
    missing = [(module, name) for module, name in imported(path) if not is_there(module, name)]
    assert not missing
