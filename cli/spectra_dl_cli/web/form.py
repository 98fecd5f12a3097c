"""From the fields of the page to the words of a command."""

from collections.abc import Mapping, Sequence
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
# What evaluate can be asked for on the page, what the report calls it, and how long it takes on tens of patients.
MODELS = {
    "logistic": ("logistic regression", "about ten seconds"),
    "pls-da": ("PLS-DA", "about ten seconds"),
    "pca-lda": ("PCA-LDA", "about ten seconds"),
    "svm": ("SVM", "about ten seconds"),
    "minirocket": ("MiniRocket", "about ten seconds"),
    "random-forest": ("random forest", "half a minute"),
    "auto": ("auto, the default model", "two minutes; needs 7 patients of each class"),
}
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
    said = said_of(fields, FIELDS)
    if "samples" in said and said["samples"] not in drop.files:
        raise Refusal(400, "the sheet is not one of the dropped files; choose one of the list")
    return said


def said_of(fields: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return the fields of these names that are not empty.

    Parameters
    ----------
    fields
        Of the form.
    names
        Those that are looked at.

    Raises
    ------
    Refusal
        A field is no text of one line.
    """
    said = {name: fields.get(name, "").strip() for name in names}
    for name, value in said.items():
        if len(value) > _LONGEST or not value.isprintable():
            raise Refusal(400, f"{name.replace('_', ' ')}: give one line of at most {_LONGEST} characters")
    return {name: value for name, value in said.items() if value}


def chosen_models(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the models that were ticked for an evaluation.

    Parameters
    ----------
    fields
        Of the form.

    Raises
    ------
    Refusal
        None is ticked.
    """
    ticked = tuple(name for name in MODELS if fields.get(f"model-{name}"))
    if not ticked:
        raise Refusal(400, "no model is chosen; tick at least one of those to be evaluated")
    return ticked


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
        words.append(f"--models={','.join(drop.models)}")
    return [*words, f"--out={new_folder(drop, KINDS[kind])}"]


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


def new_folder(drop: Drop, name: str) -> str:
    """Return a name for a command's results that no file of a drop and no other results have.

    Parameters
    ----------
    drop
        Whose results they are.
    name
        What they are called where nothing has that name.
    """
    taken = {each.name.casefold() for each in drop.data.iterdir()} | {run.out.name for run in drop.runs}
    names = (name, *(f"{name}-{number}" for number in range(2, 10_000)))
    return next(each for each in names if each not in taken)


def guessed(drop: Drop) -> dict[str, str]:
    """Return which of several files is a sheet of who is who: its first line has a column of ids or files, and no number."""
    if len(drop.files) < 2:
        return {}
    sheet = next((name for name in drop.files if _is_sheet(drop.data / name)), None)
    return {"samples": sheet} if sheet else {}


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
