"""The command starts fast because it imports late."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from spectra_dl import SpectraClassifier, TrainingSettings
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

HEAVY = [
    "torch",
    "pandas",
    "sklearn",
    "scanpy",
    "numba",
    "scipy",
    "pybaselines",
    "pydantic",
    "starlette",
    "uvicorn",
]


def imported_after(*words: str, heavy: list[str] = HEAVY) -> list[str]:
    """Names of heavy packages in sys.modules after running the command line in a fresh process."""
    code = (
        "import json, sys\n"
        "from spectra_dl_cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('\\n' + json.dumps([name for name in {heavy!r} if name in sys.modules]))"
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
        ["evaluate", "tissue", "--help"],
        ["data", "--help"],
        ["serve", "--help"],
    ],
)
def test_help_imports_nothing_heavy(words):
    assert imported_after(*words) == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_what_every_command_imports_has_no_numpy(words):
    assert imported_after(*words, heavy=["numpy", "importlib.metadata"]) == []


@pytest.mark.parametrize("name", ["auto", "compact", "logistic", "minirocket"])
def test_predicting_imports_neither_torch_nor_what_trains(tmp_path_factory, repository, name):
    model = tmp_path_factory.mktemp("model") / "model.safetensors"
    table = simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=701)).table
    training = TrainingSettings(epochs=1)
    fitted = SpectraClassifier(table.wavenumber, network=name, members=2, training=training)
    fitted.fit(table.intensity, table.label, groups=table.patient).predictor_.save(model)
    words = (str(repository / "datasets" / "demo" / "spectra.csv"), "--model", str(model))
    assert imported_after("predict", *words) == ["pydantic"]


def test_what_commands_load_ahead_exists(repository):
    calls = [
        call
        for path in (repository / "cli/spectra_dl_cli/commands").rglob("*.py")
        for call in re.findall(r"execution\.executor\((.*?)\)", path.read_text(), re.DOTALL)
    ]
    assert len(calls) == 13
    for name in re.findall(r'"([^"]+)"', " ".join(calls)):
        assert importlib.util.find_spec(name), name


@pytest.mark.parametrize(("words", "commands"), [(["--help"], set()), (["model", "show"], {"model"})])
def test_a_command_does_not_wait_for_the_imports_of_others(words, commands):
    code = (
        "import json, sys\n"
        "from spectra_dl_cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "start = 'spectra_dl_cli.commands.'\n"
        "print('\\n' + json.dumps([name.removeprefix(start) for name in sys.modules if name.startswith(start)]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout.splitlines()[-1])) == commands
