"""From the fields of a section's page to the words of a command."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from spectra_dl_cli.web.drops import Drop
from spectra_dl_cli.web.form import new_folder, said_of
from spectra_dl_cli.web.refusal import Refusal

FIELDS = ("section", "model", "image", "mpp")
KINDS = {"predict": "results"}
_MODEL = ".safetensors"
_IMAGES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".svs", ".ndpi")
WHOLE = (".h5ad", ".h5", ".zarr")
# How tables of where spots lie are called; the reader finds them by the name of the counts.
_PLACES = ("_selection.tsv", "_coord.csv", ".spots.txt")
_PLACES_FIRST = ("spots_", "alignment_table_")


def sections(drop: Drop) -> list[str]:
    """Return what was dropped that may be a section, the likeliest first: a folder or one file that holds all, counts, an image.

    Parameters
    ----------
    drop
        Whose files they are.
    """

    def rank(name: str) -> int:
        low = name.casefold()
        if low.endswith(_IMAGES):
            return 2
        return 0 if low.endswith(WHOLE) or name not in drop.files else 1

    may_be = [name for name in drop.inputs if not _is_beside(name.casefold())]
    return sorted(may_be, key=rank)


def models(drop: Drop) -> list[str]:
    """Return the model files that were dropped."""
    return [name for name in drop.files if name.casefold().endswith(_MODEL)]


def images(drop: Drop) -> list[str]:
    """Return the images that were dropped."""
    return [name for name in drop.files if name.casefold().endswith(_IMAGES)]


def guessed(drop: Drop) -> dict[str, str]:
    """Return which of the files are the section and the model."""
    found = {"section": sections(drop)[:1], "model": models(drop)[:1]}
    return {name: files[0] for name, files in found.items() if files}


def chosen(drop: Drop, fields: Mapping[str, str]) -> dict[str, str]:
    """Return what the person said, checked as far as a page must.

    Parameters
    ----------
    drop
        Whose files they are.
    fields
        Of the form.

    Raises
    ------
    Refusal
        A field names a file that was not dropped, or no number where one is needed.
    """
    said = said_of(fields, FIELDS)
    offered: dict[str, Sequence[str]] = {
        "section": sections(drop),
        "model": models(drop),
        "image": images(drop),
    }
    for name, files in offered.items():
        if name in said and said[name] not in files:
            raise Refusal(400, f"the {name} is not one of the dropped files; choose one of the list")
    try:
        float(said.get("mpp", "1"))
    except ValueError as err:
        raise Refusal(400, f"µm per pixel: {said['mpp']!r:.40} is no number; give one such as 0.5") from err
    return {**{name: file for name, file in guessed(drop).items() if name == "section"}, **said}


def reading_words(drop: Drop) -> list[str]:
    """Return the words that read the section as the person said.

    Raises
    ------
    Refusal
        Nothing that was dropped may be a section.
    """
    return [*_section(drop), f"--into={drop.notes}"]


def command_words(drop: Drop, kind: str, model: Path | None) -> list[str]:
    """Return the words of a command, which runs in the folder of the files as it would in the person's own.

    Parameters
    ----------
    drop
        Whose files they are.
    kind
        One of `KINDS`.
    model
        The model file that the server was started with; that which was dropped goes before it.

    Raises
    ------
    Refusal
        There is no model.
    """
    used = drop.choices.get("model") or model
    if not used:
        raise Refusal(
            409, "no model of expression is here; drop its model.safetensors together with the section"
        )
    return ["predict", *_section(drop), f"--model={used}", f"--out={new_folder(drop, KINDS[kind])}"]


def _section(drop: Drop) -> list[str]:
    if "section" not in drop.choices:
        raise Refusal(
            400,
            "no section of tissue is among these files; drop an .h5ad, a counts table with its spot file and image, or an image",
        )
    options = [f"--{name}={drop.choices[name]}" for name in ("image", "mpp") if name in drop.choices]
    return [drop.choices["section"], *options]


def _is_beside(name: str) -> bool:
    return name.endswith((_MODEL, ".json", *_PLACES)) or name.startswith(_PLACES_FIRST)
