"""What the site is made of besides the pages: the reference, every command's help, and documents of the top level."""

import re
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from spectra_dl import _HOME
from spectra_dl_cli.main import cli

_ROOT = Path(__file__).resolve().parents[1]
_TOP_LEVEL = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_ROOMS = ("spectra", "expression", "tissue")
_TITLES = {
    "spectra": "Spectra",
    "expression": "Expression",
    "tissue": "Tissue images",
    "evaluation": "Evaluation, training, models and errors",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {**_reference(), "reference/commands.md": _commands()}
    for name, page in _TOP_LEVEL.items():
        made[page] = (_ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Point links to documents of the top level to their pages."""
    for name, page in _TOP_LEVEL.items():
        markdown = markdown.replace(f"](../{name}", f"]({page}")
    return markdown


def _reference() -> dict[str, str]:
    """Return a page for each room, with every public name that stands in it."""
    names: dict[str, list[str]] = {room: [] for room in _TITLES}
    for name, home in _HOME.items():
        room = home.partition(".")[0]
        names[room if room in _ROOMS else "evaluation"].append(f"spectra_dl.{home}.{name}")
    return {
        f"reference/{room}.md": f"# {title}\n\n`import spectra_dl as sdl` has each of these names.\n\n"
        + "\n\n".join(f"::: {path}" for path in names[room])
        for room, title in _TITLES.items()
    }


def _commands() -> str:
    """Return the help of every command, as it is printed."""
    sections = ["# Every command", "What `--help` prints."]
    for words, command in _walk(cli, ["spectra-dl"]):
        context = click.Context(command, info_name=" ".join(words), max_content_width=100, terminal_width=100)
        text = re.sub(r"\s+$", "", command.get_help(context), flags=re.MULTILINE)
        sections.append(f"## {' '.join(words)}\n\n```text\n{text}\n```")
    return "\n\n".join(sections)


def _walk(group: click.Group, words: list[str]) -> list[tuple[list[str], click.Command]]:
    """Return the commands below a group, each with the words that name it."""
    found: list[tuple[list[str], click.Command]] = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            found += _walk(command, [*words, name])
        elif command is not None:
            found.append(([*words, name], command))
    return found
