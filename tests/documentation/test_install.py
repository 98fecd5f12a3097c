"""What installs the package elsewhere fits pyproject.toml and the README; no builder is needed to see that."""

import json
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

INSTRUCTIONS = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"}


@pytest.fixture(scope="module")
def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pinned(repository):
    """Version by name."""
    text = (repository / "docs" / "install" / "constraints.txt").read_text(encoding="utf-8")
    lines = [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]
    assert all([one.operator for one in line.specifier] == ["=="] for line in lines)
    assert len({line.name for line in lines}) == len(lines)
    return {line.name.lower(): next(iter(line.specifier)).version for line in lines}


@pytest.fixture(scope="module")
def instructions(repository):
    """The instructions of the Dockerfile with what follows each."""
    text = (repository / "docs" / "install" / "Dockerfile").read_text(encoding="utf-8")
    return [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]


def declared(project):
    return re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))


def test_the_constraints_name_every_core_dependency_in_a_version_it_may_have(project, pinned):
    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pinned[wanted.name.lower()]), text


def test_the_dockerfile_installs_as_the_readme_says_and_runs_without_rights(
    repository, project, instructions
):
    assert {kind for kind, _ in instructions} <= INSTRUCTIONS
    (base,) = (rest for kind, rest in instructions if kind == "FROM")
    assert re.fullmatch(r"python:(3\.\d+)-slim-\w+", base)[1] in declared(project)
    sources = [rest.split()[:-1] for kind, rest in instructions if kind == "COPY"]
    assert all((repository / source).exists() for each in sources for source in each)
    installed = next(rest for kind, rest in instructions if kind == "RUN" and "pip install" in rest)
    assert installed.replace("--constraint docs/install/constraints.txt ", "") == "pip install ."
    assert "pip install . && spectra-dl" in (repository / "README.md").read_text(encoding="utf-8")
    *_, user = (rest for kind, rest in instructions if kind == "USER")
    assert user != "root"
    (entry,) = (json.loads(rest) for kind, rest in instructions if kind == "ENTRYPOINT")
    assert entry[0] in project["scripts"]


def test_what_is_copied_into_the_image_is_all_that_the_wheel_is_built_from(repository, instructions):
    build = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
        "build"
    ]
    copied = {source for kind, rest in instructions if kind == "COPY" for source in rest.split()[:-1]}
    wheel = build["targets"]["wheel"]
    assert {path.split("/")[0] for path in (*wheel["packages"], *wheel["force-include"])} <= copied
    assert {"pyproject.toml", "README.md", "LICENSE"} <= copied


def test_the_conda_environment_takes_a_declared_python_and_the_same_constraints(repository, project):
    folder = repository / "docs" / "install"
    environment = yaml.safe_load((folder / "environment.yml").read_text(encoding="utf-8"))
    assert set(environment) == {"name", "channels", "dependencies"}
    python, _, through_pip = environment["dependencies"]
    assert python.removeprefix("python=") in declared(project)
    assert "--constraint constraints.txt" in through_pip["pip"]
    assert (folder / through_pip["pip"][-1]).resolve() == repository


def test_every_extra_for_users_stands_on_the_page(repository, project):
    page = (repository / "docs" / "install" / "install.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"'\.\[(\w+)\]'", page))
    assert shown == set(project["optional-dependencies"]) - {"dev", "docs"}
