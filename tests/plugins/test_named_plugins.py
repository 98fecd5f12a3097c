"""Names of plugins where users and model files give them: refused in a sentence, and recorded with their versions."""

import sys

import click
import pytest
from pydantic import ValidationError

from command_line import run
from spectra_dl.errors import UsageError
from spectra_dl.plugins import NeededPlugin, named_plugins, permitted_plugins
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.input_part import NetworkDescription
from spectra_dl_cli.commands.evaluate_spectra import evaluate_spectra
from spectra_dl_cli.execution_options import run_identity
from spectra_dl_cli.model_options import TrainedModel


@pytest.mark.parametrize("name", ["lab-net", "plugin:Lab", "plugin:a b"])
def test_an_impossible_name_is_refused_before_anything_is_read(name):
    refused = run("predict", "gone.csv", "--plugin", name, code=2).stderr
    assert f"--plugin {name}: a plugin is named plugin:NAME" in refused


def test_only_networks_are_trained_as_a_model_file(with_template):
    option = TrainedModel(CLASS_MODELS.stored)
    assert option.convert("plugin:lab-net", None, None) == "plugin:lab-net"
    with pytest.raises(click.BadParameter, match="plugin:lab-ridge is installed as one of models, and only"):
        option.convert("plugin:lab-ridge", None, None)


def test_all_are_refused_before_any_is_imported(with_template):
    needed = [NeededPlugin("networks", "plugin:lab-net", "x"), NeededPlugin("steps", "plugin:lab-clip", "x")]
    with pytest.raises(UsageError, match="needs plugin:lab-clip"):
        permitted_plugins(needed, ["plugin:lab-net"])
    with pytest.raises(UsageError, match="which is not installed"):
        permitted_plugins(
            [needed[0], NeededPlugin("steps", "plugin:gone", "x")], ["plugin:lab-net", "plugin:gone"]
        )
    assert "lab_plugins.network" not in sys.modules


@pytest.mark.parametrize("package", ["a\nWrote results", "a\x1b[2J", "", "a" * 201])
def test_a_package_in_a_model_file_is_a_name_with_a_version(package):
    about = {"name": "plugin:lab-net", "n_wavenumbers": 100, "n_classes": 2, "members": 2}
    assert NetworkDescription(**about, package="lab-plugins 1!0.1.0+cpu").package
    with pytest.raises(ValidationError):
        NetworkDescription(**about, package=package)


def test_the_packages_of_plugins_among_options(with_template):
    named = named_plugins([3, None, ("plugin:lab-net", "svm"), "plugin:lab-ridge", "plugin:gone"])
    assert named == {
        "plugin:gone": "no installed package",
        "plugin:lab-net": "lab-plugins 0.1.0",
        "plugin:lab-ridge": "lab-plugins 0.1.0",
    }


def test_a_run_goes_on_with_the_same_version_of_its_plugins_alone(with_template, repository):
    data, models = repository / "datasets" / "demo" / "spectra.csv", "plugin:lab-net,svm"
    words = [str(data), "--label", "label", "--models", models, "--step", "plugin:lab-clip"]
    with evaluate_spectra.make_context("spectra", words) as context:
        identity = run_identity(context, {"inputs": []})
    assert {name: text for name, text in identity.items() if name.startswith("plugin:")} == {
        "plugin:lab-clip": "lab-plugins 0.1.0",
        "plugin:lab-net": "lab-plugins 0.1.0",
    }
