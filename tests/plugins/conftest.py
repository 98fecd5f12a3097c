"""The template of a package of plugins, built and installed beside the environment, as a lab would."""

import importlib
import os
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def template(repository, tmp_path_factory):
    """The folder in which the template's wheel is installed."""
    folder = tmp_path_factory.mktemp("template")
    source = shutil.copytree(repository / "docs" / "plugin_template", folder / "source")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("lab_plugins-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", folder / "site", wheel], check=True)
    return folder / "site"


@pytest.fixture
def with_template(template, monkeypatch):
    """This process, in which the template is installed."""
    monkeypatch.syspath_prepend(template)
    importlib.invalidate_caches()
    yield template
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab_plugins"]:
        del sys.modules[name]


@pytest.fixture
def environment(template):
    """The environment of a process in which the template is installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(template), *sys.path])}
