"""Options that belong together reach a command as one value."""

import json
import subprocess
import sys
from dataclasses import dataclass

import click
import pytest
import torch
from click.testing import CliRunner

from command_line import subcommands
from spectra_dl.errors import UsageError
from spectra_dl_cli.main import cli
from spectra_dl_cli.options import bundled


@dataclass(frozen=True)
class Pair:
    first: int
    second: int = 7


def called(*words):
    """What a command with an option of `Pair` and one beside it is given."""
    received = {}

    @click.command()
    @click.option("--first", type=int, default=1)
    @click.option("--third", default="c")
    @bundled("pair", Pair)
    def command(**options):
        received.update(options)

    assert CliRunner().invoke(command, words).exit_code == 0
    return received


@pytest.mark.parametrize(("words", "first"), [((), 1), (("--first", "5"), 5)])
def test_a_bundle_takes_its_options_and_leaves_the_others(words, first):
    assert called(*words) == {"pair": Pair(first), "third": "c"}


def all_commands(group):
    """Yield every command that does something."""
    for command in subcommands(group).values():
        yield from all_commands(command) if isinstance(command, click.Group) else [command]


def test_no_option_of_a_command_is_lost_or_twice():
    for command in all_commands(cli):
        names = [option.name for option in command.params]
        spellings = [word for option in command.params for word in option.opts]
        assert len(set(names)) == len(names), command.name
        assert len(set(spellings)) == len(spellings), command.name


def test_the_library_itself_starts_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "spectra_dl", "data", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {each["id"] for each in json.loads(done.stdout)["datasets"]} >= {"covid_serum"}


COMPUTING = {
    "predict": ("predict", "spectra.csv"),
    "train spectra": ("train", "spectra", "spectra.csv", "--out", "run"),
    "evaluate spectra": ("evaluate", "spectra", "spectra.csv", "--out", "run"),
    "train expression": ("train", "expression", "sections.csv", "--out", "run"),
    "evaluate expression": ("evaluate", "expression", "sections.csv", "--out", "run"),
    "tiles": ("tiles", "sections.csv", "--store", "store"),
}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("words", COMPUTING.values(), ids=COMPUTING)
def test_every_command_that_computes_refuses_a_gpu_that_is_not_there(words):
    failure = CliRunner().invoke(cli, [*words, "--device", "cuda:0"]).exception
    assert isinstance(failure, UsageError)
    assert "'cuda:0' was asked for and this machine has no usable GPU" in str(failure)


def test_a_device_that_is_none_is_refused_with_what_there_is():
    result = CliRunner().invoke(cli, ["predict", "spectra.csv", "--device", "tpu"])
    assert result.exit_code == 2
    assert "give auto, cpu, cuda or cuda:N" in result.output


def test_a_report_says_that_fewer_digits_were_allowed(repository, tmp_path):
    demo = str(repository / "datasets" / "demo" / "spectra.csv")
    words = ["predict", demo, "--device", "cpu", "--out"]
    for name, fast in (("exact", []), ("fast", ["--fast"])):
        assert CliRunner().invoke(cli, [*words, str(tmp_path / name), *fast]).exit_code == 0
    exact, fast = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("exact", "fast"))
    assert "fast" not in exact
    assert fast["fast"] is True
