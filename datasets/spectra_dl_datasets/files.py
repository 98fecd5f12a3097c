"""Whether the files of a dataset are there and are what they were."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spectra_dl.errors import DataError
from spectra_dl.storage.hashing import sha256_of
from spectra_dl_datasets.card import UNSEEN, DataFile, DatasetCard

VARIABLE = "SPECTRA_DL_DATA"
State = Literal["ok", "missing", "changed", "unseen"]


@dataclass(frozen=True)
class CheckedFile:
    """A file of a card and what was found of it: "unseen" is there, but nobody knows its checksum."""

    file: DataFile
    state: State


def data_home() -> Path:
    """Return the folder that holds a folder for each set: that of the variable SPECTRA_DL_DATA, or the user's cache."""
    if told := os.environ.get(VARIABLE):
        return Path(told).expanduser()
    import pooch

    return Path(pooch.os_cache("spectra-dl"))


def dataset_folder(card: DatasetCard) -> Path:
    """Return the place of a set's files below `data_home`."""
    return data_home() / card.id


def check_files(card: DatasetCard, folder: Path) -> tuple[CheckedFile, ...]:
    """Compare each file that the card names with the one in ``folder``, by size and SHA-256.

    Raises
    ------
    DataError
        A file can't be read.
    """
    return tuple(CheckedFile(file, file_state(file, folder / file.path)) for file in card.known_files)


def file_state(file: DataFile, path: Path) -> State:
    """Return whether ``path`` is what the card says of ``file``; a file of another size is not read.

    Raises
    ------
    DataError
        It can't be read.
    """
    if not path.is_file():
        return "missing"
    if file.size != UNSEEN and path.stat().st_size != file.size:
        return "changed"
    if file.sha256 == UNSEEN:
        return "unseen"
    return "ok" if sha256_of(path) == file.sha256 else "changed"


def present(card: DatasetCard, folder: Path) -> bool:
    """Return whether the set's files seem to be in ``folder``, by their names only."""
    if not card.known_files:
        return folder.is_dir() and any(folder.iterdir())
    return all((folder / file.path).is_file() for file in card.known_files)


def verified_folder(card: DatasetCard, folder: Path | None = None) -> Path:
    """Return the folder of a set (None: its own) whose files are all there and unchanged.

    Raises
    ------
    DataError
        A file is missing or is not what it was, or there is no folder; says how to get it.
    """
    place = dataset_folder(card) if folder is None else folder
    if not card.known_files:
        if not place.is_dir():
            raise DataError(
                f"{card.id}: its files were never seen here; get them from {card.address:.120} and put them into {place}: {card.layout:.180}"
            )
        return place
    wrong = [one for one in check_files(card, place) if one.state in ("missing", "changed")]
    if wrong:
        first = wrong[0]
        what = (
            "is missing" if first.state == "missing" else "is not what it was (its size or SHA-256 differs)"
        )
        raise DataError(
            f"{place}: {first.file.path} {what}, and so are {len(wrong) - 1} more of {len(card.known_files)} files; "
            f"get the set with: spectra-dl data fetch {card.id}"
        )
    return place
