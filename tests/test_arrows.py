"""The arrows between the rooms point one way, and nothing that could run code is ever called."""

import ast
import functools
import tomllib

import pytest

pytestmark = pytest.mark.xdist_group("arrows")

BANNED_MODULES = {"pickle", "joblib", "yaml", "marshal", "shelve", "dill", "cloudpickle"}
BANNED_CALLS = {"eval", "exec", "compile", "extractall", "__import__"}
BANNED_PAIRS = {("torch", "load"), ("torch", "save"), ("os", "system")}
BANNED_OPTIONS = {"allow_pickle", "shell"}


@functools.cache
def syntax_trees(repository):
    """Path and syntax tree of each shipped module."""
    return [
        (path, ast.parse(path.read_text(encoding="utf-8")))
        for folder in ("spectra_dl", "cli/spectra_dl_cli", "datasets/spectra_dl_datasets")
        for path in sorted((repository / folder).rglob("*.py"))
    ]


def offences(tree):
    """Describe each banned import and call in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in BANNED_MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in BANNED_MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id in BANNED_CALLS:
                yield function.id
            elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                pair = (function.value.id, function.attr)
                if pair in BANNED_PAIRS or function.attr == "extractall":
                    yield ".".join(pair)
            yield from (str(word.arg) for word in node.keywords if word.arg in BANNED_OPTIONS)


# The one module that turns bytes into objects of any kind: what processes of one run send each other, never a file.
TRANSPORT = "spectra_dl/execution/transport.py"


def test_nothing_shipped_can_run_code_from_data(repository):
    found = {
        path.relative_to(repository).as_posix(): list(offences(tree))
        for path, tree in syntax_trees(repository)
    }
    assert {path: names for path, names in found.items() if names} == {TRANSPORT: ["pickle", "cloudpickle"]}


def test_bytes_become_objects_between_processes_alone(repository):
    users = {
        path.relative_to(repository).as_posix()
        for path, tree in syntax_trees(repository)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "spectra_dl.execution.transport"
    }
    assert "spectra_dl/execution/worker.py" in users
    assert all(path.startswith("spectra_dl/execution/") for path in users), users
    transport = (repository / TRANSPORT).read_text(encoding="utf-8")
    assert "open(" not in transport
    assert "Path" not in transport


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(f)",
        "eval(x)",
        "np.load(f, allow_pickle=True)",
        "run(x, shell=True)",
        "archive.extractall(p)",
    ],
)
def test_the_ban_sees_what_it_must_see(text):
    assert list(offences(ast.parse(text)))


def test_no_check_is_lost_under_python_o(repository):
    for path, tree in syntax_trees(repository):
        for node in ast.walk(tree):
            # What only tells the type checker a type may go.
            narrowing = isinstance(node, ast.Assert) and ast.unparse(node.test).startswith("isinstance(")
            assert not isinstance(node, ast.Assert) or narrowing, f"{path} line {node.lineno}"


def test_no_clock_that_can_be_set_decides_anything(repository):
    clocks = {("time", "time"), ("datetime", "now"), ("datetime", "today"), ("date", "today")}
    # When a study was locked and looked at is written down, and nothing follows from it.
    records = repository / "spectra_dl" / "evaluation" / "protocol" / "protocol_file.py"
    for path, tree in syntax_trees(repository):
        if path == records:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in clocks, f"{path} line {node.lineno}"


def test_the_layers_are_the_ones_the_house_is_built_on(repository):
    settings = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [contract["layers"] for contract in settings["contracts"]]
    assert layers[0] == ["spectra_dl_cli", "spectra_dl_datasets", "spectra_dl"]
    assert layers[1] == [
        "testing",
        "loading",
        "fusion",
        "spectra | expression | tissue",
        "classification | imaging | planning",
        "models | evaluation | training",
        "execution",
        "storage",
        "plugins",
        "errors | arrays",
    ]


def test_only_torch_with_an_upper_bound_is_asked_for(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert [name for name in project["dependencies"] if name.startswith("torch")] == ["torch>=2.6,<2.14"]
