"""How datasets are shown to a person."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl_cli.output import table_text

if TYPE_CHECKING:
    from spectra_dl_datasets.card import DatasetCard
    from spectra_dl_datasets.files import CheckedFile

_WIDTH, _INDENT = 100, 14
_MOST_LISTED = 20


def list_text(cards: "Sequence[DatasetCard]", here: Sequence[bool], home: Path) -> str:
    """Return the table of all sets.

    Parameters
    ----------
    cards
        Of the sets.
    here
        Whether each set's files are there.
    home
        The folder below which they lie.
    """
    rows = [_row(card, there) for card, there in zip(cards, here, strict=True)]
    header = ["name", "task", "specimen", "patients", "spectra", "sections", "traps", "files"]
    return "\n".join(
        [
            table_text(header, rows),
            "",
            f"Files lie below {home} (set SPECTRA_DL_DATA to move them). files: here, pinned (spectra-dl data fetch NAME downloads it),",
            "copy (fetch NAME --from DIR takes a copy), by hand (never seen here), generated. traps: known confounds, -: none recorded.",
        ]
    )


def _row(card: "DatasetCard", here: bool) -> list[str]:
    counts = (card.patients, card.spectra, card.sections)
    traps = str(len(card.confounds) or "-")
    return [card.id, card.task, card.specimen[:24], *map(_count, counts), traps, _where(card, here)]


def card_text(card: "DatasetCard", *, here: bool, folder: Path) -> str:
    """Return all that is known of a set, licence and confounds first.

    Parameters
    ----------
    card
        Of the set.
    here
        Whether its files are there.
    folder
        Where they lie, or would lie.
    """
    lines = [
        f"{card.id}: {card.title}",
        "",
        *_field("Licence", card.licence),
        *_field("Use", card.allowed_use),
        "",
    ]
    lines += _confounds(card)
    lines += [*_facts(card), *_classes(card)]
    lines += [
        "",
        *_field("Citation", card.citation),
        *_field("Address", card.address),
        *_field("Version", card.version),
    ]
    known = f"{len(card.known_files)} with SHA-256" if card.known_files else str(card.files)
    lines += [
        *_field("Files", f"{known}; {_where(card, here)}; folder {folder}"),
        *_field("Layout", card.layout),
        *(_field("Command", card.command) if card.command else []),
    ]
    if card.published:
        lines += ["", "Published by others, under their own split"]
        rows = [[score.model, score.metric, f"{score.value:.3f}", score.source] for score in card.published]
        lines += [
            f"  {line}" for line in table_text(["model", "metric", "value", "source"], rows).splitlines()
        ]
        lines += _wrapped(f"Split: {'; '.join(sorted({score.split for score in card.published}))}", "  ")
    return "\n".join(lines)


def check_text(card: "DatasetCard", checked: "Sequence[CheckedFile]", folder: Path) -> str:
    """Return how a folder's files compare with a card.

    Parameters
    ----------
    card
        Of the set.
    checked
        Its files and how each compares.
    folder
        Where they lie.
    """
    wrong = [file for file in checked if file.state != "ok"]
    lines = [
        f"{folder}: {card.id}, {len(checked) - len(wrong)} of {len(checked)} files are what they were (SHA-256)."
    ]
    lines += [f"  {file.state:8}{file.file.path}" for file in wrong[:_MOST_LISTED]]
    if len(wrong) > _MOST_LISTED:
        lines.append(f"  and {len(wrong) - _MOST_LISTED} more")
    return "\n".join(lines)


def _confounds(card: "DatasetCard") -> list[str]:
    if not card.confounds:
        return [
            *_field(
                "Known traps", "none recorded, which is not the same as none; spectra-dl audit looks for them"
            ),
            "",
        ]
    lines = [f"Known traps ({len(card.confounds)})"]
    for confound in card.confounds:
        lines += _wrapped(f"- {confound.finding}: {confound.figure}", "  ", "    ")
        lines += _wrapped(f"measured by: {confound.measured}", "    ")
    return [*lines, ""]


def _facts(card: "DatasetCard") -> list[str]:
    counts = {"patients": card.patients, "spectra": card.spectra, "sections": card.sections}
    listed = ", ".join(f"{name} {value}" for name, value in counts.items() if value != "not applicable")
    facts = {
        "What": f"{card.modality}, {card.task}; {card.specimen}",
        "Counts": listed or "not applicable",
        "Grouping": f"{card.grouping.kind}: {card.grouping.rule}",
        "Instrument": f"{card.instrument}; laser {card.laser}"
        if card.modality == "Raman"
        else card.instrument,
        "Axis": card.axis,
        "Split": card.split,
        "Reading": card.reading,
    }
    return [
        line for name, value in facts.items() if value != "not applicable" for line in _field(name, value)
    ]


def _classes(card: "DatasetCard") -> list[str]:
    if isinstance(card.classes, str):
        return _field("Classes", card.classes)
    what = "spectra" if card.modality == "Raman" else "tiles"
    return _field(
        "Classes",
        "; ".join(
            f"{group.name}: {_count(group.patients)} patients, {group.items} {what}" for group in card.classes
        ),
    )


def _where(card: "DatasetCard", here: bool) -> str:
    if card.files == "generated":
        return "generated"
    if here:
        return "here"
    if not card.known_files:
        return "by hand"
    return "pinned" if all(file.address for file in card.known_files) else "copy"


def _count(value: object) -> str:
    return {"unknown": "?", "not applicable": "-"}.get(str(value), str(value))


def _field(name: str, value: str) -> list[str]:
    return _wrapped(value, f"{name:{_INDENT}}", " " * _INDENT)


def _wrapped(text: str, first: str, later: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )
