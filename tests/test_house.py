"""The house rules that a machine can check: sizes of folders, modules and functions, documented parameters, standard terms."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SHIPPED = ("spectra_dl", "cli/spectra_dl_cli", "datasets/spectra_dl_datasets")
EVERYWHERE = ("spectra_dl", "cli", "datasets", "benchmarks", "tests")
MOST_MODULES, MOST_LINES, MOST_BODY_LINES, MOST_POSITIONAL = 16, 400, 40, 5
# The field has its own words: predict, evaluate, split, out-of-distribution score, smoothing parameter, MLP, image.
NOT_STANDARD = {
    *("tell", "told", "telling", "judge", "judged", "judging", "deal", "dealt", "dealing"),
    *("unlikeness", "stiffness", "perceptron", "picture"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(repository: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Path and text of each module under these folders."""
    for folder in folders:
        for path in sorted((repository / folder).rglob("*.py")):
            yield str(path.relative_to(repository)), path.read_text(encoding="utf-8")


def functions(text: str) -> Iterator[Function]:
    """Every function of a module, those inside others too."""
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, Function))


def parameters(function: Function, *, keyword_only: bool) -> list[str]:
    """Names of a function's parameters but for self and cls."""
    given = function.args
    listed = [*given.posonlyargs, *given.args, *(given.kwonlyargs if keyword_only else [])]
    return [each.arg for each in listed if each.arg not in ("self", "cls")]


def body_lines(function: Function) -> int:
    """How many lines a function's body has, its docstring not counted."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def public_functions(nodes: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Functions and methods without a leading underscore, of classes without one."""
    for node in nodes:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node


def words(name: str) -> set[str]:
    """The words of an identifier, in snake_case or CamelCase."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def identifiers(path: str, text: str) -> Iterator[str]:
    """Names of a module, and of its classes, functions and their parameters."""
    yield Path(path).stem
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, Function):
            extra = [each.arg for each in (node.args.vararg, node.args.kwarg) if each]
            yield from (node.name, *parameters(node, keyword_only=True), *extra)


def crowded_folders(paths: list[str]) -> list[str]:
    """Folders with too many modules."""
    count = Counter(str(Path(path).parent) for path in paths)
    return [f"{folder}: {number} modules" for folder, number in count.items() if number > MOST_MODULES]


def long_functions(path: str, text: str) -> list[str]:
    """Functions with too long a body."""
    sizes = [(each.name, body_lines(each)) for each in functions(text)]
    return [f"{path} {name}: {lines} lines" for name, lines in sizes if lines > MOST_BODY_LINES]


def wide_functions(path: str, text: str) -> list[str]:
    """Functions that take too many parameters by position."""
    sizes = [(each.name, len(parameters(each, keyword_only=False))) for each in functions(text)]
    return [
        f"{path} {name}: {number} positional parameters" for name, number in sizes if number > MOST_POSITIONAL
    ]


def is_command(function: Function) -> bool:
    """Whether a function is a command of click, whose docstring is its help and whose options document themselves."""
    return any("command(" in ast.unparse(each) for each in function.decorator_list)


def undocumented_functions(path: str, text: str) -> list[str]:
    """Public functions of two parameters or more, other than commands, whose docstring has no section Parameters."""
    return [
        f"{path} {name}"
        for name, function in public_functions(ast.parse(text).body)
        if len(parameters(function, keyword_only=True)) >= 2
        and not is_command(function)
        and "Parameters\n---" not in (ast.get_docstring(function) or "")
    ]


def private_dialect(path: str, text: str) -> list[str]:
    """Identifiers with a word that isn't the field's."""
    return [f"{path} {name}" for name in identifiers(path, text) if words(name) & NOT_STANDARD]


def refuse(offenders: list[str], rule: str) -> None:
    """Fail with one offender a line."""
    if offenders:
        pytest.fail(f"{rule}; {len(offenders)} offend:\n  " + "\n  ".join(offenders), pytrace=False)


def test_no_folder_holds_more_than_16_modules(repository):
    refuse(
        crowded_folders([path for path, _ in modules(repository, EVERYWHERE)]),
        f"at most {MOST_MODULES} modules in a folder",
    )


def test_no_module_has_more_than_400_lines(repository):
    lines = [(path, text.count("\n")) for path, text in modules(repository, EVERYWHERE)]
    refuse(
        [f"{path}: {number}" for path, number in lines if number > MOST_LINES],
        f"at most {MOST_LINES} lines in a module",
    )


@pytest.mark.parametrize(
    ("rule", "offenders_of"),
    [
        (f"at most {MOST_BODY_LINES} lines in a function's body", long_functions),
        (f"at most {MOST_POSITIONAL} positional parameters", wide_functions),
        ("a section Parameters where a public function has two or more", undocumented_functions),
        ("the field's words in identifiers", private_dialect),
    ],
)
def test_shipped_code_keeps_the_house_rules(repository, rule, offenders_of):
    refuse([each for path, text in modules(repository, SHIPPED) for each in offenders_of(path, text)], rule)


LONG = "def f(a):\n" + '    """Doc."""\n' + "    a += 1\n" * 41
WIDE = "class A:\n    def f(self, a, b, c, d, e, f, *, g=1): ...\n"


@pytest.mark.parametrize(
    ("offenders_of", "text", "expected"),
    [
        (long_functions, LONG, ["m.py f: 41 lines"]),
        (long_functions, LONG.replace("    a += 1\n", "", 1), []),
        (wide_functions, WIDE, ["m.py f: 6 positional parameters"]),
        (wide_functions, WIDE.replace(", f,", ",").replace("g=1", "f, g=1"), []),
        (undocumented_functions, "def f(a, *, b):\n    '''Do.'''\n", ["m.py f"]),
        (undocumented_functions, "def f(a, *, b):\n    '''Do.\n\n    Parameters\n    ----------\n    '''\n", []),
        (undocumented_functions, "class A:\n    def f(self, a, b): ...\n", ["m.py A.f"]),
        (undocumented_functions, "def _f(a, b): ...\ndef g(a): ...\nclass _B:\n    def f(self, a, b): ...\n", []),
        (private_dialect, "class HeadPicture:\n    def f_told(self, judge): ...\n", ["m.py HeadPicture", "m.py f_told", "m.py judge"]),
        (private_dialect, "def ideal(intelligent, tellurium): ...\n", []),
    ],
)  # fmt: skip
def test_the_rules_see_what_they_must_see(offenders_of, text, expected):
    assert offenders_of("m.py", text) == expected


def test_crowded_folders_are_seen():
    assert crowded_folders([f"a/m{k}.py" for k in range(17)] + ["b/m.py"]) == ["a: 17 modules"]
