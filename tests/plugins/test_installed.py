"""Plugins are listed without being imported, and imported when they are named."""

import sys
from dataclasses import replace

import pytest

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.plugins import (
    NeededPlugin,
    imported_plugin,
    installed_plugins,
    is_plugin_name,
    kinds_of,
    load_plugin,
    permitted_plugins,
)

NETWORK = NeededPlugin("networks", "plugin:lab-net", "lab-plugins 0.1.0")


@pytest.mark.parametrize(
    "name",
    ["compact", "plugin:", "plugin:Lab", "plugin:a b", "plugin:../x", "plugin:" + "a" * 41, "plugin:-a"],
)
def test_what_no_plugin_can_be_called(name):
    assert not is_plugin_name(name)


def test_all_kinds_are_listed_and_none_is_imported(with_template):
    listed = [
        (plugin.kind, plugin.name) for plugin in installed_plugins() if plugin.distribution == "lab-plugins"
    ]
    assert listed == [
        ("readers", "plugin:lab-text"),
        ("steps", "plugin:lab-clip"),
        ("networks", "plugin:lab-net"),
        ("encoders", "plugin:lab-colours"),
        ("models", "plugin:lab-ridge"),
    ]
    assert kinds_of("plugin:lab-net") == ("networks",)
    assert imported_plugin("networks", "plugin:lab-net") is None
    assert not any(name.startswith("lab_plugins") for name in sys.modules)
    assert load_plugin("networks", "plugin:lab-net").__name__ == "LabNet"
    assert imported_plugin("networks", "plugin:lab-net").__name__ == "LabNet"


def test_a_plugin_of_another_kind_is_not_found(with_template):
    with pytest.raises(UsageError, match="plugin:lab-net: no installed package brings steps of that name"):
        load_plugin("steps", "plugin:lab-net")


def declare(folder, package, value):
    """Write what a package that is installed declares."""
    about = folder / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[spectra_dl.networks]\nodd = {value}\n")


def test_a_package_that_can_not_be_imported_is_named(tmp_path, monkeypatch):
    declare(tmp_path, "broken", "no_such_module:Net")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentFault, match=r"plugin:odd: broken can't be imported \(ModuleNotFoundError"):
        load_plugin("networks", "plugin:odd")


def test_two_packages_with_one_name_are_refused(tmp_path, monkeypatch):
    for package in ("first", "second"):
        declare(tmp_path, package, "json:loads")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="first and second both bring networks"):
        load_plugin("networks", "plugin:odd")


def test_a_model_gets_a_plugin_only_from_who_names_it(with_template):
    with pytest.raises(
        UsageError, match=r"needs plugin:lab-net of lab-plugins 0\.1\.0, .* say --plugin plugin:lab-net"
    ):
        permitted_plugins([NETWORK], ())
    assert "lab_plugins.network" not in sys.modules
    assert permitted_plugins([NETWORK], ["plugin:lab-net"]) == ()
    assert "lab_plugins.network" in sys.modules


def test_another_version_is_said_and_a_missing_package_refused(with_template):
    (note,) = permitted_plugins([replace(NETWORK, package="lab-plugins 0.0.9")], ["plugin:lab-net"])
    assert note == "plugin:lab-net is of lab-plugins 0.1.0 here, and was of lab-plugins 0.0.9 at training"
    with pytest.raises(UsageError, match="which is not installed; install that package"):
        permitted_plugins([replace(NETWORK, name="plugin:gone")], ["plugin:gone"])
