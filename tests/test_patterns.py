"""No regular expression takes longer than a text is long: hostile cells cost nothing, whatever stands in them."""

import ast
import importlib
import math
import re
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (ROOT / "spectra_dl", ROOT / "cli" / "spectra_dl_cli", ROOT / "datasets" / "spectra_dl_datasets")
METHODS = {"search", "match", "fullmatch", "sub", "findall", "finditer", "split"}
# Of all modules one in seven calls such a method of anything; parsing the others would take seconds of every run.
CALLED = re.compile(rf"\.\s*(?:{'|'.join(sorted(METHODS))})\b")
LENGTH, SECONDS = 20_000, 0.25
USUAL = (
    "0",
    "1",
    "a",
    "A",
    "é",
    " ",
    "\t",
    "\n",
    ".",
    ",",
    "(",
    "_",
    "-",
    "0.",
    "1,",
    "a ",
    "a_",
    " (",
    "e+",
    "'",
    "00 ",
    "<",
    "=",
)


def module_of(path):
    package = next(package for package in PACKAGES if package in path.parents or package == path)
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")


def used_patterns():
    """Return every pattern with the method that is called: constants of modules, and literals where they stand."""
    methods, constants, found = {}, {}, {}
    for path in sorted(
        one for package in PACKAGES for one in package.rglob("*.py") if one.name != "__main__.py"
    ):
        text = path.read_text(encoding="utf-8")
        if "re.compile" not in text and not CALLED.search(text):
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                methods.setdefault(node.value.id, set()).add(node.attr)
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            literal = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            called_on_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if called_on_re and node.func.attr in METHODS and isinstance(literal, str | bytes):
                found[literal, 0, node.func.attr] = f"{path.name} line {node.lineno}"
        for node in tree.body if "re.compile" in text else ():
            if isinstance(node, ast.Assign | ast.AnnAssign) and "re.compile" in ast.unparse(node):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                constants.update(
                    {
                        (module_of(path), target.id): target.id
                        for target in targets
                        if isinstance(target, ast.Name)
                    }
                )
    for (module, name), _ in constants.items():
        held = getattr(importlib.import_module(module), name)
        for pattern in (
            held.values() if isinstance(held, dict) else held if isinstance(held, tuple | list) else (held,)
        ):
            if isinstance(pattern, re.Pattern):
                for method in sorted(methods.get(name, METHODS)):
                    found[pattern.pattern, pattern.flags, method] = f"{module}.{name}"
    return [
        pytest.param(re.compile(text, flags), method, id=f"{place} {method}")
        for (text, flags, method), place in found.items()
    ]


def hostile(pattern):
    """Yield long texts of what the pattern itself names, with ends that it can't match."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    letters = "".join(sorted(set(source) - set(r"\[](){}|*+?^$")))
    units = {*USUAL, *letters, *re.findall(r"[A-Za-z]+", source)}
    for unit in sorted(units):
        for start, end in (("", ""), ("", "!\x00"), ("1", "\x00"), ("a", "\x00"), ("400", "x")):
            yield start + unit * (LENGTH // len(unit)) + end


@pytest.mark.parametrize(("pattern", "method"), used_patterns())
def test_a_pattern_is_as_fast_as_a_text_is_long(pattern, method):
    ask = {
        "sub": lambda text: pattern.sub(lambda found: found.group()[:1], text),
        "finditer": lambda text: list(pattern.finditer(text)),
    }.get(method, getattr(pattern, method))
    slow = {}
    for text in hostile(pattern):
        subject = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
        if method == "sub" and isinstance(subject, bytes):
            ask = pattern.search
        seconds = math.inf
        for _ in range(3):  # a busy machine may be slow once
            if seconds > SECONDS:
                began = time.process_time()
                ask(subject)
                seconds = time.process_time() - began
        if seconds > SECONDS:
            slow[text[:12]] = round(seconds, 2)
            break
    assert not slow


def test_the_patterns_are_found():
    places = [param.id for param in used_patterns()]
    assert len(places) > 40
    assert any("header.WAVENUMBER fullmatch" in place for place in places)
