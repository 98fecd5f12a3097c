"""spectra-dl crate: a run folder with what repositories ask of it."""

import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.errors import UsageError
from spectra_dl_cli.options import bundled
from spectra_dl_cli.output import overwrite_option, say
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.storage.ro_crate import Publication

_ORCID = re.compile(r"(?:https://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])\Z")
_LICENCE = re.compile(r"[A-Za-z0-9.+-]+\Z")


def _publication(
    licence: str, date: str, name: str, description: str, authors: tuple[str, ...]
) -> "Publication":
    from spectra_dl.storage.ro_crate import Publication

    named = tuple(_author(each) for each in authors)
    orcids = [orcid for _, orcid in named if orcid]
    if len(set(orcids)) < len(orcids):
        raise UsageError("--author: two authors have the same ORCID; give each one's own")
    return Publication(_address(licence), _day(date), name, description, named)


def _address(licence: str) -> str:
    if licence.startswith("https://") and licence.isprintable() and " " not in licence:
        return licence
    if _LICENCE.match(licence):
        return f"https://spdx.org/licenses/{licence}"
    raise UsageError(
        f"--license {licence!r:.80} is neither an SPDX identifier such as CC-BY-4.0 nor an https address"
    )


def _day(date: str) -> str:
    try:
        return datetime.date.fromisoformat(date).isoformat()
    except ValueError:
        raise UsageError(f"--date {date!r:.80} is no day; write it as 2026-12-31") from None


def _author(given: str) -> tuple[str, str | None]:
    name, equals, orcid = given.partition("=")
    if not name.strip():
        raise UsageError(f"--author {given!r:.80} has no name; write it as NAME or NAME=ORCID")
    if not equals:
        return name.strip(), None
    match = _ORCID.match(orcid.strip())
    if match is None or not _checks(match[1]):
        raise UsageError(
            f"--author {given!r:.80}: what follows = is no ORCID; copy it whole, as 0000-0002-1825-0097: its last sign is a check of the others"
        )
    return name.strip(), f"https://orcid.org/{match[1]}"


def _checks(orcid: str) -> bool:
    """Return whether the last sign is that of the others, by ISO 7064 MOD 11-2."""
    digits = orcid.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = 2 * (total + int(digit))
    return "0123456789X"[(12 - total % 11) % 11] == digits[-1]


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path, readable=False), metavar="RUN")
@click.option(
    "--license",
    "licence",
    required=True,
    metavar="ID",
    help="Of the folder's files: an SPDX identifier (CC-BY-4.0) or an address.",
)
@click.option("--date", required=True, metavar="DAY", help="Of publication, as 2026-12-31.")
@click.option("--name", default="", metavar="TEXT", help="A title; the command's name without it.")
@click.option("--description", default="", metavar="TEXT", help="One or two sentences.")
@click.option(
    "--author", "authors", multiple=True, metavar="NAME[=ORCID]", help="Who ran it; may be repeated."
)
@overwrite_option
@bundled("publication", _publication)
def crate(folder: Path, publication: "Publication", overwrite: bool) -> None:
    """Describe the folder of a run as an RO-Crate: each file, and the command, software and inputs behind it.

    What stands in ro-crate-metadata.json is read by repositories of research data. Inputs are named by their SHA-256 and stay where they are.
    """
    from spectra_dl.storage.atomic import write_text
    from spectra_dl.storage.ro_crate import crate_text
    from spectra_dl.storage.run_folder import CRATE_NAME

    path = folder / CRATE_NAME
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is already there; --overwrite writes it anew")
    write_text(path, crate_text(folder, publication))
    say(f"Wrote {path}. Research use only, not for diagnosis.")
