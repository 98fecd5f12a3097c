"""spectra-dl plugins: what other packages bring."""

from dataclasses import asdict

import click

from spectra_dl_cli.output import json_option, say, say_json, table_text
from spectra_dl_cli.printing.help import Command


@click.command(cls=Command)
@json_option
def plugins(as_json: bool) -> None:
    """List what other packages bring: readers, steps, networks, encoders and models.

    Nothing of them is imported before it is named, as plugin:NAME.
    """
    from spectra_dl.plugins import GROUPS, installed_plugins

    found = installed_plugins()
    if as_json:
        say_json({"plugins": [asdict(plugin) for plugin in found]})
        return
    if not found:
        say(f"No installed package brings {', '.join(GROUPS)}.")
        return
    rows = [(plugin.kind, plugin.name, f"{plugin.distribution} {plugin.version}") for plugin in found]
    say(table_text(("kind", "name", "package"), rows))
