"""A run folder as an RO-Crate: what each file is and which command made it, in words that repositories read.

RO-Crate 1.1 (Soiland-Reyes et al. 2022, doi 10.3233/DS-210053) with the profile Process Run Crate 0.5 (Leo et al. 2024,
doi 10.1371/journal.pone.0309210). What is written is the same for the same folder and the same words: nothing looks at a clock.
"""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from spectra_dl.errors import DataError, EnvironmentFault
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.storage.run_folder import CRATE_NAME, REPORT_NAME
from spectra_dl.storage.text.json_text import json_text
from spectra_dl.storage.text.plain_text import read_text

_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_TERMS = {"sha256": "https://schema.org/sha256"}
_MOST_FILES = 10_000
_FORMATS = {
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".h5": "application/x-hdf5",
    ".h5ad": "application/x-hdf5",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_HOMES = {
    "numpy": "https://numpy.org/",
    "python": "https://www.python.org/",
    "scikit-learn": "https://scikit-learn.org/",
    "scipy": "https://scipy.org/",
    "torch": "https://pytorch.org/",
}
_ABOUT = {
    REPORT_NAME: "All figures of the run, its options, versions and the SHA-256 of what it read",
    "report.html": "The page of the run",
    "folds.csv": "The fold in which each row was tested",
    "items.json": "What the run says to the items of TRIPOD+AI",
    "predictions.csv": "What was predicted, a row each",
}


@dataclass(frozen=True)
class Publication:
    """What a run can't know of itself and a repository asks for.

    Attributes
    ----------
    licence
        Address of the licence of the folder's files.
    date
        Of publication, as YYYY-MM-DD.
    name
        Empty: of the command.
    description
        Empty: of the command.
    authors
        Names, each with an ORCID or None.
    """

    licence: str
    date: str
    name: str = ""
    description: str = ""
    authors: tuple[tuple[str, str | None], ...] = ()


class _Input(BaseModel):
    path: str
    sha256: str


class _Report(BaseModel):
    """What every report says of how it came about."""

    model_config = ConfigDict(extra="ignore")

    disclaimer: str
    command: list[str]
    versions: dict[str, str]
    inputs: list[_Input]


def crate_text(folder: Path, publication: Publication) -> str:
    """Return the text of ``ro-crate-metadata.json`` for a run folder.

    Parameters
    ----------
    folder
        Holds ``report.json``; every file in it is described, with size and SHA-256.
    publication
        What the run can't know.

    Raises
    ------
    DataError
        The folder holds no report of a run, a link, or more files than 10,000.
    EnvironmentFault
        The package rocrate is not installed.
    """
    crate, add = _empty_crate()
    report = _read_report(folder)
    title = _title(report.command)
    profile = add(_PROFILE, **{"@type": "CreativeWork"}, name="Process Run Crate", version="0.5")
    crate.root_dataset["conformsTo"] = profile
    crate.name = publication.name or f"Results of {title}"
    crate.description = publication.description or (
        f"What {title} wrote, from inputs that are named by their SHA-256. {report.disclaimer}."
    )
    crate.root_dataset["datePublished"] = publication.date
    crate.license = add(publication.licence, **{"@type": "CreativeWork"}, name=publication.licence)
    authors = [
        add(orcid or f"#author-{number}", **{"@type": "Person"}, name=name)
        for number, (name, orcid) in enumerate(publication.authors, start=1)
    ]
    files = [
        crate.add_file(dest_path=name, properties=dict(properties)) for name, properties in _files(folder)
    ]
    action = add(
        "#run",
        **{"@type": "CreateAction"},
        name=title,
        description=shlex.join(report.command),
        instrument=_software(add, report.versions),
        object=_one_or_all([_input(add, number, each) for number, each in enumerate(report.inputs, start=1)]),
        result=_one_or_all(files),
        **({"agent": _one_or_all(authors)} if authors else {}),
    )
    if authors:
        crate.root_dataset["author"] = _one_or_all(authors)
    crate.root_dataset["mentions"] = action
    return json_text(crate.metadata.generate())


def _empty_crate() -> tuple[Any, Callable[..., object]]:
    """Return a crate with nothing in it, and what adds to it what is no file."""
    try:
        from rocrate.model.contextentity import ContextEntity
        from rocrate.rocrate import ROCrate
    except ImportError as err:
        raise EnvironmentFault(
            "an RO-Crate needs the package rocrate; install it: pip install 'spectra-dl[crate]'"
        ) from err
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(_TERMS)

    def add(identifier: str, **properties: object) -> object:
        return crate.add(ContextEntity(crate, identifier, properties=properties))

    return crate, add


def _read_report(folder: Path) -> _Report:
    path = folder / REPORT_NAME
    if not path.is_file():
        raise DataError(
            f"{folder}: no {REPORT_NAME} is in it; name the folder that a command wrote with --out"
        )
    try:
        return _Report.model_validate(json.loads(read_text(path, "the report.json of a run")))
    except (ValueError, RecursionError, ValidationError) as err:
        raise DataError(
            f"{path}: its command, versions and inputs don't stand in it; name a folder that a command wrote with --out"
        ) from err


def _title(command: list[str]) -> str:
    words = [word for word in command[:3] if word.replace("-", "").isalpha()]
    return " ".join(words[: 3 if words[1:2] in (["evaluate"], ["train"]) else 2]) or "spectra-dl"


def _files(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the files of a folder by their names in it, with what is said of each."""
    paths = sorted(folder.rglob("*"))
    if len(paths) > _MOST_FILES:
        raise DataError(f"{folder}: {len(paths):,} files, more than {_MOST_FILES:,}; name one run's folder")
    for path in paths:
        if path.is_symlink():
            raise DataError(f"{path}: this is a link to another place; put the file itself into the folder")
        name = path.relative_to(folder).as_posix()
        if not name.isprintable():
            raise DataError(
                f"{folder}: {name!a:.80} has signs that can't be printed; give the file another name"
            )
        if path.is_file() and name != CRATE_NAME:
            yield (
                name,
                {
                    "name": name,
                    "contentSize": str(path.stat().st_size),
                    "sha256": sha256_of(path),
                    **({"encodingFormat": _FORMATS[path.suffix]} if path.suffix in _FORMATS else {}),
                    **({"description": _ABOUT[name]} if name in _ABOUT else {}),
                },
            )


def _one_or_all(values: list[object]) -> object:
    return values[0] if len(values) == 1 else values


def _software(add: Any, versions: Mapping[str, str]) -> object:
    needed = [
        add(
            _HOMES.get(name, f"#software-{name}"),
            **{"@type": "SoftwareApplication"},
            name=name,
            softwareVersion=number,
            **({"url": _HOMES[name]} if name in _HOMES else {}),
        )
        for name, number in versions.items()
        if name != "spectra-dl"
    ]
    return add(
        "#spectra-dl",
        **{"@type": "SoftwareApplication"},
        name="spectra-dl",
        softwareVersion=versions.get("spectra-dl", "unknown"),
        softwareRequirements=needed,
    )


def _input(add: Any, number: int, given: _Input) -> object:
    """Add an input by name and SHA-256: it stays where it is, as data of patients do."""
    return add(
        f"#input-{number}",
        **{"@type": "CreativeWork"},
        name=PureWindowsPath(given.path).name or "without a name",
        description="Read by the run; not part of this folder.",
        sha256=given.sha256,
    )
