"""From the fields of the page to the words of a command."""

from collections.abc import Mapping
from pathlib import Path

from spectra_dl_cli.web.drops import Drop
from spectra_dl_cli.web.refusal import Refusal

# Field of the page, and option of the commands.
_READING = {
    "sample_id": "--sample-id",
    "patient": "--patient",
    "replicates": "--replicates",
    "samples": "--samples",
    "laser_nm": "--laser",
}
_STUDY = {"label": "--label", "batch": "--batch"}
FIELDS = (*_READING, *_STUDY)
KINDS = {"predict": "results", "audit": "audit", "evaluate": "evaluation"}
_COMMANDS = {"predict": ["predict"], "audit": ["audit"], "evaluate": ["evaluate", "spectra"]}
_MODELS = "logistic,pls-da"
_LONGEST = 200


def chosen(drop: Drop, fields: Mapping[str, str]) -> dict[str, str]:
    """Return what the person said, checked as far as a page must; the readers check the rest.

    Parameters
    ----------
    drop
        Whose columns they are.
    fields
        Of the form.

    Raises
    ------
    Refusal
        A field is no text of one line, or names a sheet that was not dropped.
    """
    said = {name: fields.get(name, "").strip() for name in FIELDS}
    for name, value in said.items():
        if len(value) > _LONGEST or not value.isprintable():
            raise Refusal(400, f"{name.replace('_', ' ')}: give one line of at most {_LONGEST} characters")
    if said["samples"] and said["samples"] not in drop.files:
        raise Refusal(400, "the sheet is not one of the dropped files; choose one of the list")
    return {name: value for name, value in said.items() if value}


def reading_words(drop: Drop) -> list[str]:
    """Return the words that read the drop as the person said."""
    return [*_data(drop), *_options(drop, {**_READING, **_STUDY}), f"--into={drop.notes}"]


def command_words(drop: Drop, kind: str, model: Path | None) -> list[str]:
    """Return the words of a command, which runs in the folder of the files as it would in the person's own.

    Parameters
    ----------
    drop
        Whose files they are.
    kind
        One of `KINDS`.
    model
        The model file that the server was started with; None: the one that ships with spectra-dl.
    """
    words = [*_COMMANDS[kind], *_data(drop)]
    if kind == "predict":
        words += _options(drop, _READING)
        words += [f"--model={model}"] if model else []
    else:
        words += _options(drop, {**_READING, **_STUDY})
    if kind == "evaluate":
        words.append(f"--models={_MODELS}")
    return [*words, f"--out={_new_folder(drop, KINDS[kind])}"]


def correcting_words(drop: Drop, method: str, lam: float) -> list[str]:
    """Return the words that correct all spectra as the live view shows one.

    Parameters
    ----------
    drop
        Whose files they are.
    method, lam
        The baseline.
    """
    words = ["preprocess", *_data(drop), *_options(drop, _READING), "--despike=none"]
    return [*words, f"--baseline={method}", f"--lam={lam:g}", "--out=corrected"]


def _data(drop: Drop) -> list[str]:
    sheet = drop.choices.get("samples")
    return [name for name in drop.inputs if name != sheet] or drop.inputs


def _options(drop: Drop, options: Mapping[str, str]) -> list[str]:
    return [f"{option}={drop.choices[name]}" for name, option in options.items() if name in drop.choices]


def _new_folder(drop: Drop, name: str) -> str:
    taken = {each.name.casefold() for each in drop.data.iterdir()} | {run.out.name for run in drop.runs}
    names = (name, *(f"{name}-{number}" for number in range(2, 10_000)))
    return next(each for each in names if each not in taken)


def guessed_sheet(drop: Drop) -> str | None:
    """Return which of several files is a sheet of who is who: its first line has a column of ids or files, and no number."""
    if len(drop.files) < 2:
        return None
    return next((name for name in drop.files if _is_sheet(drop.data / name)), None)


def _is_sheet(path: Path) -> bool:
    with path.open("rb") as file:
        line = file.read(2_000).decode("utf-8-sig", "replace").partition("\n")[0]
    for separator in ("\t", ";", ","):
        cells = [cell.strip().strip('"').casefold() for cell in line.split(separator)]
        if len(cells) > 1:
            return not {"file", "sample_id"}.isdisjoint(cells) and not any(map(_is_number, cells))
    return False


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
