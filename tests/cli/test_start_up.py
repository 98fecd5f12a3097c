"""The command starts fast because it imports late."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "pandas",
    "sklearn",
    "scanpy",
    "numba",
    "scipy",
    "pybaselines",
    "lightning_fabric",
    "pydantic",
]


def imported_after(*words: str) -> list[str]:
    """Names of heavy packages in sys.modules after running the command line in a fresh process."""
    code = (
        "import json, sys\n"
        "from spectra_dl_cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('\\n' + json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["predict", "--help"],
        ["train", "spectra", "--help"],
        ["evaluate", "spectra", "--help"],
        ["data", "--help"],
    ],
)
def test_help_imports_nothing_heavy(words):
    assert imported_after(*words) == []


def test_predicting_never_imports_the_training_engine(repository):
    found = imported_after("predict", str(repository / "datasets" / "demo" / "spectra.csv"))
    assert "torch" in found
    assert not {"lightning_fabric", "sklearn", "pandas", "scanpy", "numba", "pybaselines"} & set(found)


def test_what_commands_load_ahead_exists(repository):
    calls = [
        call
        for path in (repository / "cli/spectra_dl_cli/commands").glob("*.py")
        for call in re.findall(r"execution\.executor\((.*?)\)", path.read_text(), re.DOTALL)
    ]
    assert len(calls) == 8
    for name in re.findall(r'"([^"]+)"', " ".join(calls)):
        assert importlib.util.find_spec(name), name
