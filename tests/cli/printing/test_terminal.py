"""What a person sees at a terminal, and what a file gets."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from command_line import on_a_terminal, run, subcommands
from spectra_dl_cli.main import cli
from spectra_dl_cli.printing.help import EXAMPLES, GROUPS
from spectra_dl_cli.printing.terminal import coloured, drawn_table
from spectra_dl_cli.printing.text import visible_json

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def all_commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """Return every command that does something, by its words."""
    found: dict[str, click.Command] = {}
    for name, command in subcommands(group).items():
        here = (*path, name)
        found |= (
            all_commands(command, here) if isinstance(command, click.Group) else {" ".join(here): command}
        )
    return found


COMMANDS = all_commands(cli)


@pytest.fixture(scope="module")
def demo(repository: Path) -> Path:
    return repository / "datasets" / "demo" / "spectra.csv"


def test_a_terminal_shows_a_table_with_lines_in_its_width(demo: Path) -> None:
    shown = on_a_terminal("predict", demo, width=70)
    plain = ESCAPE.sub("", shown)
    table = [line for line in plain.splitlines() if line[:1] in "╭│├╰" and line]
    assert table[0].startswith("╭")
    assert table[-1].startswith("╰")
    assert {len(line) for line in table} == {len(table[0])}
    assert len(table[0]) <= 70
    assert "\x1b[33mabstains\x1b[0m" in shown
    assert "│ SIM-05  │ 3/3" in plain


def test_a_file_gets_plain_text(demo: Path) -> None:
    printed = run("predict", demo).stdout
    assert "\x1b" not in printed
    assert "│" not in printed


def test_colours_can_be_turned_off(demo: Path) -> None:
    assert "\x1b[33m" not in on_a_terminal("predict", demo, NO_COLOR="1")


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "{demo}", "--label", "label", "--json", "--quiet"),
        ("predict", "{demo}", "--json"),
        ("model", "show", "--json"),
        ("data", "show", "covid_saliva", "--json"),
    ],
    ids=" ".join,
)
def test_json_is_plain_json_on_a_terminal_too(demo: Path, words: tuple[str, ...]) -> None:
    shown = on_a_terminal(*(word.format(demo=demo) for word in words))
    start = shown.index("{\n")  # what was said on the way there is on the same terminal
    assert "\x1b" not in shown[start:]
    assert isinstance(json.loads(shown[start:]), dict)


def test_hidden_characters_are_json_s_own_escapes() -> None:
    hidden = {"a": "\x7f\x1b[31m\u202e\xad\U000e0001 refused"}
    text = visible_json(json.dumps(hidden, ensure_ascii=False))
    assert text.isprintable()
    assert json.loads(text) == hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("> STOP. CONFOUNDED: x", "> \x1b[31m\x1b[1mSTOP.\x1b[0m \x1b[31m\x1b[1mCONFOUNDED\x1b[0m: x"),
        ("Audit: STOP. y", "Audit: \x1b[31m\x1b[1mSTOP.\x1b[0m y"),
        ("Error: z", "\x1b[31m\x1b[1mError:\x1b[0m z"),
        ("2 refused", "2 \x1b[33mrefused\x1b[0m"),
        ("unrefused STOPPED an Error: here", "unrefused STOPPED an Error: here"),
    ],
)
def test_words_that_must_not_be_missed_are_coloured(
    text: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured(text) == shown


def test_cells_are_text_and_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    drawn = drawn_table(["id", "n"], ["[red]x[/red]", "1"], ["a" * 40, "23"])
    assert "".join(re.findall(r"│ (\S*)", drawn)[2:]).startswith("[red]x[/red]")
    assert drawn.count("a") == 40
    assert max(map(len, drawn.splitlines())) <= 24


def test_every_option_stands_in_one_group() -> None:
    named = [name for names in GROUPS.values() for name in names.split()]
    assert len(named) == len(set(named))
    own = {
        "baseline": {"compare", "n_spectra"},
        "ceiling": {"top"},
        "tiles": {"pixels"},
        "data fetch": {"source"},
    }
    own["plan"] = {"auc", "prevalence", "patients", "parameters"}
    own["serve"] = {"port", "no_browser"}
    own["simulate"] = {"patients", "spectra_per_patient", "distance", "hazard_ratio", "fluorescence"}
    own["simulate"] |= {
        "slides",
        "tiles",
        "fusion",
        "missing",
        "instruments",
        "explained",
        "signal",
        "best_auc",
    }
    own["transfer"] = {"method"}
    for path, command in COMMANDS.items():
        options = {option.name for option in command.params if isinstance(option, click.Option)}
        assert options - set(named) == own.get(path, set()), path
    assert set(named) <= {option.name for command in COMMANDS.values() for option in command.params}


@pytest.mark.parametrize("path", COMMANDS)
def test_help_has_groups_and_an_example_on_a_line(path: str) -> None:
    shown = run(*path.split(), "--help").stdout
    assert shown.endswith(f"\nExample:\n  {EXAMPLES[path]}\n")
    assert "..." not in shown.replace("...\n", "").replace("]...", "").splitlines()[-1]
    assert "--group-by" not in shown


def test_summaries_of_commands_are_whole() -> None:
    shown = run("--help").stdout.partition("Commands:")[2]
    for name, command in subcommands(cli).items():
        summary = " ".join(shown[shown.index(f"\n  {name} ") :].split()).removeprefix(f"{name} ")
        assert summary.startswith(" ".join((command.help or "").split("\n\n")[0].split())), name


def test_without_a_command_it_says_what_people_do_first(demo: Path) -> None:
    shown = run().stdout
    assert len(re.findall(r"^    spectra-dl ", shown, flags=re.MULTILINE)) == 3
    assert f"    {EXAMPLES['predict']}\n" in shown


# Those that train, serve or take a trained model run in tests of their own; fetching needs the network.
QUICK = [path for path in COMMANDS if path.split()[0] not in ("train", "evaluate", "audit", "score", "crate", "serve", "unlock") and path not in ("data fetch", "data audit", "model export")]  # fmt: skip


@pytest.mark.parametrize("path", QUICK)
def test_the_example_runs_on_what_ships(path: str, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "datasets").symlink_to(repository / "datasets")
    words = shlex.split(EXAMPLES[path])[1:]
    assert run(*words, folder=tmp_path).stdout


def test_the_examples_that_build_on_one_another_run(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "datasets").symlink_to(repository / "datasets")
    for path in ("predict", "score", "audit", "train spectra", "evaluate spectra", "crate"):
        assert run(*shlex.split(EXAMPLES[path])[1:], folder=tmp_path).stdout


def test_the_examples_of_a_locked_study_run(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "datasets").symlink_to(repository / "datasets")
    evaluation = f"{EXAMPLES['evaluate spectra'].partition(' --label')[0]} --protocol protocol.json"
    for words in (EXAMPLES["lock"], evaluation, EXAMPLES["unlock"]):
        assert run(*shlex.split(words)[1:], folder=tmp_path).stdout


def test_the_old_name_of_an_option_is_still_taken(demo: Path) -> None:
    assert (
        run("predict", demo, "--group-by", "patient_id").stdout
        == run("predict", demo, "--patient", "patient_id").stdout
    )


def test_the_shell_can_complete_words() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from spectra_dl_cli.main import cli; cli(prog_name='spectra-dl')"],
        env={
            **os.environ,
            "_SPECTRA_DL_COMPLETE": "bash_complete",
            "COMP_WORDS": "spectra-dl pre",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["plain,predict", "plain,preprocess"]
